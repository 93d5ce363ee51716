// Beats and evidence: what the server answers, what it takes as a sign of life, and what it does not.

import { type Case, must, mustBe, Skipped } from '../case.ts'
import { type Stage, timingOf } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

async function answered(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const spellings = [
    '{"t":"beat"}',
    '{ "t" : "beat" }',
    '{"t":"beat","x":1}',
    '{"x":[{}],"t":"beat"}',
    '{"t":"\\u0062eat"}',
  ]
  for (const spelling of spellings) {
    visitor.send(spelling)
    const { now } = await visitor.take('beat')
    must(Number.isSafeInteger(now), `now is ${now}`)
  }
  const nows = visitor.all('beat').map(({ now }) => now)
  must(nows.length === spellings.length, `${nows.length} answers to ${spellings.length} beats`)
  must(
    nows.every((now, index) => index === 0 || now >= nows[index - 1]!),
    `the time falls: ${nows.join(', ')}`,
  )
  must(nows[0]! >= (visitor.welcome?.now ?? 0), 'a beat is answered with a time before the welcome')
}

async function ofObserver(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  await observer.beat()
}

async function pongs(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  visitor.socket.sendPing('as it came')
  await visitor.beat()
  mustBe(visitor.pongs, ['as it came'], 'pongs')
}

async function moves(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const observer = await stage.observer()
  const evidence = async () => {
    const [entry] = await observer.ask([visitor.member])
    must(entry !== undefined, 'no answer for the member')
    return { evidenceAt: entry.lastEvidenceAt ?? 0, beatAt: entry.lastBeatAt ?? 0 }
  }
  await visitor.beat()
  const beaten = await evidence()
  must(beaten.beatAt > 0, 'a beat left no lastBeatAt')
  await stage.pause(300)
  visitor.send({ t: 'ask', members: [] })
  await visitor.take('answer')
  const spoken = await evidence()
  must(spoken.evidenceAt >= beaten.evidenceAt + 200, 'a message is no evidence')
  mustBe(spoken.beatAt, beaten.beatAt, 'lastBeatAt after a message that is no beat')
  await stage.pause(300)
  await visitor.beat()
  const again = await evidence()
  must(again.beatAt >= beaten.beatAt + 400, 'a beat does not move lastBeatAt')
  must(again.evidenceAt >= again.beatAt, 'lastEvidenceAt is before lastBeatAt')
}

async function onlyTexts(stage: Stage): Promise<void> {
  const visitor = await stage.member({ timing: 'device' })
  if (visitor.welcome?.evidence !== 'beat') throw new Skipped('the preset device is another one here')
  const observer = await stage.observer()
  const evidence = async () => (await observer.ask([visitor.member]))[0]?.lastEvidenceAt ?? 0
  const before = await evidence()
  await stage.pause(400)
  visitor.socket.sendPing('x')
  visitor.socket.sendPong()
  visitor.socket.sendBinary(Buffer.from('x'))
  await visitor.take('error', ({ code }) => code === 'binary')
  must(visitor.pongs.length > 0, 'the ping was not answered')
  mustBe(await evidence(), before, 'lastEvidenceAt after a ping, a pong and a binary frame')
  await visitor.beat()
  must((await evidence()) >= before + 300, 'a beat is no evidence')
}

async function asks(stage: Stage): Promise<void> {
  const visitor = await stage.hasty()
  const { interval, timeout } = timingOf(visitor)
  const before = visitor.pings.length
  const began = performance.now()
  await stage.pause(interval + timeout - 50)
  const due = visitor.pings.slice(before).filter(at => at - began < interval + timeout)
  must(due.length > 0, `no ping in ${interval + timeout} ms of silence`)
}

/** A sign of life every 300 ms for longer than the bound, with nothing else said, keeps a member online. */
function keeps(sign: (visitor: Visitor, id: string) => void): (stage: Stage) => Promise<void> {
  return async stage => {
    const visitor = await stage.hasty({}, { autoPong: false })
    if (visitor.welcome?.evidence !== 'any') throw new Skipped('here only beats count')
    await survives(stage, visitor, () => sign(visitor, stage.name()))
  }
}

async function answersPings(stage: Stage): Promise<void> {
  const visitor = await stage.hasty()
  if (visitor.welcome?.evidence !== 'any') throw new Skipped('here only beats count')
  await survives(stage, visitor, () => {})
}

