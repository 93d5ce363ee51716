// What becomes of a session: silence, breaks, closes, goodbye, and what others are told of it when.

import { type Case, must, mustBe } from '../case.ts'
import { type Stage, timingOf } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

/** Of a busy machine, beyond the two ticks. */
const SLACK = 2_500

async function watcher(stage: Stage, member: string, suspect: boolean): Promise<Visitor> {
  const observer = await stage.observer()
  await observer.done({ t: 'watch', members: [member], suspect })
  await observer.take('snapshot')
  return observer
}

/** The next diff entry of the member in this state. */
async function told(observer: Visitor, member: string, state: string, within: number) {
  const fits = (entry: { member: string; state: string }) => entry.member === member && entry.state === state
  const diff = await observer.take('diff', ({ entries }) => entries.some(fits), within)
  return { entry: diff.entries.find(fits)!, at: performance.now() }
}

async function silence(stage: Stage): Promise<void> {
  const visitor = await stage.hasty({}, { autoPong: false })
  const { interval, timeout, grace } = timingOf(visitor)
  const [asked, settled] = await Promise.all(
    [true, false].map(suspect => watcher(stage, visitor.member, suspect)),
  )
  await visitor.beat()
  const began = performance.now()
  const suspect = await told(asked!, visitor.member, 'suspect', interval + timeout + SLACK)
  must(suspect.at - began >= interval + timeout - 50, `suspect after ${Math.round(suspect.at - began)} ms`)
  mustBe(suspect.entry.reason, 'lost', 'reason of the suspicion')
  const end = await visitor.isEnded(1_000)
  mustBe(end.code, 1006, 'how the silent connection ended')
  const [shown] = await settled!.ask([visitor.member])
  mustBe(shown?.state, 'online', 'what an asker sees of a suspect')
  const both = await Promise.all(
    [asked!, settled!].map(observer => told(observer, visitor.member, 'offline', grace + SLACK)),
  )
  for (const { entry, at } of both) {
    must(at - began >= interval + timeout + grace - 100, `offline after ${Math.round(at - began)} ms`)
    mustBe(entry.reason, 'lost', 'reason of the leave')
    must((entry.since ?? 0) - (entry.lastEvidenceAt ?? 0) >= interval, 'since is not after lastEvidenceAt')
    must(entry.joinedAt === undefined, 'an offline entry has joinedAt')
  }
  const early = settled!.all('diff', ({ entries }) => entries.some(({ state }) => state === 'suspect'))
  must(early.length === 0, 'a watcher that did not ask for suspicions was told one')
}

async function cutAndBack(stage: Stage): Promise<void> {
  const hello = stage.hello({ timing: { interval: 1_000, timeout: 500, grace: 4_000 } })
  const first = await stage.member(hello)
  const observer = await watcher(stage, first.member, true)
  const [before] = await observer.ask([first.member])
  first.socket.reset()
  const { entry } = await told(observer, first.member, 'suspect', 1_000 + SLACK)
  mustBe(entry.reason, 'lost', 'reason of the suspicion after a reset')
  const again = await stage.member({ ...hello, member: first.member, epoch: 2 })
  mustBe(
    [again.welcome?.resumed, again.welcome?.session],
    [true, first.welcome?.session],
    'resumed and session',
  )
  const resumed = await told(observer, first.member, 'online', SLACK)
  mustBe(resumed.entry.joinedAt, before?.joinedAt, 'joinedAt after the resume')
  must((resumed.entry.version ?? 0) > (entry.version ?? 0), 'the version does not grow')
}

async function blink(stage: Stage): Promise<void> {
  const hello = stage.hello()
  const first = await stage.member(hello)
  const observer = await watcher(stage, first.member, false)
  const [before] = await observer.ask([first.member])
  first.socket.reset()
  await first.ended
  const again = await stage.member({ ...hello, member: first.member, epoch: 2 })
  mustBe(
    [again.welcome?.resumed, again.welcome?.session],
    [true, first.welcome?.session],
    'resumed and session',
  )
  await stage.pause(1_500)
  mustBe(observer.all('diff').length, 0, 'diffs of a break of a moment')
  const [after] = await observer.ask([first.member])
  mustBe(
    [after?.state, after?.since, after?.joinedAt],
    ['online', before?.since, before?.joinedAt],
    'the member',
  )
}

/** Breaks the connection in its way; then the member is offline, for that reason, after at least so long. */
function breaks(
  end: (visitor: Visitor) => void,
  reason: 'lost' | 'closed',
  grace: (timing: { grace: number }) => number,
): (stage: Stage) => Promise<void> {
  return async stage => {
    const visitor = await stage.hasty()
    const observer = await watcher(stage, visitor.member, false)
    const least = grace(timingOf(visitor))
    const began = performance.now()
    end(visitor)
    const { entry, at } = await told(observer, visitor.member, 'offline', Math.max(least, 8_000) + SLACK)
    mustBe(entry.reason, reason, 'reason of the leave')
    must(at - began >= least - 100, `it left after ${Math.round(at - began)} ms`)
  }
}

async function cached(stage: Stage): Promise<void> {
  const visitor = await stage.hasty()
  const observer = await stage.observer()
  await visitor.socket.close(4001)
  await stage.pause(8_000)
  const [entry] = await observer.ask([visitor.member])
  mustBe(entry?.state, 'online', 'a page 8 s in the back/forward cache')
}

