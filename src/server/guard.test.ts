import { describe, expect, test } from 'bun:test'
import { guard, isLoopback, rulesOf } from './guard.ts'
import { settingsOf } from './options/make-settings.ts'

const CLOSED = { local: true, https: false, origins: [] as string[] }
const OPEN = { local: false, https: false, origins: [] as string[] }

describe('host', () => {
  const table: [string | null, boolean][] = [
    ['localhost', true],
    ['localhost:9502', true],
    ['LOCALHOST:9502', true],
    ['app.localhost', true],
    ['a.b-c.localhost:1', true],
    ['127.0.0.1:9502', true],
    ['127.1.2.3', true],
    ['[::1]:9502', true],
    ['[::1]', true],
    [null, false],
    ['', false],
    [':9502', false],
    ['example.org', false],
    ['localhost.example.org', false],
    ['127.0.0.1.example.org', false],
    ['127.0.0.1.nip.io:9502', false],
    ['notlocalhost', false],
    ['.localhost', false],
    ['example.org?.localhost', false],
    ['example.org/.localhost', false],
    ['example.org#localhost', false],
    ['localhost@example.org', false],
    ['example.org@localhost', false],
    ['localhost:9502:9502', false],
    ['localhost:x', false],
    ['localhost\n', false],
    ['localhost, example.org', false],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['[::]', false],
    ['[::1', false],
    ['::1', false],
    ['[fe80::1]', false],
    ['[::1].example.org', false],
  ]
  for (const [host, passes] of table)
    test(`${JSON.stringify(host)} ${passes ? 'passes' : 'is refused'}`, () =>
      expect(guard(CLOSED, host, null) === null).toBe(passes))

  test('any with --open', () => {
    for (const host of ['example.org', '10.0.0.1:9502', null]) expect(guard(OPEN, host, null)).toBeNull()
  })
})

describe('origin', () => {
  const table: [string, boolean][] = [
    ['http://localhost', true],
    ['http://localhost:3000', true],
    ['https://LocalHost:3000', true],
    ['http://127.0.0.1:8080', true],
    ['http://[::1]:8080', true],
    ['http://app.localhost', true],
    ['null', false],
    ['', false],
    ['http://', false],
    ['https://example.org', false],
    ['http://localhost.example.org', false],
    ['http://localhost@example.org', false],
    ['http://example.org:80@localhost', false],
    ['http://example.org?.localhost', false],
    ['http://localhost http://example.org', false],
    ['http://localhost, http://example.org', false],
    ['http://localhost, example.org', false],
    ['file://localhost', false],
    ['ws://localhost', false],
    ['chrome-extension://localhost', false],
    ['localhost', false],
    ['http://localhost/', false],
  ]
  for (const [origin, passes] of table)
    test(`${JSON.stringify(origin)} ${passes ? 'passes' : 'is refused'}`, () =>
      expect(guard(CLOSED, 'localhost', origin) === null).toBe(passes))

  test('listed ones pass exactly as listed', () => {
    const options = { ...CLOSED, origins: ['https://example.org', 'null'] }
    const passes = (origin: string) => guard(options, 'localhost', origin) === null
    expect(['https://example.org', 'null'].every(passes)).toBe(true)
    expect(['http://example.org', 'https://example.org:444', 'https://a.example.org'].some(passes)).toBe(
      false,
    )
  })

  test('with --open the page of this very host passes, others do not', () => {
    expect(guard(OPEN, 'example.org:9502', 'http://example.org:9502')).toBeNull()
    expect(guard(OPEN, 'example.org:9502', 'http://example.org')).not.toBeNull()
    expect(guard(OPEN, 'example.org', 'https://other.org')).not.toBeNull()
    expect(guard(OPEN, 'example.org', 'null')).not.toBeNull()
    expect(guard(OPEN, null, 'null')).not.toBeNull()
  })
})

test('where TLS is spoken a page of this very host passes only if it came by https', () => {
  const rules = { ...OPEN, https: true }
  expect(guard(rules, 'example.org', 'https://example.org')).toBeNull()
  expect(guard(rules, 'example.org:8443', 'https://example.org:8443')).toBeNull()
  expect(guard(rules, 'example.org', 'http://example.org')).not.toBeNull()
  expect(guard(rules, 'example.org', 'https://example.org:8443')).not.toBeNull()
  // behind a proxy that ends TLS the server itself is plain, and cannot know
  expect(guard(OPEN, 'example.org', 'https://example.org')).toBeNull()
})

describe('whether only names of this machine are served', () => {
  const auth = { secret: 'x'.repeat(32) }
  const trustedProxy = ['127.0.0.1']
  const table: [string, Parameters<typeof settingsOf>[0], string, boolean][] = [
    ['open mode', {}, '127.0.0.1', true],
    ['open mode with --open', { open: true }, '0.0.0.0', false],
    ['open mode behind a proxy', { trustedProxy }, '127.0.0.1', true],
    ['auth, on this machine only', { auth }, '127.0.0.1', true],
    ['auth, on this machine only, by name', { auth }, 'localhost', true],
    ['auth, on this machine only, --open', { auth, open: true }, '::1', false],
    ['auth, on this machine for a proxy', { auth, trustedProxy }, '127.0.0.1', false],
    ['auth, for all', { auth }, '0.0.0.0', false],
    ['auth, for all (IPv6)', { auth }, '::', false],
  ]
  for (const [name, config, address, local] of table)
    test(`${name}: ${local}`, () => expect(rulesOf(settingsOf(config), address).local).toBe(local))

  test('other origins are never let in by auth', () => {
    const rules = rulesOf(settingsOf({ auth }), '0.0.0.0')
    expect(guard(rules, 'example.org', 'https://evil.example')).not.toBeNull()
    expect(guard(rules, 'rebound.example', 'http://rebound.example')).toBeNull()
  })
})

test('a refusal names the option that would let it in, and quotes no more than a bit', () => {
  expect(guard(CLOSED, 'example.org', null)?.message).toContain('--open')
  expect(guard(CLOSED, 'localhost', 'https://example.org')?.message).toContain(
    '--origin "https://example.org"',
  )
  expect(guard(CLOSED, `${'a'.repeat(10_000)}\u001b[31m`, null)!.message.length).toBeLessThan(250)
})

test('addresses of this machine', () => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1']) expect(isLoopback(address)).toBe(true)
  for (const address of ['10.0.0.1', '', '::', 'fe80::1', '1127.0.0.1'])
    expect(isLoopback(address)).toBe(false)
})