async function survives(stage: Stage, visitor: Visitor, sign: () => void): Promise<void> {
  const { interval, timeout, grace } = timingOf(visitor)
  const observer = await stage.observer()
  await observer.done({ t: 'watch', members: [visitor.member], suspect: true })
  const before = (await observer.ask([visitor.member]))[0]
  const signs = setInterval(sign, Math.min(300, interval / 2))
  await stage.pause(interval + timeout + grace + 1_500)
  clearInterval(signs)
  const [entry] = await observer.ask([visitor.member])
  mustBe(
    [entry?.state, entry?.version, visitor.end],
    ['online', before?.version, null],
    'state, version and end',
  )
  const told = observer.all('diff').flatMap(({ entries }) => entries.map(({ state }) => state))
  must(!told.includes('suspect') && !told.includes('offline'), `watchers were told ${told.join(', ')}`)
}

/** Signs that prove nothing: the member is told offline all the same. */
function dies(options: object, sign: (visitor: Visitor) => void): (stage: Stage) => Promise<void> {
  return async stage => {
    const visitor = await stage.hasty({}, { autoPong: false, ...options })
    const { interval, timeout, grace } = timingOf(visitor)
    const observer = await stage.observer()
    const signs = setInterval(() => sign(visitor), 200)
    try {
      const bound = interval + timeout + grace
      await observer.sees(visitor.member, ({ state }) => state === 'offline', 'offline', bound + 3_000)
    } finally {
      clearInterval(signs)
    }
  }
}

async function halfFrame(stage: Stage): Promise<void> {
  const visitor = await stage.hasty({}, { autoPong: false })
  const { interval, timeout, grace } = timingOf(visitor)
  const observer = await stage.observer()
  // a text frame of 60,000 bytes that comes a byte at a time
  visitor.socket.sendRaw(Buffer.from([0x81, 0xfe, 0xea, 0x60, 1, 2, 3, 4]))
  const drips = setInterval(() => visitor.socket.sendRaw(Buffer.from([0x20])), 100)
  try {
    const bound = interval + timeout + grace
    await observer.sees(visitor.member, ({ state }) => state === 'offline', 'offline', bound + 3_000)
  } finally {
    clearInterval(drips)
  }
}

async function ownBeatOnly(stage: Stage): Promise<void> {
  const silent = await stage.hasty({}, { autoPong: false })
  const observer = await stage.observer()
  await observer.done({ t: 'watch', members: [silent.member] })
  const other = await stage.another(silent)
  const beats = setInterval(() => other.send('{"t":"beat"}'), 300)
  try {
    const { interval, timeout } = timingOf(silent)
    await silent.isEnded(interval + timeout + 3_000)
    mustBe((await observer.ask([silent.member]))[0]?.state, 'online', 'the member that has another session')
  } finally {
    clearInterval(beats)
  }
}

export const beat: readonly Case[] = [
  { musts: ['B3'], title: 'with evidence beat pings, pongs and binary frames prove nothing', run: onlyTexts },
  {
    musts: ['B1', 'I5'],
    title: 'a beat in any spelling is answered with a time that never falls',
    run: answered,
  },
  { musts: ['B1'], title: "an observer's beat is answered too", run: ofObserver },
  { musts: ['T3'], title: 'a ping is answered by a pong with the same payload', run: pongs },
  { musts: ['B5'], title: 'any message moves lastEvidenceAt, only a beat moves lastBeatAt', run: moves },
  { musts: ['B7'], title: 'who is silent for the interval is asked by a ping', run: asks },
  { musts: ['B7', 'B2'], title: 'who only answers pings stays online', long: true, run: answersPings },
  {
    musts: ['B2'],
    title: 'beats keep online',
    long: true,
    run: keeps(visitor => visitor.send('{"t":"beat"}')),
  },
  { musts: ['B2'], title: 'pings keep online', long: true, run: keeps(visitor => visitor.socket.sendPing()) },
  {
    musts: ['B2'],
    title: 'pongs nobody asked for keep online',
    long: true,
    run: keeps(visitor => visitor.socket.sendPong()),
  },
  {
    musts: ['B2'],
    title: 'binary frames are refused and keep online',
    long: true,
    run: keeps(visitor => visitor.socket.sendBinary(Buffer.from('x'))),
  },
  {
    musts: ['B2'],
    title: 'messages keep online',
    long: true,
    run: keeps((visitor, id) => visitor.send({ t: 'ask', members: [id] })),
  },
  {
    musts: ['B4'],
    title: 'a connection that is merely open is no evidence',
    long: true,
    run: dies({}, () => {}),
  },
  { musts: ['B4'], title: 'half a frame is no evidence', long: true, run: halfFrame },
  {
    musts: ['B6', 'S7'],
    title: 'a beat proves its own session, not another one of the member',
    run: ownBeatOnly,
  },
]
