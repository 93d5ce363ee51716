// Watches: one scope told once however many watch it, in one frame a turn; lists that stand until a new one is whole,
// and go on from their cursor.

import { afterEach, expect, test } from 'bun:test'
import { onlineStage, type Stage, strike } from '../../test/support/client-stage.ts'
import { settle } from '../../test/support/fake-place.ts'
import type { Id, Watch, WatchScope } from './types.ts'

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

/** A watch, and what its listener was told: ids, `-` before those that are gone. */
function watched({ client }: Stage, scope: WatchScope): { watch: Watch; told: string[] } {
  const watch = client.watch(scope) as Watch
  const told: string[] = []
  watch.subscribe((_, changed) =>
    told.push(changed.map(({ member, gone }) => (gone ? '-' : '') + member).join()),
  )
  return { watch, told }
}

const shown = ({ view }: Watch) => [...view.members].map(([id, { state }]) => `${id} ${state}`).sort()
const here = (state: 'online' | 'away' | 'offline' = 'online', ...groups: string[]) => ({ state, groups })

async function comeBack(stage: Stage): Promise<void> {
  if (stage.client.state === 'online') await stage.cut()
  await stage.place.advance(31_000)
  expect(stage.client.state).toBe('online')
}

async function change(stage: Stage, member: string, known: ReturnType<typeof here> | null): Promise<void> {
  stage.server.change(member, known)
  stage.server.tell(stage.line)
  await settle()
}

test('ids: all of a turn in one frame, and each once', async () => {
  const stage = await onlineStage()
  stage.server.change('a', here())
  const rows = ['a', 'b', 'a', 7, '7'].map(id => stage.client.watch([id as Id]))
  expect(stage.heard('watch')).toEqual([])
  await settle()
  const [frame, ...more] = stage.heard('watch')
  expect([frame!.members, more]).toEqual([['a', 'b', '7'], []])
  expect(rows.map(row => shown(row as Watch).join())).toEqual([
    'a online',
    'b unknown',
    'a online',
    '7 unknown',
    '7 unknown',
  ])
  expect([stage.client.isOnline('a'), stage.client.isOnline('b'), stage.client.isOnline(7)]).toEqual([
    true,
    false,
    false,
  ])
})

test('ids that come later are told alone, and those nobody watches any more are taken back', async () => {
  const stage = await onlineStage()
  const ab = stage.client.watch(['a', 'b'])
  await settle()
  const bc = stage.client.watch(['b', 'c'])
  await settle()
  ab.close()
  ab.close()
  await settle()
  expect(stage.heard('watch').map(({ members }) => members)).toEqual([['a', 'b'], ['c']])
  expect(stage.heard('unwatch').map(({ members }) => members)).toEqual([['a']])
  bc.close()
  await settle()
  expect(stage.heard('unwatch').map(({ members }) => (members as string[]).sort())).toEqual([['b', 'c']])
})

test('a watch that is closed in its turn, or closed and opened again, is nobody’s business', async () => {
  const stage = await onlineStage()
  stage.client.watch(['a']).close()
  const kept = stage.client.watch('all')
  await settle()
  kept.close()
  stage.client.watch('all')
  await settle()
  const frames = stage.line.sent.filter(({ t }) => t === 'watch' || t === 'unwatch')
  expect(frames.map(({ t, all }) => [t, all])).toEqual([['watch', true]])
})

test('a scope is told once however many watch it, and taken back with the last', async () => {
  const stage = await onlineStage()
  for (const scope of [
    { group: 'g' },
    'all',
    { counts: 'all' },
    { counts: { group: 'g' } },
  ] as WatchScope[]) {
    const all = [1, 2, 3].map(() => stage.client.watch(scope))
    await settle()
    expect(stage.heard('watch').length).toBe(1)
    for (const one of all.slice(1)) one.close()
    await settle()
    expect(stage.heard('unwatch')).toEqual([])
    all[0]!.close()
    await settle()
    expect(stage.heard('unwatch').length).toBe(1)
  }
})

test('suspicions are asked for where the options say so', async () => {
  for (const suspect of [true, false]) {
    const stage = await onlineStage({ suspect })
    stage.client.watch('all')
    stage.client.watch(['a'])
    await settle()
    for (const frame of stage.heard('watch')) expect(frame.suspect ?? false).toBe(suspect)
  }
})

test('a list comes in parts and is told whole; then each change', async () => {
  const stage = await onlineStage()
  for (let index = 0; index < 7; index++) stage.server.change(`m${index}`, here('online', 'g'))
  const { watch, told } = watched(stage, { group: 'g' })
  expect([watch.view.whole, watch.view.members.size]).toEqual([false, 0])
  stage.server.manual = true
  await settle()
  stage.server.pump(stage.line, 3)
  expect([watch.view.whole, told]).toEqual([false, []])
  stage.server.manual = false
  stage.server.pump(stage.line)
  expect([watch.view.whole, watch.view.members.size, told]).toEqual([true, 7, ['m0,m1,m2,m3,m4,m5,m6']])
  await change(stage, 'm1', here('away', 'g'))
  await change(stage, 'm2', here('offline', 'g'))
  await change(stage, 'm3', here('online'))
  await change(stage, 'm9', here('online', 'g'))
  expect(told.slice(1)).toEqual(['m1', 'm2', '-m3', 'm9'])
  expect(shown(watch)).toEqual([
    'm0 online',
    'm1 away',
    'm2 offline',
    'm4 online',
    'm5 online',
    'm6 online',
    'm9 online',
  ])
})

