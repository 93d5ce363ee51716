import { describe, expect, test } from 'bun:test'
import { FakeServer } from '../../test/support/fake-server.ts'
import { textOf } from '../core/lazy.ts'
import { settingsOf } from './options/make-settings.ts'
import { UNLIMITED } from './options/option-kinds.ts'

describe('undecided links per address', () => {
  test('at most 100 from one address; one that speaks or goes makes room', () => {
    const server = new FakeServer('auto')
    const from = (address: string) => server.connect({ address, headers: { host: 'localhost' } })
    const links = Array.from({ length: 100 }, () => from('10.0.0.1'))
    expect(() => from('10.0.0.1')).toThrow('429')
    expect(server.count('too_many_undecided')).toBe(1)
    from('10.0.0.2')
    links[0]!.say('ping')
    links[1]!.drop()
    from('10.0.0.1')
    from('10.0.0.1')
    expect(() => from('10.0.0.1')).toThrow('429')
    // decided ones do not count twice when they go
    links[0]!.drop()
    expect(() => from('10.0.0.1')).toThrow('429')
  })

  test('no limit on loopback unless set', () => {
    const free = new FakeServer('auto')
    for (let i = 0; i < 150; i++) free.connect()
    expect(free.reception.connections.size).toBe(150)
    const bound = new FakeServer('auto', { settings: { maxUndecided: 2 } })
    bound.connect()
    bound.connect()
    expect(() => bound.connect()).toThrow('429')
  })

  test('gateway links are never undecided', () => {
    const server = new FakeServer('gateway', { settings: { maxUndecided: 1 } })
    for (let i = 0; i < 5; i++) server.connect()
    expect(server.reception.connections.size).toBe(5)
  })

  test('those cut for their silence make room', () => {
    const server = new FakeServer('auto', { settings: { maxUndecided: 1 } })
    server.connect()
    server.advance(90_200)
    server.connect()
    expect(server.reception.connections.size).toBe(1)
  })
})

test('a host or origin that may not pass is a 403 that names the option, counted, and makes no connection', () => {
  const server = new FakeServer('auto')
  expect(() => server.connect({ headers: { host: 'example.org' } })).toThrow(/^403 .*--open/)
  expect(() => server.connect({ headers: { host: 'localhost', origin: 'null' } })).toThrow(/^403 .*--origin/)
  expect(server.count('refused')).toBe(2)
  expect(server.reception.connections.size).toBe(0)
  const published = new FakeServer('auto', { settings: { origins: ['null'] } })
  published.connect({ headers: { host: 'localhost', origin: 'null' } })
})

test('the subprotocol is chosen only where native may be spoken', () => {
  const chosen = (dialect: 'auto' | 'native' | 'uid') =>
    new FakeServer(dialect).connect({ protocols: ['a', 'systole.v1'] }).protocol
  expect([chosen('auto'), chosen('native'), chosen('uid')]).toEqual(['systole.v1', 'systole.v1', ''])
  expect(new FakeServer('auto').connect({ protocols: ['a'] }).protocol).toBe('')
})

