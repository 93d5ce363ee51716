import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { change, inGroup, T0 } from '../../test/support/store-changes.ts'
import { wholeServer } from '../../test/support/whole-server.ts'
import { MEMBER_STATES } from '../protocol/words.ts'
import { MEMBER_ORDERS, type MemberAnswer, type MembersQuery, type PresenceServer } from './api.ts'

type Filter = Omit<MembersQuery, 'after' | 'limit'>

/** Ids on all pages. */
async function idsOf(server: PresenceServer, filter: Filter, limit = 3): Promise<string[]> {
  const ids: string[] = []
  let after: string | null = null
  do {
    const page = await server.members({ ...filter, after, limit })
    expect(page.members.length).toBeLessThanOrEqual(limit)
    ids.push(...page.members.map(({ id }) => id))
    after = page.next
  } while (after !== null)
  return ids
}

const hide = { status: { visibility: 'hidden', text: null, until: null } } as const

async function someServer() {
  const whole = await wholeServer()
  whole.store.commit([
    change('begin', 1, 'a', { details: { name: 'Zoe', type: 'person' } }),
    change('begin', 2, 'b', { at: T0 + 50, details: { name: 'Ana', type: 'device' } }),
    change('begin', 3, 'ba', { details: { type: 'person' } }),
    change('begin', 4, 'c'),
    inGroup('enter', 1, 'a', 'g'),
    inGroup('enter', 3, 'ba', 'g'),
    inGroup('enter', 0, 'd', 'g'),
    change('suspect', 4, 'c', { at: T0 + 90 }),
    change('update', 3, 'ba', { details: hide }),
  ])
  return whole
}

describe('lists of members', () => {
  test.each<[string, Filter, string[]]>([
    ['all', {}, ['a', 'b', 'ba', 'c', 'd']],
    ['a state', { state: 'suspect' }, ['c']],
    ['a hidden one is what it is', { state: 'online' }, ['a', 'b', 'ba']],
    ['a group, hidden ones too', { group: 'g' }, ['a', 'ba', 'd']],
    ['a group and a state', { group: 'g', state: 'offline' }, ['d']],
    ['a group nobody is in', { group: 'h' }, []],
    ['a type', { type: 'person' }, ['a', 'ba']],
    ['a type and a state nobody is in', { type: 'person', state: 'suspect' }, []],
    ['a prefix', { prefix: 'b' }, ['b', 'ba']],
    ['a prefix and a state', { prefix: 'c', state: 'suspect' }, ['c']],
    ['a prefix nobody has', { prefix: 'bb' }, []],
    ['another node', { node: 'there' }, []],
    ['as others see: hidden ones are offline', { seen: true, state: 'offline' }, ['ba', 'd']],
    ['as others see: suspicions are not told', { seen: true, state: 'online' }, ['a', 'b', 'c']],
    ['as others see: nobody is suspect', { seen: true, state: 'suspect' }, []],
    ['as others see: a group without the hidden', { seen: true, group: 'g' }, ['a', 'd']],
  ])('%s', async (_, filter, ids) => {
    const { server } = await someServer()
    for (const limit of [1, 2, 10]) expect(await idsOf(server, filter, limit)).toEqual(ids)
  })

  test('of this node: who has a session here', async () => {
    const session = {
      id: 1,
      member: 'x',
      instance: null,
      epoch: 0,
      dialect: 'heartbeat',
      lastEvidenceAt: T0,
      lastBeatAt: null,
      away: false,
      timing: null,
      groups: [],
    }
    const { server, store } = await wholeServer({ sessions: [session] })
    store.commit([change('begin', 1, 'x'), change('begin', 2, 'y'), change('update', 0, 'z')])
    expect(await idsOf(server, { node: 'here' })).toEqual(['x'])
    expect(await idsOf(server, { node: 'here', state: 'offline' })).toEqual([])
  })
})

