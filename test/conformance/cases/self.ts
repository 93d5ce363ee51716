// What a member says of itself: away, status, name, type and profile, and what others see of it.

import { type Case, must, mustBe } from '../case.ts'
import { partsOf, toldOf } from '../lists.ts'
import type { Stage } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

const MEMBERS = { of: 'members' } as const
const ALL = { of: 'all' } as const
/** Until a hidden page is told as away, by default 30 s. */
const AWAY_AFTER = 34_000

async function watched(stage: Stage, patch: Readonly<Record<string, unknown>> = {}) {
  const [visitor, observer] = [await stage.member(patch), await stage.observer()]
  observer.send({ t: 'watch', members: [visitor.member] })
  await partsOf(observer, MEMBERS)
  return { visitor, observer }
}

async function awayAndBack(stage: Stage): Promise<void> {
  const { visitor, observer } = await watched(stage)
  await visitor.done({ t: 'away' })
  const beats = setInterval(() => visitor.send('{"t":"beat"}'), 2_000)
  const gone = await toldOf(
    observer,
    MEMBERS,
    visitor.member,
    ({ state }) => state === 'away',
    AWAY_AFTER,
  ).finally(() => clearInterval(beats))
  await visitor.done({ t: 'back' })
  const began = performance.now()
  const { entry } = await toldOf(observer, MEMBERS, visitor.member, ({ state }) => state === 'online', 1_500)
  mustBe(entry.joinedAt, gone.entry.joinedAt, 'joinedAt after it came back')
  must(performance.now() - began < 1_500, 'back was told late')
}

async function comesAway(stage: Stage): Promise<void> {
  const hello = stage.hello({ away: true })
  const { visitor, observer } = await watched(stage, hello)
  const beats = setInterval(() => visitor.send('{"t":"beat"}'), 2_000)
  await toldOf(observer, MEMBERS, visitor.member, ({ state }) => state === 'away', AWAY_AFTER).finally(() =>
    clearInterval(beats),
  )
  visitor.socket.reset()
  await visitor.ended
  const again = await stage.member({ ...hello, member: visitor.member, epoch: 2 })
  await again.done({ t: 'update', name: 'again' })
  const { entry } = await toldOf(observer, MEMBERS, visitor.member)
  mustBe([entry.state, entry.name], ['away', 'again'], 'the first thing told after it came back as away')
  await stage.member({ ...hello, away: undefined, member: visitor.member, epoch: 3 })
  await toldOf(observer, MEMBERS, visitor.member, ({ state }) => state === 'online', 1_500)
}

async function shortAway(stage: Stage): Promise<void> {
  const { visitor, observer } = await watched(stage)
  await visitor.done({ t: 'away' })
  await visitor.done({ t: 'back' })
  await visitor.done({ t: 'update', name: 'after' })
  const { entry } = await toldOf(observer, MEMBERS, visitor.member)
  mustBe([entry.state, entry.name], ['online', 'after'], 'the first thing told')
}

async function text(stage: Stage): Promise<void> {
  const { visitor, observer } = await watched(stage)
  await visitor.done({ t: 'status', text: 'in a meeting' })
  const { entry } = await toldOf(observer, MEMBERS, visitor.member)
  mustBe([entry.state, entry.status], ['online', { text: 'in a meeting', until: null }], 'state and status')
  await stage.pause(1_100)
  await visitor.done({ t: 'status', visibility: 'shown', text: null })
  await toldOf(observer, MEMBERS, visitor.member, ({ status }) => status === undefined)
}

async function wholeStatus(stage: Stage): Promise<void> {
  const { visitor, observer } = await watched(stage)
  const { now } = await visitor.beat()
  await visitor.done({ t: 'status', text: 'x'.repeat(256), until: now + 60_000 })
  await toldOf(observer, MEMBERS, visitor.member, ({ status }) => status?.until === now + 60_000)
  await stage.pause(1_100)
  await visitor.done({ t: 'status', text: 'another' })
  const { entry } = await toldOf(
    observer,
    MEMBERS,
    visitor.member,
    ({ status }) => status?.text === 'another',
  )
  mustBe(entry.status, { text: 'another', until: null }, 'the status that took the place')
}

