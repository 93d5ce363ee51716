import { afterEach, describe, expect, test } from 'bun:test'
import { FakeTransport } from '../../test/support/fake-transport.ts'
import { LedgerStore } from '../../test/support/ledger-store.ts'
import type { SessionRecord } from '../stores/store.ts'
import { monotonic } from './monotonic.ts'
import { settingsOf } from './options/make-settings.ts'
import { Server } from './server.ts'

const set = (user_id: unknown) => ({ type: 'SetHeartbeat', user_id })
const running: Server[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()))
})

/** A server with a real clock but no sockets; nothing here waits for time to pass. */
function setUp(sessions: SessionRecord[] = []) {
  const transport = new FakeTransport()
  const store = new LedgerStore()
  const errors: string[] = []
  const closed: (readonly SessionRecord[])[] = []
  const quiet = () => undefined
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (_: object, message: string) => errors.push(message),
  }
  const settings = settingsOf({ listen: ['8282=gateway', '8000=uid'] })
  const server = new Server(
    settings,
    {
      transport,
      store,
      clock: monotonic,
      wall: Date.now,
      random: n => crypto.getRandomValues(new Uint8Array(n)),
      log,
      node: 'here',
      authority: null,
    },
    { epoch: 1, firstSessionId: 1, sessions, lapses: [], close: async open => void closed.push(open) },
  )
  running.push(server)
  return { server, transport, store, errors, closed }
}

const page = () => new Response('page')

describe('start', () => {
  test('opens every listener and says where, with its bound', async () => {
    const { server } = setUp()
    expect(server.status().ready).toBe(false)
    await server.start(page)
    expect(server.addresses.map(({ port, dialect }) => [port, dialect])).toEqual([
      [9502, 'auto'],
      [8282, 'gateway'],
      [8000, 'uid'],
    ])
    expect(server.addresses[2]!.bound).toBe('offline after 40 s of silence')
    expect(server.status()).toMatchObject({ ready: true, degraded: false, held: false, connections: 0 })
  })

  test('fails as a whole when one port is taken, and leaves none open', async () => {
    const { server, transport } = setUp()
    transport.taken = 8000
    await expect(server.start(page)).rejects.toThrow('port 8000 is taken')
    expect(transport.log).toEqual(['listen 9502', 'listen 8282', 'stop 9502', 'stop 8282'])
    expect(server.status().ready).toBe(false)
  })
})

describe('while it runs', () => {
  test('answers for members and sessions as soon as the frame is in', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    transport.connect().say(set('b'))
    transport.connect(2).say('a')
    const { members, next } = await server.members({ after: null, limit: 10 })
    expect(members.map(({ id, state, sessions }) => [id, state, sessions])).toEqual([
      ['a', 'online', 1],
      ['b', 'online', 1],
    ])
    expect(next).toBeNull()
    const found = await server.member('a')
    expect(found?.sessions).toMatchObject([{ member: 'a', dialect: 'uid', state: 'online' }])
    expect(await server.member('?')).toBeNull()
    expect(server.sessions({ after: null, limit: 10, anonymous: false }).sessions.length).toBe(2)
    expect(server.status().members).toEqual({ online: 2, away: 0, suspect: 0, offline: 0 })
  })

  test('binds gateway links by the id it lists', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const link = transport.connect(1)
    const [anonymous] = server.sessions({ after: null, limit: 10, anonymous: true }).sessions
    server.bind(anonymous!.clientId!, '7')
    expect(await server.pushToMember('7', { a: 1 })).toMatchObject({ reached: 1 })
    expect(link.sent).toEqual(['{"a":1}'])
    server.unbind(anonymous!.clientId!)
    expect((await server.member('7'))?.member).toMatchObject({ state: 'offline', reason: 'left' })
  })

  test('pushes to all and by type; to the nameless only when asked', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const links = [transport.connect(), transport.connect(), transport.connect()]
    links[0]!.say({ action: 'open', id: 1, type: 'vip' })
    links[1]!.say(set('2'))
    expect(await server.pushToType('vip', 'v')).toMatchObject({ reached: 1 })
    expect(await server.pushToAll('m')).toMatchObject({ reached: 2 })
    expect(await server.pushToAll('all', { anonymous: true })).toMatchObject({ reached: 3 })
    expect(links.map(({ sent }) => sent)).toEqual([['v', 'm', 'all'], ['m', 'all'], ['all']])
  })

  test('a listener that fails is reported and stops neither the others nor the server', async () => {
    const { server, transport, errors } = setUp()
    await server.start(page)
    const heard: string[] = []
    server.onTransitions(() => {
      throw new Error('mine')
    })
    const stop = server.onTransitions(told =>
      heard.push(...told.map(({ kind, member }) => `${kind} ${member}`)),
    )
    transport.connect().say(set('7'))
    await server.members({ after: null, limit: 1 })
    stop()
    transport.connect().say(set('8'))
    await server.members({ after: null, limit: 1 })
    expect(heard).toEqual(['join 7'])
    expect(errors).toEqual(['a transition listener failed', 'a transition listener failed'])
  })

  test('refuses a request whose host is not this machine, and hands over the others', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const ask = (headers: Record<string, string>) =>
      transport.handlers[0]!.request(new Request('http://localhost/', { headers }), '127.0.0.1')
    expect((await ask({ host: 'example.org' })).status).toBe(403)
    expect((await ask({ host: 'localhost', origin: 'https://example.org' })).status).toBe(403)
    expect(await (await ask({ host: 'localhost' })).text()).toBe('page')
  })
})

