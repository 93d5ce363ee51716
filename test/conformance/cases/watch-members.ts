// Watching ids: an answer for each, whatever is known of it, then what changes.

import { type Case, must, mustBe } from '../case.ts'
import { entryIn, partsOf } from '../lists.ts'
import type { Stage } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

async function eachId(stage: Stage): Promise<void> {
  const [unknown, gone] = [stage.name('never'), await stage.member({ name: 'Ana' })]
  const here = await stage.member({ name: 'Bo', type: 'pilot', profile: { seat: 7 } })
  gone.send({ t: 'bye' })
  await gone.isEnded()
  const observer = await stage.observer()
  await observer.sees(gone.member, ({ state }) => state === 'offline', 'offline')
  observer.send({ t: 'watch', members: [unknown, here.member, gone.member], id: 1 })
  const { entries } = await partsOf(observer, { of: 'members' })
  mustBe(
    entries.map(({ member }) => member).sort(),
    [unknown, here.member, gone.member].sort(),
    'ids answered',
  )
  mustBe(entryIn(entries, unknown), { member: unknown, state: 'unknown' }, 'entry of an id never seen')
  const online = entryIn(entries, here.member)
  mustBe(
    [online.state, online.name, online.type, online.profile],
    ['online', 'Bo', 'pilot', { seat: 7 }],
    'entry',
  )
  for (const key of ['since', 'joinedAt', 'version', 'lastEvidenceAt'] as const)
    must(Number.isSafeInteger(online[key]), `${key} of an online member is ${online[key]}`)
  must('lastBeatAt' in online, 'lastBeatAt is missing, where null means never')
  must(!('reason' in online), 'an online member has a reason')
  const offline = entryIn(entries, gone.member)
  mustBe([offline.state, offline.reason, offline.name], ['offline', 'left', 'Ana'], 'entry of who left')
  must(!('joinedAt' in offline), 'an offline member has joinedAt')
  await observer.take('ack', ({ id }) => id === 1)
}

async function toldOfJoin(stage: Stage): Promise<void> {
  const member = stage.name()
  const observer = await stage.observer()
  observer.send({ t: 'watch', members: [member] })
  await partsOf(observer, { of: 'members' })
  const visitor = await stage.member({ member, name: 'Ana' })
  const joined = await observer.take('diff', ({ of, entries }) => of === 'members' && entries.length > 0)
  const entry = entryIn(joined.entries, member)
  mustBe([entry.state, entry.name], ['online', 'Ana'], 'entry of the join')
  must(typeof joined.cursor === 'string', 'the diff has no cursor')
  visitor.send({ t: 'bye' })
  const left = await observer.take('diff', ({ entries }) => entries.some(({ state }) => state === 'offline'))
  const after = entryIn(left.entries, member)
  mustBe([after.reason, after.gone], ['left', undefined], 'reason and gone of the leave')
  must((after.version ?? 0) > (entry.version ?? 0), 'the version does not grow')
}

async function othersUnheard(stage: Stage): Promise<void> {
  const [watched, other] = [await stage.member(), await stage.member()]
  const observer = await stage.observer()
  observer.send({ t: 'watch', members: [watched.member] })
  await partsOf(observer, { of: 'members' })
  other.send({ t: 'bye' })
  await other.isEnded()
  watched.send({ t: 'bye' })
  await observer.take('diff', ({ entries }) => entries.some(({ member }) => member === watched.member))
  const strange = observer.all('diff', ({ entries }) =>
    entries.some(({ member }) => member !== watched.member),
  )
  mustBe(strange, [], 'diffs of members not watched')
}

async function inParts(stage: Stage): Promise<void> {
  const ids = stage.names(1_200)
  const observer = await stage.observer()
  observer.send({ t: 'watch', members: ids })
  const { entries, parts } = await partsOf(observer, { of: 'members' })
  must(parts >= 3, `${ids.length} entries in ${parts} parts`)
  mustBe(new Set(entries.map(({ member }) => member)), new Set(ids), 'ids answered')
  mustBe(entries.length, ids.length, 'entries')
}

async function notMixed(stage: Stage): Promise<void> {
  const lists = [stage.names(1_600), stage.names(1_600), stage.names(3)]
  const observer = await stage.observer()
  for (const members of lists) observer.send({ t: 'watch', members })
  for (const members of lists) {
    const { entries } = await partsOf(observer, { of: 'members' })
    mustBe(entries.map(({ member }) => member).sort(), members.sort(), 'ids of one snapshot')
  }
}

