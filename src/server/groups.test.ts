import { describe, expect, test } from 'bun:test'
import { FakeServer } from '../../test/support/fake-server.ts'

const hello = (epoch: number, member = '7') => ({ member, instance: 'instance-a-0123456789', epoch })

function setUp() {
  const server = new FakeServer('auto')
  const groupsOf = (member: string) => {
    server.committer.flush()
    return server.store.lookup([member])[0]?.groups.toSorted()
  }
  return { server, groupsOf }
}

describe('by a session', () => {
  test('it is in, through a break and its return, until it leaves or ends', () => {
    const { server, groupsOf } = setUp()
    const link = server.native(hello(1))
    link.say({ t: 'enter', group: 'a', id: 1 }, { t: 'enter', group: 'b' }, { t: 'enter', group: 'a', id: 2 })
    expect(groupsOf('7')).toEqual(['a', 'b'])
    expect(link.sent.slice(1)).toEqual(['{"t":"ack","id":1}', '{"t":"ack","id":2}'])
    link.drop()
    server.advance(3_000)
    const again = server.native(hello(2))
    expect(groupsOf('7')).toEqual(['a', 'b'])
    again.say({ t: 'exit', group: 'a', id: 3 }, { t: 'exit', group: 'never', id: 4 })
    expect(groupsOf('7')).toEqual(['b'])
    again.say({ t: 'bye' })
    expect(groupsOf('7')).toEqual([])
  })

  test('at most a hundred; those it is in may be entered again', () => {
    const { server, groupsOf } = setUp()
    const link = server.native(hello(1))
    for (let i = 0; i < 100; i++) link.say({ t: 'enter', group: `g${i}` })
    link.say({ t: 'enter', group: 'one more', id: 'x' }, { t: 'enter', group: 'g5', id: 'y' })
    expect(JSON.parse(link.sent.at(-2)!)).toMatchObject({
      t: 'error',
      code: 'too_many',
      id: 'x',
      field: 'group',
    })
    expect(link.sent.at(-1)).toBe('{"t":"ack","id":"y"}')
    expect(groupsOf('7')?.length).toBe(100)
  })

  test('changes come in order, also where the store answers later', async () => {
    const { server, groupsOf } = setUp()
    const lookup = server.store.lookup.bind(server.store)
    server.store.lookup = ((ids: readonly string[]) => Promise.resolve(lookup(ids))) as never
    const link = server.native(hello(1))
    link.say(
      { t: 'enter', group: 'a', id: 1 },
      { t: 'exit', group: 'a', id: 2 },
      { t: 'enter', group: 'b', id: 3 },
    )
    expect(link.sent.length).toBe(1)
    await new Promise(resolve => setImmediate(resolve))
    expect(link.sent.slice(1)).toEqual([1, 2, 3].map(id => `{"t":"ack","id":${id}}`))
    server.store.lookup = lookup
    expect(groupsOf('7')).toEqual(['b'])
  })
})