describe('other orders', () => {
  test.each<[MembersQuery['order'], string[]]>([
    ['since', ['d', 'a', 'ba', 'b', 'c']],
    ['-since', ['c', 'b', 'ba', 'a', 'd']],
    ['name', ['b', 'a', 'ba', 'c', 'd']],
    ['-lastEvidenceAt', ['c', 'b', 'ba', 'a', 'd']],
  ])('%s', async (order, ids) => {
    const { server } = await someServer()
    const whole = await idsOf(server, { order: order! }, 10)
    expect(whole).toEqual(ids)
    for (const limit of [1, 2, 3]) expect(await idsOf(server, { order: order! }, limit)).toEqual(whole)
  })

  test('of too many they are refused, and of fewer not', async () => {
    const { server, store } = await wholeServer()
    const many = Array.from({ length: 10_000 }, (_, i) => change('begin', i + 1, `m${i}`))
    store.commit(many)
    const ask = (filter: Filter) => server.members({ ...filter, after: null, limit: 1 })
    await expect(ask({ order: 'name' })).rejects.toMatchObject({ code: 'too_many_hits' })
    await expect(ask({ order: 'name', prefix: 'm' })).rejects.toMatchObject({ code: 'too_many_hits' })
    await expect(ask({ order: 'name', state: 'online' })).rejects.toMatchObject({ code: 'too_many_hits' })
    expect((await ask({ order: 'name', prefix: 'm1' })).members).toHaveLength(1)
    expect((await ask({ order: 'name', state: 'away' })).members).toEqual([])
    store.commit([change('end', 1, 'm0')])
    expect((await ask({ order: '-since', state: 'online' })).members).toHaveLength(1)
  })

  test.each(['', 'x', '[]', '["name","Ana"]', '["since",1,"a"]', '["name",1,"a"]', '["name","x",1]', '{}'])(
    'the cursor %p is refused',
    async after => {
      const { server } = await someServer()
      const asked = server.members({ order: 'name', after, limit: 1 })
      await expect(asked).rejects.toMatchObject({ code: 'bad_cursor' })
    },
  )
})

test('pages equal a filter over all, in any order and by any filter', async () => {
  const act = fc.tuple(
    fc.constantFrom('begin', 'suspect', 'away', 'end', 'enter', 'exit', 'hide', 'show', 'type'),
    fc.nat(12),
    fc.nat(2),
  )
  const filter: fc.Arbitrary<Filter> = fc.record(
    {
      state: fc.constantFrom(...MEMBER_STATES),
      group: fc.constantFrom('g0', 'g1'),
      type: fc.constantFrom('t0', 't1'),
      prefix: fc.constantFrom('m1', 'm', 'x'),
      order: fc.constantFrom(...MEMBER_ORDERS),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { maxLength: 60 }),
      fc.array(filter, { minLength: 1, maxLength: 6 }),
      async (acts, filters) => {
        const { server, store } = await wholeServer()
        for (const [what, no, more] of acts) {
          const id = `m${no}`
          if (what === 'enter' || what === 'exit') store.commit([inGroup(what, 0, id, `g${more}`)])
          else if (what === 'type') store.commit([change('update', 0, id, { details: { type: `t${more}` } })])
          else if (what === 'hide') store.commit([change('update', 0, id, { details: hide })])
          else if (what === 'show') store.commit([change('update', 0, id, { details: { status: null } })])
          else store.commit([change(what, no * 3 + more + 1, id, { at: T0 + no * more })])
        }
        const all = store.lookup([...store.ledger.members.keys()].sort()) as MemberAnswer[]
        for (const given of filters) {
          const hits = all.filter(
            one =>
              (given.state === undefined || one.state === given.state) &&
              (given.group === undefined || one.groups.includes(given.group)) &&
              (given.type === undefined || one.type === given.type) &&
              one.id.startsWith(given.prefix ?? ''),
          )
          const ids = await idsOf(server, given, 2)
          const naive = hits.map(({ id }) => id)
          if ((given.order ?? 'id') === 'id') expect(ids).toEqual(naive)
          else expect(ids.toSorted()).toEqual(naive)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('groups by name, with the truth in numbers', async () => {
  const { server, store } = await someServer()
  store.commit([inGroup('enter', 0, 'a', 'b-group'), inGroup('enter', 0, 'c', 'a-group')])
  expect(server.groups(null, 2)).toEqual({
    groups: [
      { group: 'a-group', members: { online: 0, away: 0, suspect: 1, offline: 0 } },
      { group: 'b-group', members: { online: 1, away: 0, suspect: 0, offline: 0 } },
    ],
    next: 'b-group',
  })
  expect(server.groups('b-group', 2)).toEqual({
    groups: [{ group: 'g', members: { online: 2, away: 0, suspect: 0, offline: 1 } }],
    next: null,
  })
  expect(server.tally.groups.get('g')!.seen).toMatchObject({ online: 1, offline: 1 })
})