describe('connections per address', () => {
  const knock = { host: 'localhost' }
  /** How often it is let in of `count` times; each connection says `ping` and stays. */
  const admitted = (
    server: FakeServer,
    address: string,
    count: number,
    headers: Record<string, string> = knock,
  ) => {
    let open = 0
    for (let i = 0; i < count; i++) {
      try {
        server.connect({ address, headers }).say('ping')
        open++
      } catch (error) {
        expect(String(error)).toContain('429')
      }
      server.advance(100)
    }
    return open
  }

  test('as many as the option says, and more once some are gone', () => {
    const limits = { ...settingsOf({}).limits, perAddress: 3 }
    const server = new FakeServer('auto', { settings: { limits } })
    expect(admitted(server, '10.0.0.1', 5)).toBe(3)
    expect(admitted(server, '10.0.0.2', 1)).toBe(1)
    expect(admitted(server, '127.0.0.1', 5)).toBe(3)
    expect(server.count('too_many_connections')).toBe(4)
    server.links[0]!.drop()
    expect(admitted(server, '10.0.0.1', 2)).toBe(1)
  })

  test('1,000, and any number on this machine, unless it is said', () => {
    const server = new FakeServer('auto', { settings: { maxUndecided: 5_000 } })
    expect(admitted(server, '10.0.0.1', 1_005)).toBe(1_000)
    expect(admitted(server, '127.0.0.1', 1_005)).toBe(1_005)
  })

  test('a network of IPv6 counts as one address', () => {
    const limits = { ...settingsOf({}).limits, perAddress: 2 }
    const server = new FakeServer('auto', { settings: { limits } })
    const open = ['2001:db8::1', '2001:db8::2', '2001:db8::3:4:5:6', '2001:db8:0:1::1'].map(address =>
      admitted(server, address, 1),
    )
    expect(open).toEqual([1, 1, 0, 1])
  })

  test('an unlimited one is not even counted', () => {
    const limits = { ...settingsOf({}).limits, perAddress: UNLIMITED, upgrades: UNLIMITED }
    const server = new FakeServer('auto', { settings: { limits, maxUndecided: UNLIMITED } })
    for (let i = 0; i < 300; i++) server.connect({ address: `10.0.0.${i % 250}`, headers: knock })
    expect([server.reception.connections.size, server.doorman.known]).toEqual([300, 0])
  })
})

describe('new connections per second', () => {
  const limits = { ...settingsOf({}).limits, upgrades: 10, perAddress: UNLIMITED }
  const settings = { limits, maxUndecided: UNLIMITED }

  function burst(server: FakeServer, address: string, count: number): number {
    let open = 0
    for (let i = 0; i < count; i++) {
      const answer = server.knock({ address })
      if (answer.accept) open++
      else expect(answer).toMatchObject({ status: 429, retryAfter: 1 })
    }
    return open
  }

  test('five times as many at once, refused with when to come again, counted; others are not refused', () => {
    const server = new FakeServer('auto', { settings })
    expect([burst(server, '10.0.0.1', 60), burst(server, '10.0.0.2', 50)]).toEqual([50, 50])
    expect(server.count('too_many_upgrades')).toBe(10)
    server.advance(1_000)
    expect(burst(server, '10.0.0.1', 60)).toBe(10)
  })

  test('a quiet address is forgotten within the time its burst takes', () => {
    const server = new FakeServer('auto', { settings })
    for (let i = 0; i < 5_000; i++) burst(server, `10.1.${i >> 8}.${i & 255}`, i % 60)
    expect(server.doorman.known).toBeGreaterThan(4_000)
    server.advance(5_200)
    expect(server.doorman.known).toBe(0)
  })

  test('no limit on this machine unless it is said', () => {
    const free = new FakeServer('auto', { settings: { maxUndecided: UNLIMITED } })
    expect([burst(free, '127.0.0.1', 2_000), burst(free, '::1', 2_000)]).toEqual([2_000, 2_000])
    expect(burst(new FakeServer('auto', { settings }), '127.0.0.1', 100)).toBe(50)
  })

  test('a request of a page that may not come costs its address nothing', () => {
    const server = new FakeServer('auto', { settings })
    for (let i = 0; i < 100; i++)
      expect(server.knock({ address: '10.0.0.1', headers: { host: 'evil.example' } })).toMatchObject({
        status: 403,
      })
    expect(burst(server, '10.0.0.1', 60)).toBe(50)
  })
})

