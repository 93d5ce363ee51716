// What every store must find by state, type, group and prefix, and how it must count what members truly are.

import { afterEach, describe, expect, test } from 'bun:test'
import type { PageQuery } from '../../src/stores/store.ts'
import { change, inGroup, T0 } from '../support/store-changes.ts'
import { type StageOf, StoreBench, type StoreTraits } from './store-bench.ts'

const hide = { status: { visibility: 'hidden', text: null, until: null } } as const
const NOBODY = { online: 0, away: 0, suspect: 0, offline: 0 }

export function storeListsContract(name: string, _: StoreTraits, stageOf: StageOf): void {
  describe(`${name}: who is found`, () => {
    const on = new StoreBench(stageOf)
    afterEach(() => on.end())

    async function fill(): Promise<void> {
      await on.begin()
      await on.store.commit([
        change('begin', 1, 'a', { details: { type: 'x' } }),
        change('begin', 2, 'ab', { details: { type: 'y' } }),
        change('away', 2, 'ab'),
        change('begin', 3, 'b', { details: { type: 'x' } }),
        inGroup('enter', 1, 'a', 'g'),
        inGroup('enter', 3, 'b', 'g'),
        inGroup('enter', 0, 'c', 'g'),
        change('suspect', 3, 'b', { at: T0 + 50 }),
        change('update', 1, 'a', { details: hide }),
      ])
    }

    type Filter = Omit<PageQuery, 'order' | 'after' | 'limit'>
    async function idsOf(filter: Filter, limit: number): Promise<string[]> {
      const ids: string[] = []
      let after: string | null = null
      do {
        const page = await on.store.page({ order: 'id', after, limit, ...filter })
        ids.push(...page.members.map(({ id }) => id))
        after = page.next
      } while (after !== null)
      return ids
    }

    test.each<[string, Filter, string[]]>([
      ['state', { state: 'suspect' }, ['b']],
      ['type, also of a hidden one', { type: 'x' }, ['a', 'b']],
      ['type and state', { type: 'x', state: 'online' }, ['a']],
      ['true membership', { memberOf: 'g' }, ['a', 'b', 'c']],
      ['true membership and state', { memberOf: 'g', state: 'offline' }, ['c']],
      ['what others find in a group', { group: 'g' }, ['b', 'c']],
      ['prefix, with whoever is called so', { prefix: 'a' }, ['a', 'ab']],
      ['prefix and state', { prefix: 'a', state: 'away' }, ['ab']],
      ['not offline, also hidden', { here: true }, ['a', 'ab', 'b']],
      ['not offline to others', { present: true }, ['ab', 'b']],
      ['seen as offline', { seen: true, state: 'offline' }, ['a', 'c']],
      ['seen as online: suspicions are not', { seen: true, state: 'online' }, ['b']],
      ['nobody', { type: 'z' }, []],
    ])('by %s', async (_, filter, ids) => {
      await fill()
      for (const limit of [1, 2, 9]) expect(await idsOf(filter, limit)).toEqual(ids)
    })

    test('the census tells the truth, and is kept up', async () => {
      await fill()
      const { census } = on.store
      expect({ ...census.counts }).toEqual({ online: 1, away: 1, suspect: 1, offline: 1 })
      expect({ ...census.types.get('x')!.counts }).toEqual({ ...NOBODY, online: 1, suspect: 1 })
      const group = census.group('g')!
      expect({ ...group.counts }).toEqual({ ...NOBODY, online: 1, suspect: 1, offline: 1 })
      expect({ ...group.types.get('x')!.counts }).toEqual({ ...NOBODY, online: 1, suspect: 1 })
      await on.store.commit([inGroup('enter', 0, 'c', 'f'), inGroup('enter', 0, 'c', 'h')])
      expect(census.groupsAfter(null, 2).map(({ name }) => name)).toEqual(['f', 'g'])
      expect(census.groupsAfter('f', 5).map(({ name }) => name)).toEqual(['g', 'h'])
      await on.store.commit([
        inGroup('exit', 0, 'c', 'f'),
        change('update', 0, 'ab', { details: { type: 'x' } }),
        change('end', 1, 'a'),
      ])
      expect(census.group('f')).toBeNull()
      expect(census.types.has('y')).toBe(false)
      expect({ ...census.group('g')!.counts }).toEqual({ ...NOBODY, suspect: 1, offline: 1 })
      expect({ ...on.store.counts }).toEqual({ ...census.counts })
    })

    test('evidence is what a look-up says, in few words', async () => {
      await fill()
      const ids = ['c', 'nobody', 'b', 'a']
      const looked = await on.store.lookup(ids)
      const few = await on.store.evidence(ids, false)
      const more = await on.store.evidence(ids, true)
      for (const [i, record] of looked.entries()) {
        if (record === null) {
          expect([few[i], more[i]]).toEqual([null, null])
          continue
        }
        const { id, state, since, lastEvidenceAt, lastBeatAt, reason, version, name, type } = record
        const told = { id, state, since, lastEvidenceAt, lastBeatAt, reason, version }
        expect(few[i]).toEqual(told)
        expect(more[i]).toEqual({ ...told, name, type })
      }
      expect(looked.filter(record => record !== null)).toHaveLength(3)
    })
  })
}
