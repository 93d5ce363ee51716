// Readers of the log, at any place and pace, are told exactly what is durable after their cursor, in order: from memory,
// from the file, and from one after the other.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { SessionChange } from '../../src/core/change.ts'
import { logged, type Transition } from '../../src/core/transition.ts'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import { startFileThread, type Thread } from '../../src/stores/embedded/file-link.ts'
import type { LogBatch, Store } from '../../src/stores/store.ts'
import { change, readAll, settled, T0 } from '../support/store-changes.ts'
import { LogModel } from '../support/store-log-model.ts'

const MINUTE = 60_000
let folder = ''
let files = 0
let sweeps: (() => void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-readers-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const step = fc.record({
  kind: fc.constantFrom('begin', 'begin', 'end', 'end', 'update', 'erase'),
  member: fc.nat(4),
})
const turn = fc.oneof(
  { weight: 4, arbitrary: fc.array(step, { maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constant('cut' as const) },
  { weight: 3, arbitrary: fc.record({ cursor: fc.nat(), limit: fc.integer({ min: 1, max: 30 }) }) },
)

test.each([
  ['in memory', null, 0],
  ['a file, all of it in memory', 'file', 1_000],
  ['a file, little of it in memory', 'file', 12],
  ['a file, next to nothing in memory', 'file', 1],
] as const)(
  'as the model says, also after cuts and erasures: %s',
  async (_, file, most) => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 5, maxLength: 25 }), async turns => {
        const store = makeStore(file, most)
        const opened = await store.open()
        const model = new LogModel(opened.epoch)
        const script = new Script()
        const cursors = [await store.readLog('oldest', 1)]
        for (const next of turns) {
          if (next === 'cut') {
            sweeps.shift()?.()
            await store.notebook.get('bans', 'whatever was asked before has been done')
            const kept = await readAll(store)
            expect(model.cutTo(kept.length)).toEqual(kept)
            expect(kept.length).toBeLessThanOrEqual(60)
          } else if (Array.isArray(next)) {
            for (const changes of script.changesOf(next))
              expect(await store.commit(changes)).toEqual(model.commit(changes))
            await settled(store)
          } else {
            const from = cursors[next.cursor % cursors.length]!
            const batch = await store.readLog(from.cursor, next.limit)
            if (batch.reset) expect(model.lost(versionOf(from))).toBe(true)
            else expect(batch.transitions).toEqual(model.after(versionOf(from), next.limit))
            cursors.push(batch)
          }
        }
        expect(await readAll(store)).toEqual(model.after(0, 10_000))
        await opened.close([])
      }),
      { numRuns: 30 },
    )
  },
  60_000,
)

test('many readers at their own pace miss nothing while it is written, and while its thread dies', async () => {
  const threads: Thread[] = []
  const start = () => {
    const thread = startFileThread()
    threads.push(thread)
    return thread
  }
  const path = join(folder, 'busy.db')
  const store = embeddedStore({ path, now: () => T0 }, start, { most: 700, bytes: 10 ** 9 })
  const opened = await store.open()
  const told: Transition[] = []
  let writing = true
  const readers = Array.from({ length: 8 }, (_, n) => follow(store, 1 + n * n * 17, () => writing))
  for (let n = 0; n < 150; n++) {
    const changes = Array.from({ length: 60 }, (_, i) => change('begin', 1 + n * 60 + i, `m${n}-${i}`))
    told.push(...(await store.commit(changes)).map(logged))
    if (n === 60) await threads[0]!.terminate()
    await new Promise(resolve => setImmediate(resolve))
  }
  await settled(store)
  writing = false
  for (const found of await Promise.all(readers)) expect(found).toEqual(told)
  expect(threads.length).toBe(2)
  await opened.close([])
}, 60_000)

test('what is cut off while it is asked for is told as lost', async () => {
  const store = makeStore('file', 1)
  const opened = await store.open()
  store.commit(Array.from({ length: 100 }, (_, n) => change('begin', n + 1, `m${n}`, { at: T0 })))
  await settled(store)
  const { cursor, transitions } = await store.readLog('oldest', 10)
  expect(transitions.length).toBe(10)
  sweeps.shift()!()
  const answers = [store.readLog(cursor, 10), store.readLog('oldest', 10)]
  const [lost, oldest] = await Promise.all(answers)
  expect(lost).toMatchObject({ reset: true, transitions: [] })
  expect(oldest!.transitions.map(({ member }) => member)).toEqual(
    Array.from({ length: 10 }, (_, n) => `m${40 + n}`),
  )
  await opened.close([])
})

// Reads on and on, slower the smaller the pieces, until nobody writes and it is at the end.
async function follow(store: Store, limit: number, writing: () => boolean): Promise<Transition[]> {
  const found: Transition[] = []
  let { cursor } = await store.readLog('newest', 1)
  for (;;) {
    const last = !writing()
    const batch: LogBatch | null = await store.readLog(cursor, limit).catch(() => null)
    expect(batch?.reset).not.toBe(true)
    found.push(...(batch?.transitions ?? []))
    cursor = batch?.cursor ?? cursor
    if (last && batch?.transitions.length === 0) return found
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Turns random steps into changes that a detector might make. */
class Script {
  #session = 0
  readonly #open = new Map<string, number[]>()

  /** Ends with a step, so that everything before it is durable when that is. */
  changesOf(steps: readonly { readonly kind: SessionChange['kind']; readonly member: number }[]) {
    const all = steps.map(({ kind, member }) => this.#change(kind, `m${member}`))
    const half = all.length >> 1
    return [all.slice(0, half), [...all.slice(half), this.#change('update', 'last')]]
  }

  #change(kind: SessionChange['kind'], member: string): SessionChange {
    const open = this.#open.get(member) ?? []
    this.#open.set(member, open)
    if (kind === 'begin') open.push(++this.#session)
    const details = kind === 'update' ? { name: `${member} ${++this.#session}` } : null
    const session = kind === 'begin' ? open.at(-1)! : kind === 'end' ? (open.shift() ?? 999_999) : 0
    return change(kind, session, member, { at: T0, details })
  }
}

function makeStore(file: string | null, most: number): Store {
  sweeps = []
  const path = file && join(folder, `${++files}.db`)
  const options = { path, now: () => T0, schedule, keepLog: { ms: MINUTE, most: 60 } }
  return embeddedStore(options, startFileThread, { most, bytes: 10 ** 9 })
}

// Sweeps wait for the test, and batches for nothing.
function schedule(run: () => void, ms: number): () => void {
  if (ms === MINUTE) {
    sweeps.push(run)
    return () => {}
  }
  const timer = setTimeout(run, Math.min(ms, 2))
  return () => clearTimeout(timer)
}

function versionOf({ cursor }: LogBatch): number {
  return Number(Buffer.from(cursor, 'base64url').toString().split(' ')[2])
}
