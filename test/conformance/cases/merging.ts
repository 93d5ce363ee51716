// How soon and how often a watcher is told: the first change at once, what follows together.

import { type Case, must, mustBe } from '../case.ts'
import { isOf, partsOf, toldOf } from '../lists.ts'
import type { Stage } from '../stage.ts'

/** Of a busy machine. */
const AT_ONCE = 400

async function firstAtOnce(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  observer.send({ t: 'watch', group })
  await partsOf(observer, which)
  const took: number[] = []
  for (const t of ['enter', 'exit', 'enter']) {
    await stage.pause(700)
    const began = performance.now()
    visitor.send({ t, group })
    await toldOf(observer, which, visitor.member, ({ gone }) => (gone === true) === (t === 'exit'))
    took.push(performance.now() - began)
  }
  const best = Math.min(...took)
  must(best < AT_ONCE, `changes after a quiet time took ${took.map(Math.round).join(', ')} ms`)
}

async function merged(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const visitors = await Promise.all(stage.names(7).map(member => stage.member({ member })))
  const observer = await stage.observer()
  observer.send({ t: 'watch', group })
  await partsOf(observer, which)
  await visitors[0]!.done({ t: 'enter', group })
  await toldOf(observer, which, visitors[0]!.member)
  for (const visitor of visitors.slice(1)) {
    await visitor.done({ t: 'enter', group })
    await visitor.done({ t: 'exit', group })
    await visitor.done({ t: 'enter', group })
  }
  const last = visitors.at(-1)!.member
  await toldOf(observer, which, last, ({ gone }) => gone !== true)
  const diffs = observer.heard.filter(({ message }) => message.t === 'diff' && isOf(message, which))
  const gaps = diffs.slice(1).map(({ at }, index) => at - diffs[index]!.at)
  must(
    gaps.every(gap => gap > 350),
    `diffs came ${gaps.map(Math.round).join(', ')} ms after one another`,
  )
  for (const { message } of diffs) {
    if (message.t !== 'diff') continue
    const members = message.entries.map(({ member }) => member)
    mustBe(new Set(members).size, members.length, 'entries of one diff by different members')
  }
  const versions = new Map<string, number>()
  for (const entry of diffs.flatMap(({ message }) => (message.t === 'diff' ? message.entries : []))) {
    must((entry.version ?? 0) >= (versions.get(entry.member) ?? 0), 'a lower version follows a higher one')
    versions.set(entry.member, entry.version ?? 0)
  }
  const state = new Map<string, boolean>()
  for (const { message } of diffs)
    if (message.t === 'diff')
      for (const entry of message.entries) state.set(entry.member, entry.gone !== true)
  mustBe(
    visitors.map(({ member }) => state.get(member)),
    visitors.map(() => true),
    'who is in the group at last',
  )
}

async function nobodyDropped(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const members = stage.names(60)
  const observer = await stage.observer()
  observer.send({ t: 'watch', group })
  await partsOf(observer, which)
  await Promise.all(
    members.map(async member => {
      const visitor = await stage.member({ member })
      await visitor.done({ t: 'enter', group })
    }),
  )
  const told = () =>
    new Set(observer.all('diff').flatMap(({ entries }) => entries.map(({ member }) => member)))
  const until = performance.now() + stage.patience
  while (told().size < members.length && performance.now() < until) await stage.pause(50)
  mustBe(told(), new Set(members), 'who was told of')
}

async function growingVersions(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const observer = await stage.observer()
  observer.send({ t: 'watch', members: [visitor.member] })
  const { entries } = await partsOf(observer, { of: 'members' })
  const versions = [entries[0]?.version ?? 0]
  for (const name of ['a', 'b', 'c']) {
    await visitor.done({ t: 'update', name })
    const { entry } = await toldOf(observer, { of: 'members' }, visitor.member, entry => entry.name === name)
    versions.push(entry.version ?? 0)
    await stage.pause(1_050)
  }
  must(
    versions.every((version, index) => index === 0 || version > versions[index - 1]!),
    `versions ${versions}`,
  )
  const cursors = observer.all('diff').map(({ cursor }) => cursor)
  mustBe(new Set(cursors).size, cursors.length, 'different cursors')
}

export const merging: readonly Case[] = [
  { musts: ['D1'], title: 'a change after a quiet time is told at once', run: firstAtOnce },
  {
    musts: ['D1', 'D2', 'D4'],
    title: 'what follows is told together, a member once, as it is at last',
    run: merged,
  },
  { musts: ['D3'], title: 'of many changes none is dropped', run: nobodyDropped },
  {
    musts: ['W2', 'D4'],
    title: "a member's version and the cursor move on with every change",
    run: growingVersions,
  },
]