async function inHello(stage: Stage): Promise<void> {
  const hello = stage.hello({ name: 'Ana', type: 'pilot' })
  const first = await stage.member(hello)
  const observer = await stage.observer()
  observer.send({ t: 'watch', members: [first.member] })
  await partsOf(observer, MEMBERS)
  first.socket.reset()
  await first.ended
  await stage.member({ ...hello, name: 'Eva', type: undefined, member: first.member, epoch: 2 })
  const { entry } = await toldOf(observer, MEMBERS, first.member, ({ name }) => name === 'Eva')
  mustBe([entry.state, entry.type], ['online', 'pilot'], 'state, and the type the second hello left out')
}

async function until(stage: Stage): Promise<void> {
  const { visitor, observer } = await watched(stage)
  const { now } = await visitor.beat()
  const lapse = now + 1_500
  await visitor.done({ t: 'status', text: 'back soon', until: lapse })
  const { entry } = await toldOf(observer, MEMBERS, visitor.member, ({ status }) => status !== undefined)
  mustBe(entry.status, { text: 'back soon', until: lapse }, 'status')
  await toldOf(observer, MEMBERS, visitor.member, ({ status }) => status === undefined, 6_000)
  must((await visitor.beat()).now >= lapse, 'the status lapsed early')
}

async function hides(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const { visitor, observer } = await watched(stage, { name: 'Ana' })
  await visitor.done({ t: 'enter', group })
  await observer.done({ t: 'watch', all: true, suspect: true })
  await observer.done({ t: 'watch', counts: { group } })
  await observer.take('counts', ({ states }) => states.online === 1)
  await visitor.done({ t: 'status', visibility: 'hidden', text: 'never to be seen' })
  const { entry } = await toldOf(observer, MEMBERS, visitor.member)
  mustBe(
    [entry.state, entry.reason, entry.status, entry.joinedAt],
    ['offline', 'left', undefined, undefined],
    'hidden',
  )
  await toldOf(observer, ALL, visitor.member, ({ gone }) => gone === true)
  await observer.take('counts', ({ states }) => states.online === 0)
  await visitor.beat()
  const [asked] = await observer.ask([visitor.member])
  mustBe(
    [asked?.state, asked?.since, asked?.version],
    ['offline', entry.since, entry.version],
    'who asks later',
  )
  must((asked?.lastEvidenceAt ?? 0) <= (entry.since ?? 0), 'evidence of a hidden member moves on')
  const late = await stage.observer()
  late.send({ t: 'watch', all: true })
  const { entries } = await partsOf(late, ALL)
  must(!entries.some(({ member }) => member === visitor.member), 'a hidden member is listed')
  await stage.pause(1_100)
  await visitor.done({ t: 'status', visibility: 'shown' })
  const shown = await toldOf(observer, MEMBERS, visitor.member, ({ state }) => state === 'online')
  must(
    (shown.entry.joinedAt ?? 0) >= (entry.since ?? 0),
    'joinedAt shows that it was here while it was hidden',
  )
  await toldOf(late, ALL, visitor.member, ({ gone }) => gone !== true)
}

async function hiddenUnheard(stage: Stage): Promise<void> {
  const { visitor, observer } = await watched(stage)
  await visitor.done({ t: 'status', visibility: 'hidden' })
  await toldOf(observer, MEMBERS, visitor.member, ({ state }) => state === 'offline')
  const from = observer.heard.length
  await stage.pause(1_100)
  await visitor.done({ t: 'update', name: 'secret' })
  visitor.send({ t: 'bye' })
  await visitor.isEnded()
  await stage.pause(1_200)
  mustBe(
    observer.heard.slice(from).map(({ message }) => message.t),
    [],
    'what is told of a hidden member',
  )
}