describe('by the host', () => {
  test('it stands while the member is offline, also for one that never came', async () => {
    const { server, groupsOf } = setUp()
    await server.groups.add('a', '7')
    await server.groups.add('a', 'never')
    server.native(hello(1)).say({ t: 'enter', group: 'b' }, { t: 'bye' })
    expect([groupsOf('7'), groupsOf('never')]).toEqual([['a'], ['a']])
    expect(server.state('never')).toBe('offline')
    await server.groups.remove('a', '7')
    await server.groups.remove('a', 'unheard of')
    expect([groupsOf('7'), server.state('unheard of')]).toEqual([[], 'unknown'])
  })

  test('it ends with its time to live, unless it was made anew', async () => {
    const { server, groupsOf } = setUp()
    await server.groups.add('short', '7', 2_000)
    await server.groups.add('longer', '7', 2_000)
    await server.groups.add('longer', '7', 10_000)
    await server.groups.add('for good', '7', 2_000)
    await server.groups.add('for good', '7')
    await server.groups.add('removed', '7', 2_000)
    await server.groups.remove('removed', '7')
    expect(groupsOf('7')).toEqual(['for good', 'longer', 'short'])
    server.advance(3_200)
    expect(groupsOf('7')).toEqual(['for good', 'longer'])
    server.advance(8_000)
    expect(groupsOf('7')).toEqual(['for good'])
  })

  test('what a session made stays when the time is over', async () => {
    const { server, groupsOf } = setUp()
    const link = server.native(hello(1))
    link.say({ t: 'enter', group: 'a' })
    await server.groups.add('a', '7', 1_000)
    server.advance(3_000)
    expect(groupsOf('7')).toEqual(['a'])
  })

  test('what is no id, no time, or too much is refused by a code', async () => {
    const { server } = setUp()
    const add = (...given: unknown[]) => server.groups.add(...(given as [string, string, number]))
    for (const given of [
      ['', '7'],
      ['g', ''],
      ['g', 7],
      ['g\n', '7'],
      [undefined, '7'],
    ])
      await expect(add(...given)).rejects.toMatchObject({ code: 'bad_id' })
    for (const ttl of [0, -1, 1.5, Number.NaN, '5s'])
      await expect(add('g', '7', ttl)).rejects.toMatchObject({ code: 'bad_option' })
    for (let i = 0; i < 100; i++) await add(`g${i}`, '7')
    await add('g1', '7', 5_000)
    await expect(add('one more', '7')).rejects.toMatchObject({ code: 'too_many_groups' })
    expect(server.ids()).toEqual(['7'])
  })
})

describe('where the clock is set', () => {
  const AHEAD = 7_200_000

  test('back, a time to live is as long as it was said, and a status ends when its client meant it to', async () => {
    const server = new FakeServer('auto', { wallShift: AHEAD })
    const groupsOf = (member: string) => server.store.lookup([member])[0]?.groups
    const statusOf = (member: string) => server.store.lookup([member])[0]?.status
    await server.groups.add('g', 'before', 5_000)
    server.wallShift = 0
    await server.groups.add('g', 'after', 5_000)
    server.groups.leapt(server.time.correct())
    const link = server.native(hello(1))
    const until = server.time.told(server.at) + 5_000
    link.say({ t: 'status', text: 'lunch', until })
    server.advance(4_000)
    expect([groupsOf('before'), groupsOf('after'), statusOf('7')?.until]).toEqual([['g'], ['g'], until])
    server.advance(2_000)
    expect([groupsOf('before'), groupsOf('after'), statusOf('7')]).toEqual([[], [], null])
  })

  test('forward, a time to live is as long as it was said, and a status is over that says so', async () => {
    const server = new FakeServer('auto')
    const groupsOf = (member: string) => server.store.lookup([member])[0]?.groups
    await server.groups.add('g', '7', 3_600_000)
    const link = server.native(hello(1))
    link.say({ t: 'status', text: 'lunch', until: server.time.told(server.at) + 3_600_000 })
    server.advance(1_000)
    server.wallShift = AHEAD
    server.groups.leapt(server.time.correct())
    server.advance(1_100)
    expect([groupsOf('7'), server.store.lookup(['7'])[0]?.status]).toEqual([['g'], null])
  })

  test('forward by a little every minute, a status ends within a second of what it says', () => {
    const server = new FakeServer('auto')
    const until = server.time.told(server.at) + 3_600_000
    server.native(hello(1)).say({ t: 'status', text: 'lunch', until })
    while (server.time.told(server.at) < until + 1_500) {
      server.advance(10_000)
      server.wallShift += 100
      server.groups.leapt(server.time.correct())
    }
    expect(server.store.lookup(['7'])[0]?.status).toBeNull()
    expect(server.at).toBeLessThan(3_600_000)
  })
})
