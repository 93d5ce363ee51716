// Servers that ask for tokens. Tokens of different worth have to be given with the run; what there is none for is skipped.

import type { Entry } from '../../../src/protocol/messages.ts'
import { type Case, must, mustBe, Skipped } from '../case.ts'
import { entryIn, partsOf, toldOf } from '../lists.ts'
import { greet, type Stage, type Worth } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

const MEMBERS = { of: 'members' } as const
/** A short token that lives longer is not waited for. */
const LONGEST = 20_000

/** Refused at the hello: the error, the code of the close, and no welcome. */
async function refused(stage: Stage, hello: object): Promise<void> {
  const visitor = await stage.connect()
  visitor.send(hello)
  const { code } = await visitor.isEnded()
  const errors = visitor.all('error').map(({ code, re }) => [code, re])
  mustBe([errors, code, visitor.all('welcome').length], [[['unauthorized', 'hello']], 4401, 0], 'the answer')
}

async function noToken(stage: Stage): Promise<void> {
  stage.token('wide')
  const member = stage.name()
  await refused(stage, { t: 'hello', member, instance: stage.instance(), epoch: 1 })
  await refused(stage, { t: 'hello', observer: true })
  const observer = await observing(stage)
  mustBe(await observer.ask([member]), [{ member, state: 'unknown' }], 'who was refused')
}

async function badToken(stage: Stage): Promise<void> {
  const good = stage.token('wide')
  for (const token of ['x', 'e30.e30.', good.slice(0, -4), `${good.slice(0, -4)}AAAA`])
    await refused(stage, { t: 'hello', token, instance: stage.instance(), epoch: 1 })
}

async function goodToken(stage: Stage): Promise<void> {
  const token = stage.token('wide')
  const hello = { t: 'hello', token, instance: stage.instance(), epoch: 1 }
  const first = await greeted(stage, hello)
  must(typeof first.member === 'string' && first.member !== '', 'it is welcomed without a member')
  const expires = first.welcome?.tokenExpires
  must(expires === undefined || expires > first.welcome!.now, `tokenExpires is ${expires}`)
  const second = await greeted(stage, { ...hello, epoch: 2 })
  mustBe(
    [second.member, second.welcome?.resumed, second.welcome?.session],
    [first.member, true, first.welcome?.session],
    'member and session of the same token and instance',
  )
  const bare = await stage.connect()
  bare.send({ t: 'hello', token })
  const { code } = await bare.isEnded()
  mustBe(
    [bare.all('error')[0]?.code, code],
    ['bad_field', 4511],
    'answer to a token of a member without instance',
  )
}

async function expires(stage: Stage): Promise<void> {
  const visitor = await greeted(stage, stage.hello({ token: stage.token('short') }))
  const { now, tokenExpires } = visitor.welcome!
  must(tokenExpires !== undefined, 'welcome does not say when the token ends')
  const left = tokenExpires - now
  if (left > LONGEST) throw new Skipped(`the short token lives for another ${left} ms: too long to wait for`)
  const observer = await observing(stage)
  await observer.done({ t: 'watch', members: [visitor.member] })
  await partsOf(observer, MEMBERS)
  const began = performance.now()
  const { at, code } = await visitor.isEnded(left + 3_000)
  const took = at - began
  mustBe(
    [visitor.heard.at(-1)?.message.t, visitor.all('error').at(-1)?.code, code],
    ['error', 'expired', 4401],
    'end',
  )
  must(took < left + 1_500, `it ended ${Math.round(took - left)} ms late`)
  const { entry } = await toldOf(observer, MEMBERS, visitor.member, ({ state }) => state === 'offline')
  mustBe(
    [entry.reason, entry.since! >= tokenExpires],
    ['expired', true],
    'reason, and not before the end of the token',
  )
}

async function blind(stage: Stage): Promise<void> {
  await refused(stage, { t: 'hello', observer: true, token: stage.token('blind') })
}

