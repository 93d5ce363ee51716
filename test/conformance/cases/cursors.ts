// Going on from a cursor after a connection was lost: what was missed is told, nothing else is lost or told wrong.

import { type Case, must, mustBe } from '../case.ts'
import { isOf, partsOf, toldOf, type Which } from '../lists.ts'
import type { Stage } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

interface Missed {
  readonly which: Which
  readonly scope: object
  readonly cursor: string
  readonly left: string
  readonly joined: Visitor
}

/** Somebody watches and is cut; then one member leaves and another one comes. */
async function missed(stage: Stage, of: 'group' | 'all' | 'members'): Promise<Missed> {
  const group = stage.name('g')
  const [leaving, comer] = stage.names(2)
  const which: Which = of === 'group' ? { of, group } : { of }
  const scope = of === 'group' ? { group } : of === 'all' ? { all: true } : { members: [leaving, comer] }
  const first = await stage.member({ member: leaving })
  await first.done({ t: 'enter', group })
  const observer = await stage.observer()
  observer.send({ t: 'watch', ...scope })
  const { cursor } = await partsOf(observer, which)
  observer.socket.reset()
  first.send({ t: 'bye' })
  await first.isEnded()
  const joined = await stage.member({ member: comer! })
  await joined.done({ t: 'enter', group })
  return { which, scope, cursor, left: leaving!, joined }
}

/** Watches again from the cursor: told of both, by diffs, the first of which says so. */
async function goesOn(
  stage: Stage,
  { which, scope, cursor, left, joined }: Missed,
  inHello: boolean,
): Promise<void> {
  const observer = await stage.observer(inHello ? { cursor } : {})
  observer.send({ t: 'watch', ...scope, cursor: inHello ? true : cursor })
  const first = await observer.take('diff', diff => isOf(diff, which))
  mustBe(first.resumed, true, 'resumed of the first diff')
  const told = new Map(first.entries.map(entry => [entry.member, entry]))
  const until = performance.now() + stage.patience
  while ((!told.has(left) || !told.has(joined.member)) && performance.now() < until) {
    const diff = await observer.take('diff', diff => isOf(diff, which))
    must(diff.resumed === undefined, 'resumed on a second diff')
    for (const entry of diff.entries) told.set(entry.member, entry)
  }
  mustBe(observer.all('snapshot').length, 0, 'snapshots where the watch was continued')
  mustBe(told.get(joined.member)?.state, 'online', 'who came while nobody watched')
  const entry = told.get(left)
  mustBe(
    [entry?.state, entry?.gone],
    ['offline', which.of === 'members' ? undefined : true],
    'who left meanwhile',
  )
  joined.send({ t: 'bye' })
  await toldOf(observer, which, joined.member, ({ state }) => state === 'offline')
}

async function nothingMissed(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  observer.send({ t: 'watch', group })
  await partsOf(observer, which)
  await visitor.done({ t: 'enter', group })
  const { diff } = await toldOf(observer, which, visitor.member)
  must(typeof diff.cursor === 'string', 'the diff has no cursor')
  observer.socket.reset()
  const again = await stage.observer()
  again.send({ t: 'watch', group, cursor: diff.cursor })
  const resumed = await again.take('diff', diff => isOf(diff, which))
  mustBe(resumed.resumed, true, 'resumed of the first diff')
  mustBe(again.all('snapshot').length, 0, 'snapshots')
  await visitor.done({ t: 'exit', group })
  await toldOf(again, which, visitor.member, ({ gone }) => gone === true)
}

async function noneInHello(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const observer = await stage.observer()
  observer.send({ t: 'watch', group, cursor: true })
  const { entries, reset } = await partsOf(observer, { of: 'group', group })
  mustBe([entries, reset], [[], false], 'the snapshot')
}

