// What one address and one connection may have, on real sockets: refused with 429 and when to come again, or dropped, each
// counted by its name; and whose a connection is that comes through a proxy.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { connect, type RawOptions, type RawSocket, RefusedUpgrade } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(40_000)

const KIB = 1_024

/** A link, or the refusal. */
async function knock(server: SystoleProcess, options: RawOptions = {}): Promise<RawSocket | RefusedUpgrade> {
  const answer = await connect(server.port('main'), options).catch(error => error)
  if (answer instanceof Error && !(answer instanceof RefusedUpgrade)) throw answer
  return answer
}

async function open(server: SystoleProcess, options: RawOptions = {}): Promise<RawSocket> {
  const link = await knock(server, options)
  if (link instanceof RefusedUpgrade) throw link
  return link
}

/** A member, and the address of its session. */
async function addressOf(server: SystoleProcess, member: string): Promise<string | null | undefined> {
  await server.api.is(member, 'online')
  return (await server.api.sessions()).find(session => session.member === member)?.address
}

describe.each([...RUNTIMES])('limits on %s', runtime => {
  describe('of an address', () => {
    let server: SystoleProcess

    beforeAll(async () => {
      const args = ['--limits-per-address', '4', '--limits-upgrades', '4', '--max-undecided', '2']
      server = await startServer({ runtime, args })
    })
    afterAll(() => server?.kill())

    test('connections: also event streams; who goes makes room; others are not refused', async () => {
      const from = '127.0.0.2'
      const links = [await open(server, { from }), await open(server, { from })]
      expect(await knock(server, { from })).toMatchObject({
        status: 429,
        body: 'too many connections from this address have sent nothing yet\n',
        retryAfter: 10,
      })
      for (let i = 0; i < 2; i++) links[i]!.sendText('ping')
      for (let i = 0; i < 2; i++) await links[i]!.next()
      for (let i = 0; i < 2; i++) links.push(await open(server, { from }))
      for (let i = 2; i < 4; i++) links[i]!.sendText('ping')
      for (let i = 2; i < 4; i++) await links[i]!.next()
      const refused = { status: 429, body: 'too many connections from this address\n', retryAfter: 10 }
      expect(await knock(server, { from })).toMatchObject(refused)
      expect(await streamFrom(server, from)).toEqual([429, '10', refused.body])
      const other = await open(server, { from: '127.0.0.3' })
      links[0]!.destroy()
      await waitFor('room', async () => (await server.api.health()).connections === 4)
      links.push(await open(server, { from }))
      expect(await server.api.count('too_many_connections')).toBe(2)
      expect(await server.api.count('too_many_undecided')).toBe(1)
      for (const link of [other, ...links]) link.destroy()
    })

    test('new connections a second: five times as many at once, then 429 with the seconds to wait', async () => {
      const from = '127.0.0.4'
      const answers = []
      for (let i = 0; i < 30; i++) {
        const answer = await knock(server, { from })
        answers.push(answer)
        if (answer instanceof RefusedUpgrade) expect(answer).toMatchObject({ status: 429, retryAfter: 1 })
        else {
          answer.sendText('ping')
          await answer.next()
          answer.destroy()
          await waitFor('the end', async () => (await server.api.health()).connections === 0)
        }
      }
      const refused = answers.filter(answer => answer instanceof RefusedUpgrade).length
      // while they came some more were due
      expect(refused).toBeGreaterThan(0)
      expect(refused).toBeLessThanOrEqual(10)
      expect(await server.api.count('too_many_upgrades')).toBe(refused)
      await pause(1_000)
      expect(await knock(server, { from })).not.toBeInstanceOf(RefusedUpgrade)
    })
  })

  describe('of a connection', () => {
    let server: SystoleProcess

    beforeAll(async () => {
      server = await startServer({ runtime, args: ['--limits-bytes', '64KiB', '--max-message', '1MiB'] })
    })
    afterAll(() => server?.kill())

    const ping = async (link: RawSocket) => {
      link.sendText('ping')
      return (await link.next()).text
    }

    test('one largest message passes on a quiet connection, and a ping behind it; a second one is dropped', async () => {
      const link = await open(server)
      expect(await ping(link)).toBe('pong')
      const before = await server.api.count('bad_input')
      link.sendText(Buffer.alloc(1_024 * KIB, 0x61))
      await waitFor('it to be read', async () => (await server.api.count('bad_input')) === before + 1)
      expect(await ping(link)).toBe('pong')
      link.sendText(Buffer.alloc(1_024 * KIB, 0x61))
      await waitFor('it to be dropped', async () => (await server.api.count('bytes_dropped')) === 1)
      expect(await ping(link)).toBe('pong')
      expect(await server.api.count('bad_input')).toBe(before + 1)
      expect(await server.api.count('rate_dropped')).toBe(0)
      link.destroy()
    })

    test('who sends more for over 3 s is ended with 4429', async () => {
      const link = await open(server)
      await ping(link)
      const begin = performance.now()
      const timer = setInterval(() => link.sendText(Buffer.alloc(64 * KIB, 0x61)), 100)
      expect(await link.closed).toMatchObject({ code: 4429 })
      clearInterval(timer)
      // 1 MiB at once, at 576 KiB a second more than may be: then 3 s of patience
      expect(performance.now() - begin).toBeGreaterThan(3_000)
    })
  })

  describe('behind a proxy', () => {
    let server: SystoleProcess

    beforeAll(async () => {
      const trusted = ['--trusted-proxy', '127.0.0.1', '--trusted-proxy', '10.0.0.0/8']
      const args = [...trusted, '--limits-per-address', '2']
      server = await startServer({ runtime, args })
    })
    afterAll(() => server?.kill())

    const join = async (member: string, forwarded: string | null, more: RawOptions = {}) => {
      const link = await knock(server, { ...more, headers: { 'X-Forwarded-For': forwarded } })
      if (!(link instanceof RefusedUpgrade))
        link.sendText(JSON.stringify({ action: 'open', id: member, name: 'n' }))
      return link
    }

    test("a session's address is the client's, of streams too; a stranger's word is not taken", async () => {
      const links = [
        await join('a', '198.51.100.1, 203.0.113.7, 10.1.1.1'),
        await join('b', '203.0.113.8', { from: '127.0.0.5' }),
        await join('c', null),
        await join('d', 'rubbish'),
        await join('e', '2001:DB8:0:1::1'),
      ]
      const addresses = []
      for (const member of ['a', 'b', 'c', 'd', 'e']) addresses.push(await addressOf(server, member))
      expect(addresses).toEqual(['203.0.113.7', '127.0.0.5', '127.0.0.1', '127.0.0.1', '2001:db8:0:1::1'])
      const headers = { 'x-forwarded-for': '203.0.113.9' }
      const stream = await fetch(`${server.api.url}/?transport=sse`, { headers })
      const nameless = await server.api.sessions(true)
      expect(nameless.map(({ address }) => address)).toEqual(['203.0.113.9'])
      await stream.body?.cancel()
      for (const link of links) if (!(link instanceof RefusedUpgrade)) link.destroy()
    })

    test('limits go by the client, IPv6 by its network, and by the proxy where it names nobody', async () => {
      const refused = async (forwarded: string | null) =>
        (await join('x', forwarded)) instanceof RefusedUpgrade
      for (const addresses of [
        ['203.0.113.20', '203.0.113.20', '1.2.3.4, 203.0.113.20'],
        ['2001:db8:0:2::1', '2001:db8:0:2::2', '2001:db8:0:2:3:4:5:6'],
        [null, null, null],
      ]) {
        const answers = []
        for (const address of addresses) answers.push(await refused(address))
        expect(answers).toEqual([false, false, true])
      }
      expect(await refused('203.0.113.21')).toBe(false)
      const told = server.lines.filter(line => line.count === 'too_many_connections')
      expect(told[0]).toMatchObject({ level: 40, address: '203.0.113.20' })
    })
  })
})

/** Status, Retry-After and body of a refused event stream. */
async function streamFrom(server: SystoleProcess, from: string): Promise<(string | number | undefined)[]> {
  const { request } = await import('node:http')
  const asked = request({
    host: '127.0.0.1',
    port: server.port('main'),
    path: '/?transport=sse',
    localAddress: from,
  })
  asked.end()
  return new Promise((resolve, reject) => {
    asked.on('error', reject).on('response', response => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => resolve([response.statusCode, response.headers['retry-after'], body]))
    })
  })
}
