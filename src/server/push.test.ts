import { describe, expect, test } from 'bun:test'
import { FakeServer } from '../../test/support/fake-server.ts'

const set = (user_id: unknown) => ({ type: 'SetHeartbeat', user_id })

function setUp() {
  const server = new FakeServer('auto')
  const link = (...messages: unknown[]) => {
    const made = server.connect()
    made.say(...messages)
    return made
  }
  return { server, link }
}

function flushed<T>(server: FakeServer, run: () => Promise<T>): Promise<T> {
  server.committer.flush()
  return run()
}

describe('to a member', () => {
  test('text as it is, anything else as JSON, to all of its links', async () => {
    const { server, link } = setUp()
    const links = [link(set('7')), link(set('7')), link(set('8'))]
    const result = await flushed(server, () => server.push.toMember('7', 'hi'))
    expect(result).toEqual({ reached: 2, suspect: 0, offline: 0, unknown: 0 })
    await server.push.toMember('7', { a: 1 })
    await server.push.toMember('7', undefined)
    expect(links.map(({ sent }) => sent)).toEqual([['hi', '{"a":1}', 'null'], ['hi', '{"a":1}', 'null'], []])
  })

  test('says truthfully that nobody is there', async () => {
    const { server, link } = setUp()
    const broken = link(set('s'))
    link(set('o')).drop()
    server.advance(9_000)
    broken.drop()
    server.advance(2_000)
    const tell = (id: string) => flushed(server, () => server.push.toMember(id, 'x'))
    expect(await tell('s')).toEqual({ reached: 0, suspect: 1, offline: 0, unknown: 0 })
    expect(await tell('o')).toEqual({ reached: 0, suspect: 0, offline: 1, unknown: 0 })
    expect(await tell('?')).toEqual({ reached: 0, suspect: 0, offline: 0, unknown: 1 })
  })

  test('a link that was superseded hears nothing', async () => {
    const { server, link } = setUp()
    const first = link({ action: 'open', id: 7 })
    const second = link({ action: 'open', id: 7 })
    const result = await flushed(server, () => server.push.toMember('7', 'hi'))
    expect([result.reached, first.sent, second.sent]).toEqual([1, [], ['hi']])
  })

  test('a member that fell offline is not reached, although its link stays', async () => {
    const { server, link } = setUp()
    const quiet = link(set('7'))
    server.advance(31_000)
    expect(await server.push.toMember('7', 'hi')).toMatchObject({ reached: 0, offline: 1 })
    expect(quiet.sent).toEqual([])
  })
})

describe('to many', () => {
  test('by type', async () => {
    const { server, link } = setUp()
    const vip = link({ action: 'open', id: 1, type: 'vip' })
    const other = link({ action: 'open', id: 2, type: 'x' }, 'ping')
    link({ action: 'open', id: 3 })
    const result = await flushed(server, () => server.push.toMembers(({ type }) => type === 'vip', 'hi'))
    expect(result).toEqual({ reached: 1, suspect: 0, offline: 0, unknown: 0 })
    expect([vip.sent, other.sent]).toEqual([['hi'], ['pong']])
  })

  test('a link that beats for several members hears it once', async () => {
    const { server, link } = setUp()
    const hub = link(set('1'), set('2'), set('3'))
    link(set('3'))
    const result = await flushed(server, () => server.push.toMembers(() => true, 'hi'))
    expect(result).toEqual({ reached: 2, suspect: 0, offline: 0, unknown: 0 })
    expect(hub.sent).toEqual(['hi'])
  })

  test('over several pages everybody hears it once', async () => {
    const { server, link } = setUp()
    const links = Array.from({ length: 1_200 }, (_, i) => link(set(i)))
    const result = await flushed(server, () => server.push.toMembers(() => true, 'hi'))
    expect(result.reached).toBe(1_200)
    expect(links.every(({ sent }) => sent.length === 1)).toBe(true)
  })

  test('those nobody has named, only when asked for', async () => {
    const { server, link } = setUp()
    const links = [link(), link('ping'), link(set('7'))]
    links.push(link('ping'))
    links[3]!.drop()
    expect(await server.push.toNameless(server.reception.connections, 'hi')).toBe(2)
    expect(links.map(({ sent }) => sent.includes('hi'))).toEqual([true, true, false, false])
  })
})
