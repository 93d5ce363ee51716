// What every notebook must do (MUST and MUST NOT of src/stores/notebook.ts), in whatever store it lies.

import { afterEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { SystoleError } from '../../src/errors.ts'
import type { Note, Notebook } from '../../src/stores/notebook.ts'
import { change } from '../support/store-changes.ts'
import { type StageOf, StoreBench, type StoreTraits } from './store-bench.ts'

// '￿' is above the surrogates of '👩' by code unit, and below it by code point
const KEYS = [
  'a',
  'B',
  'aa',
  'ä',
  '在线',
  '👩',
  '￿',
  '\ud800',
  "'); drop table notes;--",
  'a\u0000b',
  '__proto__',
]

export function storeNotesContract(name: string, { survives }: StoreTraits, stageOf: StageOf): void {
  describe(`${name}: the notebook`, () => {
    const on = new StoreBench(stageOf)
    afterEach(() => on.end())

    async function begin(): Promise<Notebook> {
      await on.begin()
      return on.store.notebook
    }

    async function scanAll(book: 'bans' | 'webhooks', limit: number): Promise<Note[]> {
      const found: Note[] = []
      for (;;) {
        const page = await on.store.notebook.scan(book, found.at(-1)?.key ?? null, limit)
        expect(page.length).toBeLessThanOrEqual(limit)
        if (page.length === 0) return found
        found.push(...page)
      }
    }

    test('a note is there once put, also after a restart, until it is deleted', async () => {
      const notes = await begin()
      const value = { until: null, list: [1, 2.5, 'x"\u0000在线'], deep: { yes: true } }
      expect(await notes.get('bans', 'ana')).toBeNull()
      await notes.put('bans', 'ana', value)
      expect(await notes.get('bans', 'ana')).toEqual(value)
      await notes.put('bans', 'ana', 2)
      expect(await notes.get('bans', 'ana')).toBe(2)
      await notes.put('bans', 'eva', null)
      expect(await notes.delete('bans', 'nobody')).toBe(false)
      if (survives) await on.reopen()
      expect(await on.store.notebook.get('bans', 'ana')).toBe(2)
      expect(await on.store.notebook.delete('bans', 'ana')).toBe(true)
      expect(await on.store.notebook.delete('bans', 'ana')).toBe(false)
      if (survives) await on.reopen()
      expect(await on.store.notebook.get('bans', 'ana')).toBeNull()
      expect(await on.store.notebook.scan('bans', null, 10)).toEqual([{ key: 'eva', value: null }])
    })

    test('books know nothing of each other', async () => {
      const notes = await begin()
      await Promise.all([notes.put('bans', 'k', 1), notes.put('webhooks', 'k', 2)])
      expect(await notes.delete('session-data', 'k')).toBe(false)
      expect(await notes.delete('bans', 'k')).toBe(true)
      expect(await notes.get('webhooks', 'k')).toBe(2)
      expect(await notes.scan('session-data', null, 10)).toEqual([])
    })

    test('scan: by key, code unit by code unit, from any key on', async () => {
      const notes = await begin()
      await Promise.all(KEYS.map((key, n) => notes.put('bans', key, n)))
      const sorted = [...KEYS].sort()
      for (const limit of [1, 3, 100])
        expect((await scanAll('bans', limit)).map(({ key }) => key)).toEqual(sorted)
      expect((await notes.scan('bans', 'aaa', 2)).map(({ key }) => key)).toEqual(
        sorted.filter(key => key > 'aaa').slice(0, 2),
      )
    })

    test('changes of one book happen in the order asked for, in the middle of commits', async () => {
      const notes = await begin()
      const asked: Promise<unknown>[] = []
      for (let n = 0; n < 200; n++) {
        on.store.commit(Array.from({ length: 20 }, (_, i) => change('begin', 1 + n * 20 + i, `m${n}-${i}`)))
        asked.push(notes.put('webhooks', 'cursor', n))
        if (n % 3 === 0) asked.push(notes.delete('webhooks', 'cursor').then(was => expect(was).toBe(true)))
        if (n % 20 === 0) await new Promise(resolve => setImmediate(resolve))
      }
      await Promise.all(asked)
      expect(await notes.get('webhooks', 'cursor')).toBe(199)
    })

    test('any values under any keys come back as they are', async () => {
      const notes = await begin()
      const pairs = fc.dictionary(
        fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
        fc.jsonValue(),
      )
      await fc.assert(
        fc.asyncProperty(pairs, async given => {
          const expected = Object.entries(given).map(([key, value]) => ({ key, value: asJson(value) }))
          for (const { key, value } of expected) await notes.put('bans', key, value)
          const found = await notes.scan('bans', null, 1_000)
          expect(found).toEqual(expected.sort((a, b) => (a.key < b.key ? -1 : 1)))
          for (const { key } of found) expect(await notes.delete('bans', key)).toBe(true)
        }),
        { numRuns: 20 },
      )
    })

    test('what is no note is refused and changes nothing', async () => {
      const notes = await begin()
      await notes.put('bans', 'k', 'x'.repeat(65_534))
      const ring: Record<string, unknown> = {}
      ring.self = ring
      for (const value of ['x'.repeat(65_535), undefined, () => 1, 1n, ring])
        expect(await codeOf(notes.put('bans', 'k', value))).toBe('bad_data')
      for (const key of ['', 'x'.repeat(513), 'ä'.repeat(257)])
        expect(await codeOf(notes.put('bans', key, 1))).toBe('bad_data')
      await notes.put('bans', 'x'.repeat(512), 1)
      expect((await notes.get('bans', 'k')) as string).toHaveLength(65_534)
      expect((await notes.scan('bans', null, 10)).length).toBe(2)
    })
  })
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return error instanceof SystoleError ? error.code : String(error)
}
