// What is too old or too much is forgotten, in memory and in the file. Time and timers are the test's own.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logged } from '../../src/core/transition.ts'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import type { Keep } from '../../src/stores/embedded/options.ts'
import { change, readAll, settled, T0, until } from '../support/store-changes.ts'

const MINUTE = 60_000
let folder = ''
let now = T0
let sweeps: (() => void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-keep-'))
  now = T0
  sweeps = []
})
afterEach(() => rmSync(folder, { recursive: true }))

test('members last seen too long ago are forgotten, the present and the recent are not', async () => {
  const first = makeStore({ ms: 10 * MINUTE, most: 1_000_000 })
  const opened = await first.open()
  await first.commit([1, 2, 3].map(n => change('begin', n, `m${n}`, { at: T0 })))
  await first.commit([change('end', 1, 'm1', { at: T0 }), change('end', 2, 'm2', { at: T0 + 9 * MINUTE })])
  now = T0 + 11 * MINUTE
  sweep()
  expect(first.lookup(['m1', 'm2', 'm3'])).toMatchObject([null, { state: 'offline' }, { state: 'online' }])
  await opened.close([])
  const again = makeStore()
  const reopened = await again.open()
  expect((await again.lookup(['m1', 'm2', 'm3'])).map(member => member?.id)).toEqual([undefined, 'm2', 'm3'])
  await reopened.close([])
})

test('beyond the number the longest offline go first, a slice a turn; one that comes back is new', async () => {
  const store = makeStore({ ms: 1_000 * MINUTE, most: 300 })
  const opened = await store.open()
  const ids = Array.from({ length: 2_000 }, (_, n) => `m${n}`)
  await store.commit(ids.map((id, n) => change('begin', n + 1, id)))
  await store.commit(ids.map((id, n) => change('end', n + 1, id, { at: T0 + 5_000 - n })).reverse())
  sweep()
  expect(store.counts.offline).toBe(1_500)
  while (store.counts.offline > 300) sweep()
  expect((await store.lookup(['m1999', 'm300', 'm299', 'm0'])).map(member => member?.id)).toEqual([
    undefined,
    undefined,
    'm299',
    'm0',
  ])
  await store.commit([change('begin', 3_000, 'm1999')])
  await opened.close([])
  const again = makeStore()
  const reopened = await again.open()
  // who was online is suspect after a start, until it is heard of
  expect(again.counts).toMatchObject({ offline: 300, suspect: 1 })
  await reopened.close([])
})

test.each(['file', null])(
  'transitions are cut by age and by number, and their readers told (%s)',
  async file => {
    const store = makeStore(undefined, { ms: 10 * MINUTE, most: 2_500 }, file)
    const opened = await store.open()
    await store.commit(Array.from({ length: 1_500 }, (_, n) => change('begin', n + 1, `a${n}`, { at: T0 })))
    await settled(store)
    const start = (await store.readLog('oldest', 1)).cursor
    now = T0 + 11 * MINUTE
    const young = await store.commit(
      Array.from({ length: 4_000 }, (_, n) => change('begin', n + 5_000, `b${n}`, { at: now })),
    )
    await settled(store)
    sweep()
    await until('cut', async () => (await readAll(store)).length === 2_500)
    expect(await readAll(store)).toEqual(young.slice(1_500).map(logged))
    const told = await store.readLog(start, 10)
    expect(told).toMatchObject({ reset: true, transitions: [] })
    expect((await store.readLog(told.cursor, 10)).reset).toBe(false)
    now += 11 * MINUTE
    sweep()
    await until('empty', async () => (await readAll(store)).length === 0)
    await opened.close([])
  },
)

function makeStore(keepMembers?: Keep, keepLog?: Keep, file: string | null = 'file') {
  return embeddedStore({
    path: file && join(folder, 'systole.db'),
    now: () => now,
    schedule,
    ...(keepMembers && { keepMembers }),
    ...(keepLog && { keepLog }),
  })
}

// Sweeps wait for the test; what leads to the file goes on at its own pace.
function schedule(run: () => void, ms: number): () => void {
  if (ms === MINUTE || ms === 1) {
    sweeps.push(run)
    return () => {}
  }
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

function sweep(): void {
  sweeps.shift()!()
}