async function beyond(stage: Stage): Promise<void> {
  const narrow = await greeted(stage, stage.hello({ token: stage.token('narrow') }))
  const other = await greeted(stage, stage.hello({ token: stage.token('other') }))
  const observer = await observing(stage)
  await observer.sees(other.member, ({ state }) => state === 'online', 'the other member online')
  const unknown = { member: other.member, state: 'unknown' } as const
  const answer = await narrow.ask([other.member, narrow.member])
  mustBe(entryIn(answer, other.member), unknown, 'answer to who may not ask')
  mustBe(entryIn(answer, narrow.member).state, 'online', 'state of oneself')
  await narrow.done({ t: 'watch', members: [other.member, narrow.member], suspect: true })
  const { entries } = await partsOf(narrow, MEMBERS)
  mustBe(entryIn(entries, other.member), unknown, 'snapshot of who may not watch')
  other.send({ t: 'status', text: 'busy' })
  other.send({ t: 'bye' })
  await observer.sees(other.member, ({ state }) => state === 'offline', 'the other member offline')
  await stage.pause(1_200)
  const told = narrow.all('diff').flatMap(({ entries }) => entries.filter(isOf(other)))
  mustBe(told, [], 'what was told of a member beyond the right')
}

async function forbidden(stage: Stage): Promise<void> {
  const narrow = await greeted(stage, stage.hello({ token: stage.token('narrow') }))
  const group = stage.name('g')
  for (const [scope, field] of [
    [{ all: true }, 'all'],
    [{ group }, 'group'],
    [{ counts: true }, 'counts'],
    [{ counts: { group } }, 'counts'],
  ] as const) {
    const error = await narrow.refused({ t: 'watch', ...scope })
    mustBe(
      [error.code, error.re, error.field],
      ['forbidden', 'watch', field],
      `watch of ${field} beyond the right`,
    )
  }
  const entered = await narrow.refused({ t: 'enter', group })
  mustBe([entered.code, entered.field], ['forbidden', 'group'], 'entering a group beyond the right')
  await narrow.beat()
  mustBe(
    [narrow.all('snapshot').length, narrow.all('counts').length],
    [0, 0],
    'lists and counts of what was refused',
  )
}

async function freshToken(stage: Stage): Promise<void> {
  const token = stage.token('wide')
  const visitor = await greeted(stage, stage.hello({ token }))
  const id = visitor.nextId()
  visitor.send({ t: 'auth', token, id })
  const ack = await visitor.take('ack', ack => ack.id === id)
  mustBe(ack.tokenExpires, visitor.welcome?.tokenExpires, 'tokenExpires of the same token')
  for (const bad of ['x', stage.token('other')]) {
    const error = await visitor.refused({ t: 'auth', token: bad })
    mustBe([error.code, error.re], ['unauthorized', 'auth'], 'answer to a token that will not do')
  }
  const [mine] = await visitor.ask([visitor.member])
  mustBe(mine?.state, 'online', 'the member after a token was refused')
}