async function unreadable(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  for (const cursor of ['', 'no cursor at all', '\u2603'.repeat(40)]) {
    const error = await observer.refused({ t: 'watch', group, cursor })
    mustBe([error.code, error.re], ['bad_cursor', 'watch'], `answer to the cursor "${cursor}"`)
  }
  const wrong = await observer.refused({ t: 'watch', group, cursor: 7 })
  mustBe([wrong.code, wrong.field], ['bad_field', 'cursor'], 'answer to a cursor that is a number')
  await visitor.done({ t: 'enter', group })
  await stage.pause(700)
  mustBe(
    observer.all('diff').length + observer.all('snapshot').length,
    0,
    'frames of a watch that was refused',
  )
}

async function keepsOld(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  observer.send({ t: 'watch', group })
  await partsOf(observer, which)
  await observer.refused({ t: 'watch', group, cursor: 'no cursor at all' })
  await visitor.done({ t: 'enter', group })
  await toldOf(observer, which, visitor.member)
}

/** The next batch may be in two minds about what it repeats: by the rule of versions a list comes out right. */
async function rightList(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const visitors = await Promise.all(stage.names(8).map(member => stage.member({ member })))
  const list = new Map<string, number>()
  let cursor: string | undefined
  for (let round = 0; round < 4; round++) {
    const observer = await stage.observer()
    observer.send({ t: 'watch', group, ...(cursor === undefined ? {} : { cursor }) })
    if (cursor === undefined) cursor = (await partsOf(observer, which)).cursor
    else await observer.take('diff', ({ resumed }) => resumed === true)
    for (const [index, visitor] of visitors.entries())
      visitor.send({ t: (index + round) % 2 === 0 ? 'enter' : 'exit', group })
    // cut at any moment: what was told so far counts, what was not is missed
    await stage.pause(120 * round)
    observer.socket.reset()
    await observer.ended
    for (const diff of observer.all('diff', diff => isOf(diff, which))) {
      for (const entry of diff.entries) apply(list, entry)
      cursor = diff.cursor ?? cursor
    }
  }
  await Promise.all(visitors.map(visitor => visitor.beat()))
  const last = await stage.observer()
  last.send({ t: 'watch', group, cursor })
  const expected = visitors.flatMap(({ member }, index) => ((index + 3) % 2 === 0 ? [member] : [])).sort()
  const until = performance.now() + stage.patience
  const current = () => {
    const copy = new Map(list)
    for (const { entries } of last.all('diff')) for (const entry of entries) apply(copy, entry)
    return [...copy].flatMap(([member, version]) => (version > 0 ? [member] : [])).sort()
  }
  while (current().join() !== expected.join() && performance.now() < until) await stage.pause(50)
  mustBe(current(), expected, 'the list after four cuts')
}

/** Keeps versions; a negative one is of a member that is gone. */
function apply(list: Map<string, number>, entry: { member: string; version?: number; gone?: true }): void {
  const version = entry.version ?? 0
  if (version > Math.abs(list.get(entry.member) ?? 0))
    list.set(entry.member, entry.gone === true ? -version : version)
}

const going =
  (of: 'group' | 'all' | 'members', inHello = false) =>
  async (stage: Stage) =>
    goesOn(stage, await missed(stage, of), inHello)

export const cursors: readonly Case[] = [
  { musts: ['R4'], title: 'cursor true where the hello had none is none', run: noneInHello },
  { musts: ['R1'], title: 'cursor of a group: what was missed is told by diffs', run: going('group') },
  { musts: ['R1'], title: 'cursor of all: what was missed is told by diffs', run: going('all') },
  { musts: ['R1'], title: 'cursor of ids: what was missed is told by diffs', run: going('members') },
  { musts: ['R4'], title: 'cursor true stands for the one of the hello', run: going('group', true) },
  { musts: ['R1'], title: 'cursor of a diff, nothing missed: a diff that says resumed', run: nothingMissed },
  { musts: ['R3'], title: 'cursors that are none are refused, and no watch is made', run: unreadable },
  { musts: ['W8', 'R3'], title: 'a watch that is refused leaves the old one as it was', run: keepsOld },
  { musts: ['R5'], title: 'the list is right after cuts at any moment', run: rightList },
]
