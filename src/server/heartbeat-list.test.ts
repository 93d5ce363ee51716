import { describe, expect, test } from 'bun:test'
import { FakeServer } from '../../test/support/fake-server.ts'

const set = (user_id: unknown, user_name?: string) => ({ type: 'SetHeartbeat', user_id, user_name })
const ask = { type: 'GetHeartbeat', user: 'admin' }
const turns = async (count = 3) => {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}

describe('who is in it', () => {
  test('nobody: an empty array', async () => {
    const server = new FakeServer('auto')
    const admin = server.connect()
    admin.say(ask)
    await turns()
    expect(admin.sent).toEqual(['[]'])
    expect(server.ids()).toEqual([])
  })

  test('everybody who ever came by this dialect, in order of first beat, present or not', async () => {
    const server = new FakeServer('auto')
    const [a, b, other] = [server.connect(), server.connect(), server.connect()]
    b.say(set('b', 'Bo'))
    a.say(set('a', 'Ana(7)'))
    other.say({ action: 'open', id: 'c', name: 'not by this dialect' })
    b.drop()
    server.advance(10_000)
    server.connect().say(set('d'))
    expect(await server.list()).toEqual([
      { user_id: 'b', user_name: 'Bo', status: '离线' },
      { user_id: 'a', user_name: 'Ana(7)', status: '在线' },
      { user_id: 'd', user_name: '', status: '在线' },
    ])
    server.connect().say(set('b', 'Bo'))
    expect((await server.list()).map(({ user_id }) => user_id)).toEqual(['b', 'a', 'd'])
  })

  test('a suspect member is still present', async () => {
    const server = new FakeServer('auto')
    server.connect().say(set('7'))
    server.links[0]!.drop()
    server.advance(3_000)
    expect(server.state('7')).toBe('suspect')
    expect((await server.list())[0]?.status).toBe('在线')
  })
})

describe('how fresh it is', () => {
  test('a beat is in the list that is asked for right after it', async () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    for (let i = 0; i < 3; i++) {
      link.say(set(i), ask)
      await turns()
    }
    expect(link.sent.map(text => JSON.parse(text).length)).toEqual([1, 2, 3])
  })

  test('unchanged, it is made once a second however many ask', async () => {
    const server = new FakeServer('auto')
    server.connect().say(set('7'))
    for (let i = 0; i < 5; i++) await server.list()
    expect(server.store.pages).toBe(1)
    server.at += 1_000
    await server.list()
    expect(server.store.pages).toBe(2)
  })

  test('what changes while a short list is being read outdates it', async () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('1'))
    server.committer.flush()
    const reading = server.list()
    link.say(set('2'))
    server.committer.flush()
    await reading
    expect((await server.list()).length).toBe(2)
  })
})

describe('many members', () => {
  const most = { perSecond: 1e6, burst: 1e6 }

  async function crowd(count: number): Promise<FakeServer> {
    const server = new FakeServer('auto', { settings: { rate: most } })
    for (let i = 0; i < count; i++) server.connect().say(set(i))
    server.committer.flush()
    return server
  }

  test('is made in pieces, shared by all who ask meanwhile, each member once', async () => {
    const server = await crowd(3_500)
    const admins = Array.from({ length: 5 }, () => server.connect())
    for (const admin of admins) admin.say(ask)
    await turns(20)
    expect(server.store.pages).toBe(4)
    for (const { sent } of admins) {
      expect(sent.length).toBe(1)
      expect(new Set(JSON.parse(sent[0]!).map((entry: { user_id: string }) => entry.user_id)).size).toBe(
        3_500,
      )
    }
  })

  test('a change does not make a long list anew before its second is over', async () => {
    const server = await crowd(1_500)
    await server.list()
    server.connect().say(set('new'))
    expect((await server.list()).length).toBe(1_500)
    server.at += 1_000
    expect((await server.list()).length).toBe(1_501)
  })
})

test('a store that fails leaves nobody waiting and does not stop later answers', async () => {
  const server = new FakeServer('auto')
  const { page } = server.store
  const admin = server.connect()
  server.store.page = async () => {
    throw new Error('gone')
  }
  await expect(server.heartbeatList.send(admin.data)).rejects.toThrow('gone')
  server.store.page = page
  server.at += 1_000
  expect(await server.list()).toEqual([])
  await server.heartbeatList.send(admin.data)
  expect(admin.sent).toEqual(['[]'])
})