async function goodbye(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const observer = await watcher(stage, visitor.member, false)
  visitor.send({ t: 'bye' })
  mustBe((await visitor.isEnded()).code, 1000, 'close code after bye')
  const { entry } = await told(observer, visitor.member, 'offline', 1_500)
  mustBe(entry.reason, 'left', 'reason of the leave')
}

async function goodbyeOfObserver(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  observer.send({ t: 'bye' })
  mustBe((await observer.isEnded()).code, 1000, 'close code after bye')
}

async function notAfterBye(stage: Stage): Promise<void> {
  const hello = stage.hello()
  const first = await stage.member(hello)
  first.send({ t: 'bye' })
  await first.isEnded()
  const again = await stage.member({ ...hello, member: first.member, epoch: 2 })
  mustBe(again.welcome?.resumed, false, 'resumed after bye')
  must(again.welcome?.session !== first.welcome?.session, 'the session goes on after bye')
}

async function afterGrace(stage: Stage): Promise<void> {
  const hello = stage.hello({ timing: { interval: 1_000, timeout: 500, grace: 500 } })
  const first = await stage.hasty(hello)
  const observer = await stage.observer()
  const before = await observer.sees(first.member, ({ state }) => state === 'online', 'online')
  first.socket.reset()
  const gone = await observer.sees(first.member, ({ state }) => state === 'offline', 'offline', 3_000 + SLACK)
  mustBe(gone.reason, 'lost', 'reason of the leave')
  const again = await stage.member({ ...hello, member: first.member, epoch: 2 })
  mustBe(again.welcome?.resumed, false, 'resumed after the grace')
  const after = await observer.sees(first.member, ({ state }) => state === 'online', 'online')
  must((after.joinedAt ?? 0) >= (gone.since ?? Infinity), 'the new stay began before the old one ended')
  must(after.joinedAt !== before.joinedAt, 'the old stay goes on')
  must((after.version ?? 0) > (gone.version ?? 0), 'the version does not grow')
}

async function severalSessions(stage: Stage): Promise<void> {
  const member = stage.name()
  const phone = await stage.member({ member })
  const desk = await stage.another(phone)
  const observer = await watcher(stage, member, true)
  phone.send({ t: 'bye' })
  await phone.isEnded()
  await stage.pause(300)
  mustBe((await observer.ask([member]))[0]?.state, 'online', 'a member with one session left')
  mustBe(observer.all('diff').length, 0, 'diffs where the best session stayed')
  desk.send({ t: 'bye' })
  await told(observer, member, 'offline', 1_500)
}

async function lastReason(stage: Stage): Promise<void> {
  const member = stage.name()
  const phone = await stage.hasty({ member })
  const desk = await stage.another(phone)
  const observer = await watcher(stage, member, false)
  phone.socket.reset()
  await phone.ended
  desk.send({ t: 'bye' })
  await desk.isEnded()
  const { entry } = await told(observer, member, 'offline', timingOf(phone).grace + SLACK)
  mustBe(entry.reason, 'lost', 'reason of the leave, where one said bye and the other was lost after it')
}

export const state: readonly Case[] = [
  { musts: ['S7'], title: 'a leave carries the reason of the session that ended last', run: lastReason },
  {
    musts: ['S1', 'S2', 'S6'],
    title: 'silence: suspect after I+T to who asked, cut, offline after I+T+G',
    long: true,
    run: silence,
  },
  {
    musts: ['S3', 'S4'],
    title: 'reset, suspect, back within the grace: the same session, the same stay',
    run: cutAndBack,
  },
  { musts: ['S4', 'S5'], title: 'a break of a moment is told to nobody', run: blink },
  {
    musts: ['S3'],
    title: 'a reset is lost after the grace',
    run: breaks(
      visitor => visitor.socket.reset(),
      'lost',
      ({ grace }) => grace,
    ),
  },
  {
    musts: ['S3'],
    title: 'an end without a close frame is lost after the grace',
    run: breaks(
      visitor => visitor.socket.destroy(),
      'lost',
      ({ grace }) => grace,
    ),
  },
  {
    musts: ['S3'],
    title: 'close 3000 is a break',
    run: breaks(
      visitor => void visitor.socket.close(3000),
      'lost',
      ({ grace }) => grace,
    ),
  },
  ...[1000, 1001, undefined].map(
    (code): Case => ({
      musts: ['S3'],
      title: `close ${code ?? 'without a code'} is closed after a grace of its own`,
      long: true,
      run: breaks(
        visitor => void visitor.socket.close(code),
        'closed',
        () => 100,
      ),
    }),
  ),
  { musts: ['S3'], title: 'close 4001 waits for the page to come back', long: true, run: cached },
  { musts: ['P6'], title: 'bye: left, at once, closed with 1000', run: goodbye },
  { musts: ['P6'], title: 'bye of an observer: closed with 1000', run: goodbyeOfObserver },
  { musts: ['H10'], title: 'a session that said bye is not resumed', run: notAfterBye },
  { musts: ['H10', 'S8'], title: 'after the grace a new session and a new stay begin', run: afterGrace },
  { musts: ['S7'], title: 'a member is as well as its best session', run: severalSessions },
]