describe('a host', () => {
  const hello = (epoch: number) => ({ t: 'hello', member: '7', instance: 'instance-a-0123456789', epoch })
  const native = { protocols: ['systole.v1'] }
  const last = (link: { sent: string[] }) => JSON.parse(link.sent.at(-1)!)

  test('kicks all sessions of a member; none of them can be resumed', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const [link, plain, gone] = [transport.connect(0, native), transport.connect(), transport.connect(2)]
    link.say(hello(1))
    plain.say(set('7'))
    gone.say('7')
    gone.drop()
    expect(await server.kick('7', { reason: 'spam' })).toBe(3)
    expect([link.ended, plain.ended]).toEqual([4500, 4500])
    expect(last(link)).toMatchObject({ t: 'error', code: 'kicked', message: 'spam' })
    expect(last(link)).not.toHaveProperty('re')
    expect((await server.member('7'))?.member).toMatchObject({ state: 'offline', reason: 'kicked' })
    const again = transport.connect(0, native)
    again.say(hello(2))
    expect(last(again)).toMatchObject({ t: 'welcome', resumed: false })
    expect(await server.kick('nobody')).toBe(0)
  })

  test('a kicked member does not take the others on its connection with it', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const link = transport.connect()
    link.say(set('7'), set('8'))
    expect(await server.kick('7')).toBe(1)
    expect(link.ended).toBeNull()
    expect((await server.member('8'))?.member.state).toBe('online')
  })

  test('hears messages of members, and answers them', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const link = transport.connect(0, native)
    link.say(hello(1), { t: 'message', data: 1, id: 1 })
    expect(last(link)).toMatchObject({ code: 'not_taken', id: 1 })
    const heard: unknown[] = []
    const stop = server.onMessage(message => void heard.push(message))
    link.say({ t: 'message', data: 2, id: 2 })
    stop()
    link.say({ t: 'message', data: 3 })
    expect(heard).toEqual([{ member: '7', session: '1', data: 2 }])
    expect(last(link)).toEqual({ t: 'ack', id: 2 })
  })

  test('puts members into groups, and pushes to them', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const link = transport.connect(0, native)
    link.say(hello(1))
    await server.addToGroup('g', '7')
    expect((await server.member('7'))?.member.groups).toEqual(['g'])
    expect(await server.pushToGroup('g', 'x')).toMatchObject({ reached: 1 })
    expect(last(link)).toEqual({ t: 'message', data: 'x' })
    await server.removeFromGroup('g', '7')
    expect((await server.member('7'))?.member.groups).toEqual([])
  })

  test('is told what others watch: a watch is a snapshot and then what happens', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const link = transport.connect(0, native)
    link.say({ t: 'hello', observer: true }, { t: 'watch', all: true, id: 1 })
    expect(link.sent.length).toBeGreaterThanOrEqual(2)
    expect(server.status()).toMatchObject({ sessions: 0, connections: 1 })
  })

  test('changes nothing any more once the server stops', async () => {
    const { server } = setUp()
    await server.start(page)
    const stopping = server.stop()
    for (const change of [server.kick('7'), server.addToGroup('g', '7'), server.removeFromGroup('g', '7')])
      await expect(change).rejects.toMatchObject({ code: 'not_running' })
    await stopping
  })
})

describe('stop', () => {
  test('closes links with 1012, ends no session, commits all, and only then lets the ports go', async () => {
    const { server, transport, closed } = setUp()
    await server.start(page)
    const link = transport.connect()
    link.say(set('7'))
    const told: string[] = []
    server.onTransitions(transitions => told.push(...transitions.map(({ kind }) => kind)))
    await Promise.all([server.stop(), server.stop()])
    expect(link.ended).toBe(1012)
    expect(told).toEqual(['join'])
    expect(closed.map(open => open.map(({ member }) => member))).toEqual([['7']])
    expect(transport.log.slice(3)).toEqual([
      'close 9502',
      'close 8282',
      'close 8000',
      'stop 9502',
      'stop 8282',
      'stop 8000',
    ])
    expect(server.status().ready).toBe(false)
  })

  test('nothing is bound any more', async () => {
    const { server, transport } = setUp()
    await server.start(page)
    const { clientId } = transport.connect(1).data
    const stopping = server.stop()
    expect(() => server.bind(clientId!, '7')).toThrow('the server is stopping')
    await stopping
  })

  test('what was open before is found again', async () => {
    const first = setUp()
    await first.server.start(page)
    first.transport.connect().say(set('7'))
    await first.server.stop()
    const second = setUp([...first.closed[0]!])
    await second.server.start(page)
    const { sessions } = second.server.sessions({ after: null, limit: 10, anonymous: false })
    expect(sessions).toMatchObject([{ member: '7', state: 'suspect', reason: 'node_lost', address: null }])
  })
})
