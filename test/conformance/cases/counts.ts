// Numbers instead of lists: of a group, where a fresh one makes them exact, and of all.

import { type Case, must, mustBe } from '../case.ts'
import { toldOf } from '../lists.ts'
import type { Stage } from '../stage.ts'

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0

async function ofGroup(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const type = stage.name('t')
  const observer = await stage.observer()
  observer.send({ t: 'watch', counts: { group } })
  const first = await observer.take('counts', counts => counts.group === group)
  mustBe(first.states, { online: 0, away: 0, suspect: 0, offline: 0 }, 'counts of a group nobody is in')
  must(isCount(first.now), `now is ${first.now}`)
  const visitors = [await stage.member({ type }), await stage.member({ type })]
  for (const [index, visitor] of visitors.entries()) {
    await visitor.done({ t: 'enter', group })
    const counts = await observer.take('counts', ({ states }) => states.online === index + 1)
    mustBe(counts.types?.[type]?.online, index + 1, 'count of the type')
    mustBe(counts.groups, undefined, 'groups in the counts of a group')
  }
  visitors[0]!.send({ t: 'bye' })
  await observer.take('counts', ({ group: of, states }) => of === group && states.online === 1)
}

async function suspects(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const visitor = await stage.hasty({}, { autoPong: false })
  await visitor.done({ t: 'enter', group })
  const [asked, settled] = [await stage.observer(), await stage.observer()]
  asked.send({ t: 'watch', counts: { group }, suspect: true })
  settled.send({ t: 'watch', counts: { group } })
  await asked.take('counts', ({ states }) => states.online === 1)
  await settled.take('counts', ({ states }) => states.online === 1)
  const { states } = await asked.take('counts', ({ states }) => states.suspect === 1, 10_000)
  mustBe(states.online, 0, 'online while it is suspect')
  mustBe(
    settled.all('counts', ({ states }) => states.suspect > 0).length,
    0,
    'suspects counted for who did not ask',
  )
  await settled.take('counts', ({ states }) => states.online === 0, 10_000)
}

async function paced(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const observer = await stage.observer()
  observer.send({ t: 'watch', counts: { group } })
  await observer.take('counts')
  const visitors = await Promise.all(stage.names(6).map(member => stage.member({ member })))
  for (const visitor of visitors) {
    await visitor.done({ t: 'enter', group })
    await stage.pause(120)
  }
  await observer.take('counts', ({ states }) => states.online === visitors.length)
  const times = observer.heard.filter(({ message }) => message.t === 'counts').map(({ at }) => at)
  const gaps = times.slice(2).map((at, index) => at - times[index + 1]!)
  // what is told 500 ms apart may arrive a little closer
  must(
    gaps.every(gap => gap > 350),
    `counts came ${gaps.map(Math.round).join(', ')} ms after one another`,
  )
}

async function ofAll(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  observer.send({ t: 'watch', counts: true })
  const before = await observer.take('counts', counts => counts.group === undefined)
  for (const state of ['online', 'away', 'suspect', 'offline'] as const)
    must(isCount(before.states[state]), `${state} is counted as ${before.states[state]}`)
  must(before.groups !== undefined, 'counts of all have no groups')
  must(Object.keys(before.types).length <= 100, 'over 100 types')
  must(Object.keys(before.groups).length <= 100, 'over 100 groups')
  const visitors = await Promise.all(stage.names(3).map(member => stage.member({ member })))
  must(visitors.length === 3, 'not all were welcomed')
  const after = await observer.take('counts')
  must(after.states.online >= 3, `${after.states.online} are online where at least 3 are`)
}

async function unwatched(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  await observer.done({ t: 'watch', counts: { group } })
  await observer.done({ t: 'watch', group })
  await observer.done({ t: 'unwatch', counts: { group } })
  await observer.beat()
  observer.pass('counts')
  const from = observer.heard.length
  await visitor.done({ t: 'enter', group })
  await toldOf(observer, { of: 'group', group }, visitor.member)
  await stage.pause(600)
  const told = observer.heard.slice(from).filter(({ message }) => message.t === 'counts')
  mustBe(told.length, 0, 'counts after their unwatch was answered')
}

export const counts: readonly Case[] = [
  { musts: ['C1', 'C4'], title: 'counts of a group follow it, by state and type', run: ofGroup },
  { musts: ['C3'], title: 'counts show suspects only to who asked', long: true, run: suspects },
  { musts: ['C2'], title: 'counts come at most every 500 ms, the last one is right', run: paced },
  { musts: ['C1'], title: 'counts of all', run: ofAll },
  { musts: ['W10'], title: 'counts end with unwatch, the list of the same group does not', run: unwatched },
]
