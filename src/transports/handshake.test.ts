import { expect, test } from 'bun:test'
import { chosenProtocol, type HeaderOf, isUpgrade, plainAddress, readOffer } from './handshake.ts'

const GOOD = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }

function headers(values: Readonly<Record<string, string>>): HeaderOf {
  return name => values[name] ?? null
}

test('protocols come in the order in which they were offered', () => {
  const offer = readOffer('GET', headers({ ...GOOD, 'sec-websocket-protocol': 'foo, systole.v1,bar' }))
  expect(offer).toEqual({ ok: true, protocols: ['foo', 'systole.v1', 'bar'] })
})

test('an offer that is empty, doubled or no token is refused', () => {
  for (const value of ['', 'a,,b', 'a, a', 'a b', 'a;b']) {
    const offer = readOffer('GET', headers({ ...GOOD, 'sec-websocket-protocol': value }))
    expect(offer).toMatchObject({ ok: false, status: 400 })
  }
})

test('only an Upgrade header that says websocket is an upgrade', () => {
  expect(isUpgrade(headers({ upgrade: 'WebSocket' }))).toBe(true)
  expect(isUpgrade(headers({ upgrade: 'h2c' }))).toBe(false)
  expect(isUpgrade(headers({}))).toBe(false)
})

test('a protocol is named only if it was chosen and offered', () => {
  const accept = (protocol?: string) =>
    protocol === undefined
      ? ({ accept: true, data: 0 } as const)
      : ({ accept: true, data: 0, protocol } as const)
  expect(chosenProtocol(accept(), ['a'])).toBe('')
  expect(chosenProtocol(accept('a'), ['b', 'a'])).toBe('a')
  expect(chosenProtocol(accept('a'), ['b'])).toBe('')
})

test('an IPv4 address in IPv6 clothes is given as IPv4', () => {
  expect(plainAddress('::ffff:10.0.0.1')).toBe('10.0.0.1')
  expect(plainAddress('2001:db8::1')).toBe('2001:db8::1')
  expect(plainAddress(undefined)).toBe('')
})