test('views never change; after a change there is another one, else the same', async () => {
  const stage = await onlineStage()
  stage.server.change('a', here())
  const { watch } = watched(stage, 'all')
  await settle()
  const before = watch.view
  expect(watch.view).toBe(before)
  await change(stage, 'b', here())
  expect([watch.view === before, before.members.size, watch.view.members.size]).toEqual([false, 1, 2])
})

test('a watcher of ids is told of its own only', async () => {
  const stage = await onlineStage()
  const a = watched(stage, ['a'])
  const b = watched(stage, ['b'])
  await settle()
  await change(stage, 'b', here())
  expect([a.told, b.told]).toEqual([['a'], ['b', 'b']])
  expect([a.watch.view.whole, stage.client.isOnline('b'), stage.client.lastSeen('b')]).toEqual([
    true,
    true,
    1_000_001,
  ])
})

test('over a break the old list stands, and goes on from its cursor', async () => {
  const stage = await onlineStage()
  for (const id of ['a', 'b', 'c']) stage.server.change(id, here('online', 'g'))
  const all = watched(stage, 'all')
  const group = watched(stage, { group: 'g' })
  const ids = watched(stage, ['a', 'x'])
  await settle()
  await stage.cut()
  stage.server.change('b', here('offline'))
  expect([shown(all.watch).length, all.watch.view.whole, stage.client.isOnline('b')]).toEqual([3, true, true])
  await comeBack(stage)
  expect(stage.heard('watch').every(({ cursor }) => cursor === '1.3')).toBe(true)
  expect([shown(all.watch), shown(group.watch)]).toEqual([
    ['a online', 'c online'],
    ['a online', 'c online'],
  ])
  expect([all.told.at(-1), group.told.at(-1), shown(ids.watch)]).toEqual([
    '-b',
    '-b',
    ['a online', 'x unknown'],
  ])
})

test('after a restart of the server the new list takes the place of the old at one stroke', async () => {
  const stage = await onlineStage()
  for (let index = 0; index < 5; index++) stage.server.change(`m${index}`, here())
  const { watch, told } = watched(stage, 'all')
  await settle()
  stage.server.run = 2
  stage.server.change('m1', here('offline'))
  stage.server.change('m8', here())
  const sizes: number[] = []
  watch.subscribe(({ members }) => sizes.push(members.size))
  await comeBack(stage)
  expect([sizes, told.at(-1)!.split(',').sort()]).toEqual([[5], ['-m1', 'm8']])
})

test('half of a new list is none: cut in the middle it begins again', async () => {
  const stage = await onlineStage()
  for (let index = 0; index < 7; index++) stage.server.change(`m${index}`, here())
  const { watch } = watched(stage, 'all')
  stage.server.manual = true
  await settle()
  stage.server.pump(stage.line, 2)
  stage.server.manual = false
  await comeBack(stage)
  expect(stage.heard('watch')[0]!.cursor).toBeUndefined()
  expect([watch.view.whole, watch.view.members.size]).toEqual([true, 7])
})

test('new ids over a break: without a cursor, since not all of them are held', async () => {
  const stage = await onlineStage()
  stage.server.change('a', here())
  const a = watched(stage, ['a'])
  await settle()
  await stage.cut()
  const b = watched(stage, ['b'])
  stage.server.change('b', here('away'))
  await comeBack(stage)
  expect(stage.heard('watch').map(({ members, cursor }) => [members, cursor])).toEqual([
    [['a', 'b'], undefined],
  ])
  expect([shown(a.watch), shown(b.watch)]).toEqual([['a online'], ['b away']])
})

test.each(['bad_cursor', 'cursor_ahead'])(
  '%s: begun without one; a server that says so anyway is not asked in a loop',
  async code => {
    const stage = await onlineStage()
    stage.server.change('a', here())
    const all = watched(stage, 'all')
    watched(stage, ['a'])
    await settle()
    await stage.cut()
    stage.server.mute = true
    await stage.place.advance(2_000)
    const { line } = stage
    line.opened()
    line.says({ ...WELCOME, now: 1 })
    await settle()
    for (let round = 0; round < 5; round++) {
      for (const { id } of stage.heard('watch'))
        line.says({ t: 'error', code, message: 'x', re: 'watch', id: id as number })
      await settle()
      if (round === 0)
        expect(line.of('watch').map(({ cursor }) => `${cursor}`)).toEqual(['undefined', 'undefined'])
    }
    expect([line.of('watch').length, shown(all.watch)]).toEqual([0, ['a online']])
    expect(stage.client.state).toBe('online')
  },
)