/** Less right by a fresh token, then more again. */
async function lessRight(stage: Stage): Promise<void> {
  const [wide, narrow] = [stage.token('wide'), stage.token('narrow')]
  const other = await greeted(stage, stage.hello({ token: stage.token('other') }))
  const visitor = await greeted(stage, stage.hello({ token: wide }))
  await visitor.done({ t: 'watch', all: true })
  await partsOf(visitor, { of: 'all' })
  await visitor.done({ t: 'watch', counts: true })
  await visitor.take('counts')
  await visitor.done({ t: 'watch', members: [other.member] })
  mustBe(entryIn((await partsOf(visitor, MEMBERS)).entries, other.member).state, 'online', 'the other before')
  await visitor.done({ t: 'auth', token: narrow })
  const empty = await visitor.take('snapshot', ({ of }) => of === 'all')
  mustBe(
    [empty.part, empty.entries, empty.more],
    [0, [], undefined],
    'the list that may not be watched any more',
  )
  const none = await visitor.take('counts', ({ states }) => Object.values(states).every(count => count === 0))
  must(none.group === undefined, 'counts of a group that was not watched')
  const codes = visitor.all('error').map(({ code, re, field }) => `${code} ${re} ${field}`)
  mustBe(codes.sort(), ['forbidden watch all', 'forbidden watch counts'], 'errors of watches that are over')
  mustBe(
    (await partsOf(visitor, MEMBERS)).entries,
    [{ member: other.member, state: 'unknown' }],
    'the other then',
  )
  visitor.pass('diff')
  visitor.pass('counts')
  other.send({ t: 'bye' })
  await stage.pause(1_200)
  mustBe([visitor.all('diff').length, visitor.all('counts').length], [0, 2], 'diffs, and counts, after that')
  await visitor.done({ t: 'auth', token: wide })
  const [again] = (await partsOf(visitor, MEMBERS)).entries
  mustBe(again?.state, 'offline', 'the other with the old right')
}

async function connections(stage: Stage): Promise<void> {
  const hello = stage.hello()
  const first = await stage.member(hello)
  const { member } = first
  for (let n = 1; n < 128; n++) {
    const visitor = await stage.connect()
    visitor.send(stage.hello({ member }))
    await Promise.race([visitor.take('welcome').catch(() => null), visitor.ended])
    if (visitor.end === null) continue
    const [error] = visitor.all('error')
    if (error?.code === 'occupied' || first.end !== null)
      throw new Skipped('a member may have one session only here')
    mustBe(
      [error?.code, error?.re, visitor.end.code],
      ['too_many_connections', 'hello', 4431],
      'what one too many is told',
    )
    const again = await stage.member({ ...hello, member, epoch: 2 })
    mustBe(again.welcome?.resumed, true, 'resumed of one that comes back')
    return
  }
  throw new Skipped('a member may have 128 connections here')
}

async function greeted(stage: Stage, hello: object): Promise<Visitor> {
  const visitor = await stage.connect()
  await greet(visitor, hello)
  return visitor
}

function observing(stage: Stage): Promise<Visitor> {
  return greeted(stage, { t: 'hello', observer: true, token: stage.token('wide') })
}

function isOf({ member }: Visitor): (entry: Entry) => boolean {
  return entry => entry.member === member
}

const needs = (worth: readonly Worth[], run: Case['run']): Case['run'] => {
  return async stage => {
    for (const each of worth) stage.token(each)
    await run(stage)
  }
}

export const tokens: readonly Case[] = [
  { musts: ['K1'], title: 'tokens: a hello without one is refused with 4401', run: noToken },
  { musts: ['K1'], title: 'tokens: a bad one is refused with 4401', run: badToken },
  { musts: ['K2', 'H2'], title: 'tokens: a good one makes its member', run: goodToken },
  {
    musts: ['K3'],
    title: 'tokens: when one ends, so does its session',
    long: true,
    run: needs(['wide', 'short'], expires),
  },
  { musts: ['K4'], title: 'tokens: an observer needs the right to watch somebody', run: blind },
  {
    musts: ['K5', 'W1'],
    title: 'tokens: members beyond the right are unknown',
    run: needs(['wide', 'narrow', 'other'], beyond),
  },
  { musts: ['K6'], title: 'tokens: lists, counts and groups beyond the right are forbidden', run: forbidden },
  {
    musts: ['K7'],
    title: 'tokens: a fresh one on a living connection',
    run: needs(['wide', 'other'], freshToken),
  },
  {
    musts: ['K8', 'K7'],
    title: 'tokens: less right ends what was watched by it',
    run: needs(['wide', 'narrow', 'other'], lessRight),
  },
  { musts: ['E6'], title: 'one connection of a member too many is refused with 4431', run: connections },
]
