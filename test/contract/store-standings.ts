// What every store must answer of very many members at once: by id for beats, by walking for pushes.

import { afterEach, describe, expect, test } from 'bun:test'
import type { Walk } from '../../src/stores/store.ts'
import { change, inGroup } from '../support/store-changes.ts'
import { type StageOf, StoreBench, type StoreTraits } from './store-bench.ts'

export function storeStandingsContract(name: string, _: StoreTraits, stageOf: StageOf): void {
  describe(`${name}: standings`, () => {
    const on = new StoreBench(stageOf)
    afterEach(() => on.end())

    /** What is shown in pieces of `limit`, as `id state`; each piece is stopped after `most`. */
    async function walked(
      among: Walk['among'],
      limit = 2,
      most = Number.POSITIVE_INFINITY,
    ): Promise<string[]> {
      const seen: string[] = []
      let after: string | null = null
      for (let turns = 0; turns < 50; turns++) {
        let left = most
        after = await on.store.walk({ among, after, limit }, (id, state) => {
          seen.push(`${id} ${state}`)
          return --left > 0
        })
        if (after === null) return seen
      }
      throw new Error('the walk does not end')
    }

    async function crowd(): Promise<void> {
      await on.begin()
      const details = { name: 'Ana', type: 'x', profile: { a: 1 } }
      await on.store.commit([
        change('begin', 1, 'd', { details }),
        change('begin', 2, 'b', { details: { type: 'x' } }),
        change('begin', 3, 'c'),
        change('begin', 4, 'a', { details: { type: 'y' } }),
        change('suspect', 2, 'b'),
        change('away', 3, 'c'),
        change('end', 4, 'a'),
        inGroup('enter', 1, 'd', 'g'),
        inGroup('enter', 0, 'a', 'g'),
      ])
    }

    test('by id, in order, each as a record would say', async () => {
      await crowd()
      const ids = ['d', '?', 'b', 'd', 'a']
      const records = await on.store.lookup(ids)
      const standings = await on.store.standings(ids)
      expect(standings).toEqual(
        records.map(record => {
          if (record === null) return null
          const { id, state, version, name, type, profile } = record
          return { id, state, version, name, type, profile }
        }),
      )
      expect(standings.map(standing => standing?.state ?? null)).toEqual([
        'online',
        null,
        'suspect',
        'online',
        'offline',
      ])
      expect(await on.store.standings([])).toEqual([])
    })

    test('walking: who is here, of a type, in a group', async () => {
      await crowd()
      for (const limit of [1, 2, 3, 100]) {
        expect(await walked('here', limit)).toEqual(['b suspect', 'c away', 'd online'])
        expect(await walked({ type: 'x' }, limit)).toEqual(['b suspect', 'd online'])
        expect(await walked({ group: 'g' }, limit)).toEqual(['a offline', 'd online'])
        expect(await walked({ group: 'nobody' }, limit)).toEqual([])
        expect(await walked({ type: 'nobody' }, limit)).toEqual([])
      }
    })

    test('walking stops where it is told to, and goes on behind it', async () => {
      await crowd()
      for (const most of [1, 2, 3]) {
        expect(await walked('here', 100, most)).toEqual(['b suspect', 'c away', 'd online'])
        expect(await walked({ group: 'g' }, 100, most)).toEqual(['a offline', 'd online'])
      }
    })

    test('a hidden member is found in the group that its session made, as what it is', async () => {
      await crowd()
      const status = { visibility: 'hidden', text: null, until: null } as const
      await on.store.commit([change('update', 1, 'd', { details: { status } })])
      expect(await walked({ group: 'g' })).toEqual(['a offline', 'd online'])
      expect((await on.store.standings(['d']))[0]).toMatchObject({ state: 'online', name: 'Ana' })
    })

    test('what changes meanwhile is heeded: who goes is not shown, who comes behind is', async () => {
      await crowd()
      const seen: string[] = []
      const look = (id: string) => {
        seen.push(id)
        return true
      }
      const after = await on.store.walk({ among: 'here', after: null, limit: 1 }, look)
      await on.store.commit([change('end', 3, 'c'), change('begin', 5, 'e')])
      await on.store.walk({ among: 'here', after, limit: 10 }, look)
      expect(seen).toEqual(['b', 'd', 'e'])
    })
  })
}