test('late frames of a watch that was closed, or of an older one, change nothing', async () => {
  const stage = await onlineStage()
  stage.server.change('a', here())
  const { watch } = watched(stage, 'all')
  await settle()
  watch.close()
  await settle()
  stage.server.mute = true
  const again = watched(stage, 'all')
  await settle()
  const late = { member: 'late', state: 'online', version: 9e9 }
  await stage.says({ t: 'diff', of: 'all', entries: [late], cursor: 'late' })
  await stage.says({ t: 'snapshot', of: 'all', part: 1, entries: [late], cursor: 'late' })
  await stage.says({ t: 'snapshot', of: 'group', group: 'g', part: 0, entries: [late], cursor: 'late' })
  await stage.says({ t: 'snapshot', of: 'members', part: 0, entries: [late], cursor: 'late' })
  await stage.says({ t: 'counts', states: {}, types: {}, now: 1 })
  expect([again.watch.view.whole, again.told, stage.client.isOnline('late'), stage.codes()]).toEqual([
    false,
    [],
    false,
    [],
  ])
})

test('late frames of a resumed watch do not make a new list whole', async () => {
  const stage = await onlineStage()
  stage.server.change('a', here())
  const first = stage.client.watch('all')
  await settle()
  await comeBack(stage)
  first.close()
  await settle()
  stage.server.mute = true
  const { watch } = watched(stage, 'all')
  await settle()
  await stage.says({ t: 'diff', of: 'all', entries: [], cursor: '1.1', resumed: true })
  expect(watch.view.whole).toBe(false)
  stage.server.mute = false
  await comeBack(stage)
  expect([watch.view.whole, shown(watch)]).toEqual([true, ['a online']])
})

test('an older version changes nothing, also as an answer', async () => {
  const stage = await onlineStage()
  for (let index = 0; index < 4; index++) stage.server.change('a', here(index % 2 ? 'away' : 'online'))
  const { watch, told } = watched(stage, 'all')
  await settle()
  for (const version of [1_000_001, 1_000_004])
    await stage.says({
      t: 'diff',
      of: 'all',
      entries: [{ member: 'a', state: 'offline', version, gone: true }],
      cursor: '1.4',
    })
  expect([shown(watch), told.length]).toEqual([['a away'], 1])
})

test('counts: each takes the place of the one before', async () => {
  const stage = await onlineStage()
  const { watch, told } = watched(stage, { counts: 'all' })
  await settle()
  stage.server.change('a', here('away'))
  await stage.says(stage.server.counts() as Record<string, unknown>)
  expect([watch.view.counts?.states.away, told.length, watch.view.members.size]).toEqual([1, 2, 0])
})

test('closed while asking for a sign of life: taken back after the answer', async () => {
  const stage = await onlineStage()
  const [all, ids] = [stage.client.watch('all'), stage.client.watch(['a'])]
  await settle()
  stage.server.mute = true
  await stage.place.tell('wake')
  all.close()
  ids.close()
  await settle()
  expect(stage.heard('unwatch')).toEqual([])
  stage.server.mute = false
  await stage.says({ t: 'beat', now: 1 })
  expect(stage.heard('unwatch').length).toBe(2)
})

test.each(['probing', 'waiting'])('closed and opened again while %s: it goes on', async state => {
  const stage = await onlineStage()
  stage.server.change('a', here())
  const first = stage.client.watch(['a'])
  await settle()
  stage.server.mute = true
  if (state === 'probing') await stage.place.tell('wake')
  else await stage.cut()
  first.close()
  await settle()
  const again = watched(stage, ['a'])
  await settle()
  stage.server.mute = false
  if (state === 'probing') await stage.says({ t: 'beat', now: 1 })
  else await comeBack(stage)
  expect([shown(again.watch), again.watch.view.whole]).toEqual([['a online'], true])
})

test('a listener that throws, or closes, harms no other', async () => {
  const stage = await onlineStage()
  const watch = stage.client.watch('all')
  const told: number[] = []
  watch.subscribe(() => {
    throw new Error('mine')
  })
  const other = stage.client.watch('all')
  watch.subscribe(() => other.close())
  other.subscribe(() => told.push(1))
  watch.subscribe(() => told.push(2))
  await settle()
  expect([told.includes(2), stage.codes()]).toEqual([true, ['listener']])
})

test('what nobody knows yet is told to no watch: unknown messages and keys', async () => {
  const stage = await onlineStage()
  for (const scope of ['all', { counts: 'all' }, { group: 'g' }] as WatchScope[]) stage.client.watch(scope)
  await settle()
  for (const t of ['newer', 'constructor', '__proto__', 'toString', ''])
    await stage.says(`{"t":${JSON.stringify(t)},"of":"all","entries":7,"__proto__":{"polluted":1}}`)
  await stage.says({ t: 'diff', of: 'newer', entries: [], cursor: 'x' })
  expect([stage.codes(), ({} as Record<string, unknown>).polluted]).toEqual([[], undefined])
})

const WELCOME = {
  ...{ t: 'welcome', session: 's9', member: 'ana', resumed: true, evidence: 'any' },
  timing: { interval: 10_000, timeout: 5_000, grace: 10_000 },
}
