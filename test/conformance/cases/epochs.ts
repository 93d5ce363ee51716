// Which of two connections of one instance is the session's, and what the other is told.

import { type Case, must, mustBe, Skipped } from '../case.ts'
import { type Stage, timingOf } from '../stage.ts'

async function newer(stage: Stage): Promise<void> {
  const hello = stage.hello({ epoch: 5 })
  const old = await stage.member(hello)
  const observer = await stage.observer()
  const [before] = await observer.ask([old.member])
  const young = await stage.member({ ...hello, member: old.member, epoch: 6 })
  mustBe(
    [young.welcome?.resumed, young.welcome?.session],
    [true, old.welcome?.session],
    'resumed and session',
  )
  await old.isEnded()
  old.socket.sendText('{"t":"bye"}')
  const [after] = await observer.ask([old.member])
  mustBe([after?.state, after?.version], ['online', before?.version], 'state and version of the member')
}

/** The same instance again with an epoch that is not newer. */
function stale(epoch: number): (stage: Stage) => Promise<void> {
  return async stage => {
    const hello = stage.hello({ epoch: 5 })
    const first = await stage.member(hello)
    const second = await stage.connect()
    second.send({ ...hello, member: first.member, epoch })
    const { code } = await second.isEnded()
    mustBe([second.all('error').map(({ code }) => code), code], [['instance_conflict'], 4409], 'the answer')
    await first.beat()
    must(first.end === null, 'the first connection was ended')
  }
}

async function ofAnother(stage: Stage): Promise<void> {
  const victim = stage.hello()
  const first = await stage.member(victim)
  const thief = await stage.member({ instance: victim.instance, epoch: 9 })
  mustBe(thief.welcome?.resumed, false, "resumed with another member's instance")
  must(thief.welcome?.session !== first.welcome?.session, 'it took over the session of another member')
  await first.beat()
}

async function staleWhileSuspect(stage: Stage): Promise<void> {
  const hello = stage.hello({ epoch: 5 })
  const first = await stage.member(hello)
  first.socket.reset()
  await stage.pause(200)
  const second = await stage.connect()
  second.send({ ...hello, member: first.member, epoch: 4 })
  const { code } = await second.isEnded()
  mustBe([second.all('error').map(({ code }) => code), code], [['instance_conflict'], 4409], 'the answer')
}

async function secret(stage: Stage): Promise<void> {
  const hello = stage.hello({ name: 'someone' })
  const visitor = await stage.member(hello)
  const observer = await stage.observer()
  await observer.done({ t: 'watch', members: [visitor.member], suspect: true })
  await observer.ask([visitor.member])
  visitor.send({ t: 'bye' })
  await observer.take('diff', ({ entries }) => entries.some(({ state }) => state === 'offline'))
  const heard = JSON.stringify([...visitor.heard, ...observer.heard])
  must(!heard.includes(String(hello.instance)), 'an instance was shown')
}

async function policy(stage: Stage): Promise<void> {
  const member = stage.name()
  const first = await stage.member({ member })
  const second = await stage.connect()
  second.send(stage.hello({ member }))
  await Promise.race([first.ended, second.ended, stage.pause(1_000)])
  const loser = first.end !== null ? first : second.end !== null ? second : null
  if (loser === null) throw new Skipped('members may have many sessions here')
  const last = loser.heard.at(-1)?.message
  const told = [last?.t === 'error' ? last.code : last?.t, loser.end?.code]
  mustBe(told, loser === first ? ['replaced', 4501] : ['occupied', 4502], 'what the loser was told')
}

/** The one who is here is silent and asked for a sign of life; the newcomer waits for the answer. */
async function waiting(stage: Stage): Promise<void> {
  const member = stage.name()
  const old = await stage.hasty({ member }, { autoPong: false })
  const { interval, timeout } = timingOf(old)
  await stage.pause(interval + 200)
  const young = await stage.connect()
  young.send(stage.hello({ member }))
  young.send({ t: 'ask', members: [member], id: 'early' })
  const until = performance.now() + stage.patience
  while (young.heard.length === 0 && young.end === null && performance.now() < until) await stage.pause(20)
  if (young.heard[0]?.message.t === 'welcome' || young.end !== null)
    throw new Skipped('nobody has to wait here')
  const [refused] = young.all('error')
  mustBe([refused?.code, refused?.re, refused?.id], ['waiting', 'ask', 'early'], 'answer to who has to wait')
  await young.beat()
  must(young.all('welcome').length === 0, 'it was welcomed before the old one had time to answer')
  await young.take('welcome', () => true, timeout + 2_500)
  mustBe((await young.ask([member]))[0]?.state, 'online', 'the member afterwards')
}

export const epochs: readonly Case[] = [
  { musts: ['H7'], title: 'a newer epoch takes the session over, unheard by others', run: newer },
  { musts: ['H8'], title: 'an equal epoch is refused with 4409', run: stale(5) },
  { musts: ['H8'], title: 'a lower epoch is refused with 4409', run: stale(4) },
  { musts: ['H8'], title: 'a lower epoch is refused while the session is suspect', run: staleWhileSuspect },
  { musts: ['H9'], title: "another member's instance takes nothing over", run: ofAnother },
  { musts: ['H14'], title: 'an instance is shown to nobody', run: secret },
  { musts: ['E2'], title: 'one session only: the loser is told replaced 4501 or occupied 4502', run: policy },
  {
    musts: ['H13', 'B1'],
    title: 'one session only: who has to wait for an answer is refused meanwhile',
    run: waiting,
  },
]