async function details(stage: Stage): Promise<void> {
  const { visitor, observer } = await watched(stage, { name: 'Ana', type: 'pilot', profile: { a: 1 } })
  await visitor.done({ t: 'update', name: 'Eva' })
  const named = (await toldOf(observer, MEMBERS, visitor.member)).entry
  mustBe(
    [named.name, named.type, named.profile, named.state],
    ['Eva', 'pilot', { a: 1 }, 'online'],
    'a new name',
  )
  await stage.pause(1_100)
  await visitor.done({ t: 'update', type: 'guest', profile: { b: [2] } })
  const { entry } = await toldOf(observer, MEMBERS, visitor.member, ({ type }) => type === 'guest')
  mustBe([entry.name, entry.profile], ['Eva', { b: [2] }], 'a new type and profile')
  must((entry.version ?? 0) > (named.version ?? 0), 'the version does not grow')
}

async function oneASecond(stage: Stage): Promise<void> {
  const { visitor, observer } = await watched(stage)
  for (let i = 0; i < 12; i++) {
    visitor.send({ t: 'update', name: `name ${i}` })
    await stage.pause(100)
  }
  await toldOf(observer, MEMBERS, visitor.member, ({ name }) => name === 'name 11')
  const told = observer.all('diff').length
  must(told <= 4, `12 updates in 1.2 s were told ${told} times`)
}

async function faults(stage: Stage): Promise<void> {
  const visitor: Visitor = await stage.member()
  const wrong: [message: { t: string }, code: string, field: string][] = [
    [{ t: 'status', visibility: 'invisible' } as { t: string }, 'bad_field', 'visibility'],
    [{ t: 'status', text: 7 } as { t: string }, 'bad_field', 'text'],
    [{ t: 'status', text: 'x'.repeat(257) } as { t: string }, 'too_large', 'text'],
    [{ t: 'status', text: 'x', until: 'noon' } as { t: string }, 'bad_field', 'until'],
    [{ t: 'update', name: {} } as { t: string }, 'bad_field', 'name'],
    [{ t: 'update', name: 'x'.repeat(1_025) } as { t: string }, 'too_large', 'name'],
    [{ t: 'update', type: 'x'.repeat(257) } as { t: string }, 'too_large', 'type'],
    [{ t: 'update', profile: 'x' } as { t: string }, 'bad_field', 'profile'],
    [{ t: 'update', profile: { x: 'x'.repeat(8_192) } } as { t: string }, 'too_large', 'profile'],
  ]
  for (const [message, code, field] of wrong) {
    const error = await visitor.refused(message)
    mustBe(
      [error.code, error.field, error.re],
      [code, field, message.t],
      JSON.stringify(message).slice(0, 60),
    )
  }
  const [entry] = await visitor.ask([visitor.member])
  mustBe([entry?.state, entry?.name, entry?.status], ['online', undefined, undefined], 'what is left of it')
}

export const self: readonly Case[] = [
  { musts: ['P1'], title: 'a status takes the place of the one before as a whole', run: wholeStatus },
  { musts: ['P4', 'H7'], title: 'a hello that resumes is an update of what it names', run: inHello },
  { musts: ['S9'], title: 'away is told after a while, back at once', long: true, run: awayAndBack },
  { musts: ['H15'], title: 'a hello that says away: away stays away', long: true, run: comesAway },
  { musts: ['S9'], title: 'away for a moment is told to nobody', run: shortAway },
  { musts: ['P1'], title: 'a status text is shown until it is taken back', run: text },
  { musts: ['P1'], title: 'a status lapses at its time', run: until },
  {
    musts: ['P2', 'P3', 'C3'],
    title: 'hidden: offline in lists, answers and counts, then a new stay',
    run: hides,
  },
  { musts: ['P3'], title: 'hidden: nothing more is told, not even its end', run: hiddenUnheard },
  { musts: ['P4'], title: 'update changes what it names and nothing else', run: details },
  { musts: ['P5'], title: 'updates are merged to one a second, the last is told', run: oneASecond },
  { musts: ['F5', 'F6'], title: 'status and update of the wrong form are refused by field', run: faults },
]
