// Watching all who are present. The server may be in use: a case looks only at ids of its own.

import type { Entry } from '../../../src/protocol/messages.ts'
import { type Case, must, mustBe, Skipped } from '../case.ts'
import { partsOf, quietList, toldOf, type Whole } from '../lists.ts'
import type { Stage } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

const ALL = { of: 'all' } as const
const HUGE = 50_000

async function whole(visitor: Visitor, words: object = {}): Promise<Whole> {
  visitor.send({ t: 'watch', all: true, ...words })
  const list = await partsOf(visitor, ALL)
  if (list.entries.length <= HUGE) return list
  throw new Skipped(`${list.entries.length} members are present: too many to look through`)
}

async function listed(stage: Stage): Promise<void> {
  const [here, gone] = [await stage.member({ name: 'Ana' }), await stage.member()]
  gone.send({ t: 'bye' })
  await gone.isEnded()
  const observer = await stage.observer()
  await observer.sees(gone.member, ({ state }) => state === 'offline', 'offline')
  const snapshot = await whole(observer)
  const { entries } = snapshot
  const isRight = (list: ReadonlyMap<string, Entry>) => list.has(here.member) && !list.has(gone.member)
  const list = await quietList(observer, ALL, snapshot, isRight)
  mustBe(list.get(here.member)?.name, 'Ana', 'name in the list')
  must(!list.has(gone.member), 'who left is listed')
  must(
    !entries.some(({ state }) => state === 'offline' || state === 'unknown'),
    'somebody listed is not present',
  )
  must(!entries.some(({ state }) => state === 'suspect'), 'somebody is suspect although nobody asked for it')
  mustBe(new Set(entries.map(({ member }) => member)).size, entries.length, 'entries by different members')
}

async function joinsAndLeaves(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  await whole(observer)
  const visitor = await stage.member({ type: 'pilot' })
  const joined = await toldOf(observer, ALL, visitor.member)
  mustBe(
    [joined.entry.state, joined.entry.type, joined.entry.gone],
    ['online', 'pilot', undefined],
    'the join',
  )
  visitor.send({ t: 'bye' })
  const left = await toldOf(observer, ALL, visitor.member, ({ gone }) => gone === true)
  mustBe([left.entry.state, left.entry.reason], ['offline', 'left'], 'the leave')
}

async function suspects(stage: Stage): Promise<void> {
  const visitor = await stage.hasty({}, { autoPong: false })
  const [asked, settled] = [await stage.observer(), await stage.observer()]
  await whole(asked, { suspect: true })
  await whole(settled)
  const { entry } = await toldOf(asked, ALL, visitor.member, ({ state }) => state === 'suspect', 10_000)
  must(entry.gone === undefined, 'a suspect is gone from the list')
  await toldOf(settled, ALL, visitor.member, ({ gone }) => gone === true, 10_000)
  const early = settled.all('diff', ({ entries }) => entries.some(({ state }) => state === 'suspect'))
  mustBe(early.length, 0, 'suspicions told to who did not ask')
}

async function whileListing(stage: Stage): Promise<void> {
  const early = await Promise.all(stage.names(5).map(member => stage.member({ member })))
  const observer = await stage.observer()
  const late = stage.names(5)
  const joining = Promise.all(late.map(member => stage.member({ member })))
  observer.send({ t: 'watch', all: true })
  for (const visitor of early) visitor.send({ t: 'bye' })
  const snapshot = await partsOf(observer, ALL)
  await joining
  const isRight = (list: ReadonlyMap<string, Entry>) =>
    late.every(id => list.has(id)) && early.every(({ member }) => !list.has(member))
  const list = await quietList(observer, ALL, snapshot, isRight, stage.patience)
  must(isRight(list), 'snapshot and diffs do not make the list of who is present')
}

async function replacedAndEnded(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  await whole(observer)
  await whole(observer)
  const visitor = await stage.member()
  await toldOf(observer, ALL, visitor.member)
  await stage.pause(700)
  const told = observer.all('diff', ({ entries }) => entries.some(({ member }) => member === visitor.member))
  mustBe(told.length, 1, 'diffs of one join after the watch was made twice')
  await observer.done({ t: 'unwatch', all: true })
  await observer.beat()
  const from = observer.heard.length
  visitor.send({ t: 'bye' })
  await observer.sees(visitor.member, ({ state }) => state === 'offline', 'offline')
  await stage.pause(700)
  const after = observer.heard
    .slice(from)
    .filter(({ message }) => message.t === 'diff' || message.t === 'snapshot')
  mustBe(after.length, 0, 'frames of the watch after its unwatch was answered')
}

export const watchAll: readonly Case[] = [
  { musts: ['W7'], title: 'all: who is present is listed once, nobody else', run: listed },
  { musts: ['W7', 'W3'], title: 'all: a join is told, a leave is gone from the list', run: joinsAndLeaves },
  { musts: ['S6'], title: 'all: a suspicion is told only to who asked', long: true, run: suspects },
  {
    musts: ['W3', 'W12'],
    title: 'all: what happens while the list is on its way is not lost',
    run: whileListing,
  },
  {
    musts: ['W8', 'W10'],
    title: 'all: a new watch replaces the old one, unwatch ends it',
    run: replacedAndEnded,
  },
]
