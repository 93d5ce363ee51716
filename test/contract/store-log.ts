// What every store must do with its log besides keeping it: say which step came before, tell the history of one member,
// forget what is to be erased, and say that there is more to read.

import { afterEach, describe, expect, test } from 'bun:test'
import { logged, type Step, type Transition } from '../../src/core/transition.ts'
import type { HistoryPage, LogBatch } from '../../src/stores/store.ts'
import { change, inGroup, readAll, settled, T0, until } from '../support/store-changes.ts'
import { type StageOf, StoreBench, type StoreTraits } from './store-bench.ts'

const NAMED = { name: 'Ana', type: 't', profile: { phone: '1' } }
const SCRUBBED = { name: null, type: null, profile: null, status: null, groups: [], previous: 0 }

export function storeLogContract(name: string, { survives }: StoreTraits, stageOf: StageOf): void {
  describe(`${name}: the log`, () => {
    const on = new StoreBench(stageOf)
    const survivor = survives ? test : () => {}
    afterEach(() => on.end())

    async function commit(...changes: Parameters<typeof on.store.commit>[0]): Promise<Transition[]> {
      const told = await on.store.commit(changes)
      await settled(on.store)
      return told.map(logged)
    }

    function read(batch: LogBatch): (string | number)[][] {
      return batch.transitions.map(({ kind, member, version }) => [kind, member, version])
    }

    test('each step names the one before it, also over batches', async () => {
      await on.begin()
      const told = await commit(
        change('begin', 1, 'a'),
        change('begin', 2, 'b'),
        change('suspect', 1, 'a'),
        change('end', 1, 'a'),
      )
      told.push(...(await commit(change('begin', 3, 'a'), change('end', 2, 'b'))))
      const [a1, b1, a2, a3, a4, b2] = told as [Step, Step, Step, Step, Step, Step]
      expect(told.map(({ previous }) => previous)).toEqual([
        0,
        0,
        a1.version,
        a2.version,
        a3.version,
        b1.version,
      ])
      expect(await readAll(on.store)).toEqual(told)
      if (survives) await on.reopen()
      if (survives) expect(await readAll(on.store)).toEqual(told)
      expect([a4.member, b2.member]).toEqual(['a', 'b'])
    })

    test('history: newest first, page by page, whatever the pages', async () => {
      await on.begin()
      const all: Transition[] = []
      for (let n = 1; n <= 30; n++) {
        all.push(...(await on.store.commit([change('begin', n, 'a'), change('begin', 1_000 + n, `x${n}`)])))
        all.push(...(await on.store.commit([change('end', n, 'a')])))
        if (n % 10 === 0) await settled(on.store)
      }
      const mine = all.filter(({ member }) => member === 'a').map(step => logged(step as Step))
      const newest = mine.toReversed()
      for (const limit of [1, 7, 60, 1_000]) {
        const found: Transition[] = []
        let page: HistoryPage = { transitions: [], next: null }
        let pages = 0
        do {
          page = await on.store.history('a', page.next, limit)
          expect(page.transitions.length).toBeLessThanOrEqual(limit)
          found.push(...page.transitions)
          pages++
        } while (page.next !== null)
        expect(found).toEqual(newest)
        expect(pages).toBe(Math.ceil(60 / limit))
      }
      for (const step of [0, 1, 30, 58]) {
        const { version } = newest[step]!
        for (const before of [version, version + 1]) {
          const { transitions } = await on.store.history('a', before, 3)
          const expected = newest.filter(other => other.version < before).slice(0, 3)
          expect(transitions).toEqual(expected)
        }
      }
      expect(await on.store.history('a', mine[0]!.version, 5)).toEqual({ transitions: [], next: null })
      expect((await on.store.history('a', Number.MAX_SAFE_INTEGER, 2)).transitions).toEqual(
        newest.slice(0, 2),
      )
      expect(await on.store.history('nobody', null, 5)).toEqual({ transitions: [], next: null })
    })

    survivor('history goes on over a restart', async () => {
      await on.begin()
      const told = await commit(change('begin', 1, 'a', { details: NAMED }), change('end', 1, 'a'))
      await on.reopen()
      told.push(...(await on.store.commit([change('begin', 9, 'a')])).map(logged))
      expect(await on.store.history('a', null, 9)).toEqual({ transitions: told.toReversed(), next: null })
    })

    test('erased: unknown everywhere; the log keeps only that it left', async () => {
      await on.begin()
      const told = await commit(
        change('begin', 1, 'a', { details: NAMED }),
        inGroup('enter', 0, 'a', 'g'),
        change('begin', 2, 'b', { details: NAMED }),
      )
      const { cursor } = await on.store.readLog('oldest', 1)
      told.push(...(await commit(change('end', 1, 'a', { reason: 'kicked' }))))
      const leave = told.at(-1)!
      expect(await commit(change('erase', 0, 'a', { at: T0 + 99 }))).toEqual([])
      await until('erased', async () => (await readAll(on.store)).length === 2)
      const kept = [told.find(({ member }) => member === 'b')!, { ...leave, ...SCRUBBED }]
      expect(await readAll(on.store)).toEqual(kept)
      expect((await on.store.readLog(cursor, 10)).transitions).toEqual(kept)
      expect(await on.store.lookup(['a'])).toEqual([null])
      expect(on.store.counts).toEqual({ online: 1, away: 0, suspect: 0, offline: 0 })
      expect(on.store.tally.groups.size).toBe(0)
      expect(await on.idsOf('id', 10)).toEqual(['b'])
      expect(await on.idsOf('listed', 10)).toEqual(['b'])
      expect(await on.store.history('a', null, 10)).toEqual({ transitions: [], next: null })
      expect(await on.store.history('a', leave.version + 1, 10)).toEqual({ transitions: [], next: null })
      if (!survives) return
      await on.reopen()
      expect(await on.store.lookup(['a'])).toEqual([null])
      expect(await readAll(on.store)).toEqual(kept)
      expect(on.opened.sessions.map(({ member }) => member)).toEqual(['b'])
    })

    test('erased in the batch in which it came and left: with its sessions, and nothing of it is kept', async () => {
      await on.begin()
      const told = await commit(
        change('begin', 1, 'a', { details: NAMED }),
        change('end', 1, 'a'),
        change('erase', 0, 'a'),
      )
      expect(told.map(({ kind }) => kind)).toEqual(['join', 'leave'])
      expect(await readAll(on.store)).toEqual([{ ...told[1]!, ...SCRUBBED }])
      if (survives) await on.reopen()
      if (survives) expect(on.opened.sessions).toEqual([])
      expect(await on.idsOf('id', 10)).toEqual([])
    })

    test('erased twice in one batch and back again: a new member each time', async () => {
      await on.begin()
      const told = await commit(
        change('begin', 1, 'a', { details: NAMED }),
        change('end', 1, 'a'),
        change('erase', 0, 'a'),
        change('begin', 2, 'a', { details: { name: 'Second' } }),
        change('end', 2, 'a'),
        change('erase', 0, 'a'),
        change('begin', 3, 'a', { details: { name: 'Third' } }),
      )
      expect(told.map(({ kind, previous }) => [kind, previous > 0])).toEqual([
        ['join', false],
        ['leave', true],
        ['join', false],
        ['leave', true],
        ['join', false],
      ])
      const kept = [{ ...told[1]!, ...SCRUBBED }, { ...told[3]!, ...SCRUBBED }, told[4]!]
      expect(await readAll(on.store)).toEqual(kept)
      expect(await on.store.history('a', null, 10)).toEqual({ transitions: [told[4]!], next: null })
      if (survives) await on.reopen()
      expect(await on.store.lookup(['a'])).toMatchObject([{ name: 'Third', sessions: 1 }])
      expect(await readAll(on.store)).toEqual(survives ? kept : expect.anything())
    })

    test('who has sessions is not erased, who is unknown neither', async () => {
      await on.begin()
      const told = await commit(
        change('begin', 1, 'a', { details: NAMED }),
        change('suspect', 1, 'a'),
        change('erase', 0, 'a'),
        change('erase', 0, 'nobody'),
        change('resume', 1, 'a'),
      )
      expect(told.map(({ kind }) => kind)).toEqual(['join', 'suspect', 'resume'])
      expect(await readAll(on.store)).toEqual(told)
      expect(await on.store.lookup(['a', 'nobody'])).toMatchObject([{ name: 'Ana', state: 'online' }, null])
    })

    test('the end of the log: nothing before it, everything after it', async () => {
      await on.begin()
      await commit(change('begin', 1, 'a'))
      const { cursor, ...empty } = await on.store.readLog('newest', 10)
      expect(empty).toEqual({ transitions: [], reset: false })
      expect((await on.store.readLog(cursor, 10)).transitions).toEqual([])
      const told = await commit(change('begin', 2, 'b'), change('begin', 3, 'c'))
      expect(read(await on.store.readLog(cursor, 10))).toEqual(
        told.map(({ kind, member, version }) => [kind, member, version]),
      )
    })

    test('listeners are called when there is more to read, and not when there is not', async () => {
      await on.begin()
      let calls = 0
      let found = 0
      const { cursor } = await on.store.readLog('newest', 1)
      const stop = on.store.onLogged(() => {
        calls++
        void on.store.readLog(cursor, 1_000).then(({ transitions }) => {
          found = transitions.length
        })
      })
      on.store.onLogged(() => {
        throw new Error('a listener that fails harms nobody')
      })
      await commit(...Array.from({ length: 300 }, (_, n) => change('begin', n + 1, `m${n}`)))
      await until('all of it', () => found === 300)
      expect(calls).toBeLessThanOrEqual(3)
      const before = calls
      await commit(change('enter', 0, 'm1', { membership: null }))
      expect(calls).toBe(before)
      stop()
      await commit(change('end', 1, 'm0'))
      expect(calls).toBe(before)
    })
  })
}
