// Saying hello: who is welcomed and with what words, and who may come as whom.

import { type Case, must, mustBe } from '../case.ts'
import { greet, type Stage, SUBPROTOCOL, timingOf } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

function welcomeOf({ welcome }: Visitor) {
  must(welcome !== null, 'no welcome came')
  return welcome
}

const isTime = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 1_500_000_000_000

async function welcomed(stage: Stage): Promise<void> {
  const member = stage.name()
  const visitor = await stage.member(stage.target.token === null ? { member } : {})
  const welcome = welcomeOf(visitor)
  must(typeof welcome.session === 'string' && welcome.session !== '', 'welcome names no session')
  if (stage.target.token === null) mustBe(welcome.member, member, 'member of the welcome')
  const { interval, timeout, grace } = welcome.timing
  for (const ms of [interval, timeout, grace]) must(Number.isSafeInteger(ms) && ms >= 0, `${ms} is no timing`)
  must(welcome.evidence === 'any' || welcome.evidence === 'beat', `evidence is ${welcome.evidence}`)
  const { ms, words } = welcome.bound
  const sum = interval + timeout + grace
  must(ms >= sum && ms <= sum + 1_000, `bound of ${ms} ms, where the timing makes ${sum}`)
  must(typeof words === 'string' && words.length > 10, 'the bound has no words')
  must(isTime(welcome.now), `now is ${welcome.now}`)
  mustBe(welcome.resumed, false, 'resumed of a first hello')
  for (const name of ['watch', 'ask', 'groups', 'profile', 'updates', 'message', 'frame'] as const)
    must(Number.isSafeInteger(welcome.limits[name]), `limits.${name} is ${welcome.limits[name]}`)
}

async function observed(stage: Stage): Promise<void> {
  const visitor = await stage.observer()
  mustBe(welcomeOf(visitor).member, null, 'member of an observer')
}

async function presetByName(stage: Stage): Promise<void> {
  const known = { fast: [2_000, 1_000, 2_000], mobile: [25_000, 10_000, 15_000] }
  for (const [timing, parts] of Object.entries(known)) {
    const visitor = await stage.member({ timing })
    const granted = timingOf(visitor)
    mustBe([granted.interval, granted.timeout, granted.grace], parts, `timing of ${timing}`)
  }
}

async function timingInParts(stage: Stage): Promise<void> {
  const usual = timingOf(await stage.member())
  const patient = timingOf(await stage.member({ timing: { grace: usual.grace + 1_000 } }))
  mustBe(patient, { ...usual, grace: usual.grace + 1_000 }, 'timing of who asked for a longer grace')
}

async function digits(stage: Stage): Promise<void> {
  const member = `9${Math.floor(Math.random() * 1e9)}${Math.floor(Math.random() * 1e8)}1`.padEnd(19, '7')
  const hello = JSON.stringify(stage.hello({ member: 'here' })).replace('"here"', member)
  const visitor = await stage.connect()
  await greet(visitor, hello)
  mustBe(visitor.member, member, 'member of an integer beyond 2^53')
  const observer = await stage.observer()
  const [entry] = await observer.ask([member])
  mustBe(entry?.state, 'online', 'state of the member by its digits')
}

async function longestParts(stage: Stage): Promise<void> {
  const member = stage.name().padEnd(256, 'x')
  const profile = { text: 'p'.repeat(8_192 - '{"text":""}'.length) }
  const said = { member, name: 'é'.repeat(512), type: 't'.repeat(256), profile }
  const visitor = await stage.member({
    ...said,
    instance: stage.instance().padEnd(64, '-'),
    epoch: 2 ** 31 - 1,
  })
  const [entry] = await visitor.ask([member])
  mustBe(
    [entry?.name, entry?.type, entry?.profile],
    [said.name, said.type, profile],
    'what it said of itself',
  )
}

async function leastParts(stage: Stage): Promise<void> {
  const visitor = await stage.member({ instance: stage.instance().slice(0, 16), epoch: 0 })
  must(visitor.welcome !== null, 'no welcome came')
}

async function strangeKeys(stage: Stage): Promise<void> {
  const visitor = await stage.member({ tomorrow: { is: ['another', 'day'] }, x: null })
  await visitor.beat()
}

async function inPieces(stage: Stage): Promise<void> {
  const visitor = await stage.connect()
  const text = JSON.stringify(stage.hello())
  visitor.socket.sendText(text.slice(0, 20), { fin: false })
  visitor.socket.sendPing('in between')
  visitor.socket.sendFrame(0, text.slice(20))
  await visitor.take('welcome')
}

async function subprotocol(stage: Stage): Promise<void> {
  const alone = await stage.connect()
  mustBe(alone.socket.protocol, SUBPROTOCOL, 'subprotocol of the handshake')
  const among = await stage.connect({ protocols: ['another.v7', SUBPROTOCOL] })
  mustBe(among.socket.protocol, SUBPROTOCOL, 'subprotocol chosen among others')
}

async function inOneTurn(stage: Stage): Promise<void> {
  const visitor = await stage.connect()
  visitor.send(stage.hello())
  visitor.send('{"t":"beat"}')
  visitor.send({ t: 'ask', members: [stage.name()], id: 1 })
  await visitor.take('beat')
  await visitor.take('answer')
  mustBe(visitor.heard[0]?.message.t, 'welcome', 'the first message of the server')
}

export const hello: readonly Case[] = [
  { musts: ['H1'], title: 'a member is welcomed with session, timing, bound and limits', run: welcomed },
  { musts: ['H1'], title: 'an observer is welcomed without a member', run: observed },
  { musts: ['T1'], title: 'the subprotocol is chosen in the handshake', run: subprotocol },
  { musts: ['H11'], title: 'a preset by name is granted whole', run: presetByName },
  { musts: ['H11'], title: 'parts of a timing differ, the rest is as usual', run: timingInParts },
  { musts: ['I1'], title: 'a member given as an integer is its digits', run: digits },
  {
    musts: ['F6', 'P4'],
    title: 'id, name, type, profile, instance and epoch at their largest are taken',
    run: longestParts,
  },
  { musts: ['H1'], title: 'an instance of 16 characters and epoch 0 are taken', run: leastParts },
  { musts: ['F1'], title: 'unknown keys are ignored', run: strangeKeys },
  { musts: ['T2'], title: 'a hello in fragments is one message', run: inPieces },
  { musts: ['H1'], title: 'welcome is first, also where more came with the hello', run: inOneTurn },
]