async function diffsAfter(stage: Stage): Promise<void> {
  const present = await Promise.all(stage.names(4).map(member => stage.member({ member })))
  const ids = present.map(({ member }) => member)
  const observer = await stage.observer()
  for (const visitor of present) visitor.send({ t: 'bye' })
  observer.send({ t: 'watch', members: [...stage.names(1_996), ...ids] })
  const { entries } = await partsOf(observer, { of: 'members' })
  const states = new Map(entries.map(({ member, state }) => [member, state as string]))
  for (const diff of observer.all('diff'))
    for (const { member, state } of diff.entries) states.set(member, state)
  const until = performance.now() + stage.patience
  while (ids.some(id => states.get(id) !== 'offline') && performance.now() < until) {
    const diff = await observer.take('diff')
    for (const { member, state } of diff.entries) states.set(member, state)
  }
  mustBe(
    ids.map(id => states.get(id)),
    ids.map(() => 'offline'),
    'who left while the snapshot was on its way',
  )
}

async function adds(stage: Stage): Promise<void> {
  const [first, second] = [await stage.member(), await stage.member()]
  const observer = await stage.observer()
  observer.send({ t: 'watch', members: [first.member] })
  await partsOf(observer, { of: 'members' })
  observer.send({ t: 'watch', members: [second.member] })
  const { entries } = await partsOf(observer, { of: 'members' })
  mustBe(
    entries.map(({ member }) => member),
    [second.member],
    'the answer to the ids that were added',
  )
  for (const visitor of [first, second]) {
    visitor.send({ t: 'bye' })
    await observer.take('diff', diff => diff.entries.some(({ member }) => member === visitor.member))
  }
}

/** After an unwatch the ids it names are silent; the others are not. */
function unwatches(selector: (ids: string[]) => unknown, left: number): (stage: Stage) => Promise<void> {
  return async stage => {
    const visitors = [await stage.member(), await stage.member()]
    const ids = visitors.map(({ member }) => member)
    const observer = await stage.observer()
    observer.send({ t: 'watch', members: ids })
    await partsOf(observer, { of: 'members' })
    await observer.done({ t: 'unwatch', members: selector(ids) })
    await observer.beat()
    const from = observer.heard.length
    for (const visitor of visitors) visitor.send({ t: 'bye' })
    await observer.sees(ids[0]!, ({ state }) => state === 'offline', 'offline')
    if (left > 0) await observer.take('diff')
    await stage.pause(900)
    const told = observer.heard
      .slice(from)
      .flatMap(({ message }) => (message.t === 'diff' ? message.entries : []))
    mustBe(
      new Set(told.map(({ member }) => member)),
      new Set(ids.slice(2 - left)),
      'whom it was still told of',
    )
  }
}

async function suspectLatestWins(stage: Stage): Promise<void> {
  const visitor = await stage.hasty()
  const observer = await stage.observer()
  observer.send({ t: 'watch', members: [visitor.member], suspect: true })
  await partsOf(observer, { of: 'members' })
  observer.send({ t: 'watch', members: [stage.name()], suspect: false })
  await partsOf(observer, { of: 'members' })
  visitor.socket.reset()
  await observer.take('diff', ({ entries }) => entries.some(({ state }) => state === 'offline'), 12_000)
  const told = observer.all('diff').flatMap(({ entries }) => entries.map(({ state }) => state))
  must(!told.includes('suspect'), 'suspicions are told although the latest watch does not ask for them')
}

async function integers(stage: Stage): Promise<void> {
  const member = `9${String(Math.random()).slice(2, 12).padEnd(10, '3')}00000001`.slice(0, 19).padEnd(19, '1')
  const observer: Visitor = await stage.observer()
  observer.send(`{"t":"watch","members":[${member}]}`)
  const { entries } = await partsOf(observer, { of: 'members' })
  mustBe(entries, [{ member, state: 'unknown' }], 'the answer for an id beyond 2^53')
}

export const watchMembers: readonly Case[] = [
  { musts: ['W11'], title: 'snapshots of two watches of one scope are not mixed', run: notMixed },
  { musts: ['W1', 'W4'], title: 'ids: each is answered, known or not, with what is known', run: eachId },
  { musts: ['W3', 'W1'], title: 'ids: a join of one never seen and a leave are told', run: toldOfJoin },
  { musts: ['W4'], title: 'ids: nobody else is told of', run: othersUnheard },
  { musts: ['W11'], title: 'a snapshot comes in parts of at most 500, the last with a cursor', run: inParts },
  {
    musts: ['W3', 'W12'],
    title: 'no diff before the last part, and nothing is lost in between',
    run: diffsAfter,
  },
  { musts: ['W5'], title: 'ids: a further watch adds', run: adds },
  { musts: ['W10'], title: 'ids: unwatch of one', run: unwatches(ids => ids.slice(0, 1), 1) },
  { musts: ['W10'], title: 'ids: unwatch of all of them', run: unwatches(() => true, 0) },
  { musts: ['W5', 'S6'], title: 'ids: the latest suspect holds for all of them', run: suspectLatestWins },
  { musts: ['I1'], title: 'ids: an integer is its digits', run: integers },
]
