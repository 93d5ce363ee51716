import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Proxies } from './proxies.ts'

const PROXIES = new Proxies(['10.0.0.0/8', '127.0.0.1', 'fd00::/8', '::1'])

/** Whose a request is that came from `address` with this X-Forwarded-For. */
function clientOf(address: string, forwarded: string | null, proxies = PROXIES): string {
  return proxies.clientOf(address, { header: name => (name === 'x-forwarded-for' ? forwarded : FORGED) })
}
/** In every other header. */
const FORGED = 'for=203.0.113.66, 203.0.113.66'

describe('behind a trusted proxy', () => {
  const table: [string, string | null, string][] = [
    ['one proxy', '203.0.113.7', '203.0.113.7'],
    ['two proxies', '203.0.113.7, 10.0.0.2', '203.0.113.7'],
    ['what the client said itself stands before its own address', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['and may be of this machine', '127.0.0.1, 203.0.113.7, 10.9.9.9', '203.0.113.7'],
    ['no header', null, '127.0.0.1'],
    ['an empty header', '', '127.0.0.1'],
    ['commas only', ',, ,', '127.0.0.1'],
    ['garbage last', '203.0.113.7, unknown', '127.0.0.1'],
    ['garbage before a proxy', '203.0.113.7, _hidden, 10.0.0.2', '10.0.0.2'],
    ['a number out of range', '203.0.113.256', '127.0.0.1'],
    ['an empty place', '203.0.113.7,,10.0.0.2', '10.0.0.2'],
    ['only proxies', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['another loopback, which the proxy itself may have', '127.0.0.9', '127.0.0.1'],
    ['the same behind more proxies', '203.0.113.7, 127.0.0.9, 10.0.0.2', '10.0.0.2'],
    ['the same as IPv6', '::ffff:127.0.0.9', '127.0.0.1'],
    ['no space', '203.0.113.7,10.0.0.2', '203.0.113.7'],
    ['IPv6', '2001:DB8::7, fd12::1', '2001:db8::7'],
    ['IPv6 in brackets with a port', '[2001:db8::7]:4711', '2001:db8::7'],
    ['IPv4 with a port', '203.0.113.7:4711', '203.0.113.7'],
    ['IPv4 written as IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['a proxy written as IPv6', '203.0.113.7, ::ffff:10.0.0.2', '203.0.113.7'],
    ['a zone', 'fe80::1%eth0', '127.0.0.1'],
    ['a name', 'example.org', '127.0.0.1'],
    ['a control character', '203.0.113.7\u0007', '127.0.0.1'],
  ]
  for (const [name, forwarded, client] of table)
    test(`${name}: ${forwarded}`, () => expect(clientOf('127.0.0.1', forwarded)).toBe(client))

  test('of any address of a trusted network', () => {
    expect(clientOf('10.255.0.9', '203.0.113.7')).toBe('203.0.113.7')
    expect(clientOf('fd12:3::4', '203.0.113.7')).toBe('203.0.113.7')
    expect(clientOf('::1', '203.0.113.7')).toBe('203.0.113.7')
  })
})

test("a stranger's header is not looked at; nor is any where no proxy is trusted", () => {
  expect(clientOf('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9')
  expect(clientOf('11.0.0.1', '127.0.0.1')).toBe('11.0.0.1')
  expect(clientOf('fe00::1', '127.0.0.1')).toBe('fe00::1')
  expect(clientOf('127.0.0.1', '198.51.100.1', new Proxies([]))).toBe('127.0.0.1')
  expect(clientOf('', '198.51.100.1')).toBe('')
})

test('whatever a client writes in front, the address its proxy saw is what counts', () => {
  const run = (said: string, client: string) =>
    expect(clientOf('10.0.0.1', `${said}, ${client}, 10.0.0.2`)).toBe(client)
  const stranger = fc.ipV4().filter(address => !/^(10|127)\./.test(address))
  fc.assert(fc.property(fc.string(), stranger, run))
})

test('whom a proxy elsewhere calls this machine is not', () => {
  const proxies = new Proxies(['192.0.2.2'])
  const run = (said: string) => {
    const client = clientOf('192.0.2.2', said, proxies)
    expect([said, proxies.isLocal(client)]).toEqual([said, false])
  }
  for (const said of [
    '127.0.0.1',
    '::1',
    '[::1]:80',
    '127.9.9.9',
    '::ffff:127.0.0.1',
    '203.0.113.7, 127.0.0.1',
  ])
    run(said)
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('127.0.0.1')), run))
})

test('of this machine is what is no proxy', () => {
  const local = ['127.0.0.1', '127.0.0.2', '::1', '10.0.0.1', '203.0.113.7', ''].map(address =>
    PROXIES.isLocal(address),
  )
  expect(local).toEqual([false, true, false, false, false, false])
  expect(new Proxies([]).isLocal('127.0.0.1')).toBe(true)
})

test('a header of 16 KiB is no work', () => {
  const long = `${'10.0.0.1,'.repeat(2_000)}10.0.0.1`
  const begin = performance.now()
  expect(clientOf('10.0.0.1', long)).toBe('10.0.0.1')
  expect(clientOf('10.0.0.1', ','.repeat(16_000))).toBe('10.0.0.1')
  expect(clientOf('10.0.0.1', ' '.repeat(16_000))).toBe('10.0.0.1')
  expect(clientOf('10.0.0.1', `${'1'.repeat(16_000)}`)).toBe('10.0.0.1')
  expect(performance.now() - begin).toBeLessThan(250)
})