describe('behind a trusted proxy', () => {
  const behind = (forwarded: string | null) => ({
    host: 'localhost',
    ...(forwarded !== null && { 'x-forwarded-for': forwarded }),
  })
  const limits = { ...settingsOf({}).limits, perAddress: 2 }
  const settings = { trustedProxies: ['127.0.0.1'], limits }

  test("the client's address is what counts and what is told", () => {
    const server = new FakeServer('auto', { settings })
    const open = (forwarded: string | null) => server.connect({ headers: behind(forwarded) })
    expect(open('203.0.113.7').data.address).toBe('203.0.113.7')
    open('1.1.1.1, 203.0.113.7')
    expect(() => open('203.0.113.7')).toThrow('429')
    expect(open('203.0.113.8').data.address).toBe('203.0.113.8')
    expect(server.lines.at(-1)?.fields).toMatchObject({ address: '203.0.113.7' })
  })

  test('nobody has what this machine is spared: not the client, nor a proxy that names none', () => {
    const server = new FakeServer('auto', {
      settings: { ...settings, limits: { ...limits, perAddress: null } },
    })
    for (const forwarded of ['203.0.113.7', null]) {
      for (let i = 0; i < 100; i++) server.connect({ headers: behind(forwarded) })
      expect(() => server.connect({ headers: behind(forwarded) })).toThrow('429')
    }
    // another address of this machine is no proxy
    for (let i = 0; i < 150; i++) server.connect({ address: '::1', headers: behind(null) })
  })

  test('a connection is asked for a sign of life after 25 s at most, as a proxy may cut what is silent', () => {
    const server = new FakeServer('native', { settings })
    const hello = { t: 'hello', instance: 'an-instance-of-this-test', epoch: 1, timing: { interval: 60_000 } }
    const links = ['203.0.113.7', null].map((forwarded, i) => {
      const link = server.connect({ headers: behind(forwarded), protocols: ['systole.v1'] })
      link.say({ ...hello, member: `m${i}` })
      link.control('pong')
      return link
    })
    server.advance(2_000)
    for (const link of links) link.control('pong')
    const before = links.map(({ pinged }) => pinged)
    server.advance(26_000)
    expect(links.map(({ pinged }, i) => pinged - before[i]!)).toEqual([1, 0])
  })

  test('a stranger who writes the header is counted as who it is', () => {
    const server = new FakeServer('auto', { settings })
    const open = (i: number) => server.connect({ address: '203.0.113.9', headers: behind(`198.51.100.${i}`) })
    expect([open(1).data.address, open(2).data.address]).toEqual(['203.0.113.9', '203.0.113.9'])
    expect(() => open(3)).toThrow('429')
  })
})

test('with auth on any host name is served where others are let in; other origins are not', () => {
  const auth = settingsOf({ auth: { secret: 'x'.repeat(32) } }).auth
  const server = new FakeServer('auto', { settings: { auth }, listener: { host: '0.0.0.0' } })
  const headers = { host: 'presence.example.org' }
  server.connect({ headers })
  server.connect({ headers: { ...headers, origin: 'https://presence.example.org' } })
  expect(() => server.connect({ headers: { ...headers, origin: 'https://evil.example' } })).toThrow(
    /^403 .*--origin/,
  )
})

test('a plain request is answered as its client, and refused in its name', async () => {
  const server = new FakeServer('auto', { settings: { trustedProxies: ['10.0.0.0/8'] } })
  const { request } = server.reception.handlers(server.port, (_, address) => new Response(textOf(address)))
  const ask = async (address: string, headers: Record<string, string>) => {
    const asked = new Request('http://localhost/v1/members', { headers: { host: 'localhost', ...headers } })
    return request(asked, address)
  }
  const forwarded = { 'x-forwarded-for': '203.0.113.7' }
  expect(await (await ask('10.0.0.1', forwarded)).text()).toBe('203.0.113.7')
  expect(await (await ask('203.0.113.9', forwarded)).text()).toBe('203.0.113.9')
  expect((await ask('10.0.0.1', { ...forwarded, host: 'evil.example' })).status).toBe(403)
  expect(server.lines.at(-1)?.fields).toMatchObject({ count: 'refused', address: '203.0.113.7' })
})

test('what belongs to a stream is judged by the page it comes from', () => {
  const server = new FakeServer('auto')
  const { refuses } = server.reception.handlers(server.port, () => new Response())
  const from = (origin: string) =>
    refuses({
      url: '/?transport=sse',
      address: '127.0.0.1',
      header: name => ({ host: 'localhost', origin })[name] ?? null,
    })
  expect([from('http://localhost:3000'), from('https://evil.example')?.status]).toEqual([null, 403])
})
