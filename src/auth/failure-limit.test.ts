// Wrong keys and tokens per address and minute.

import { expect, test } from 'bun:test'
import { FailureLimit } from './failure-limit.ts'

function make(most: number | null) {
  const clock = { at: 0, now: () => clock.at }
  const reached: string[] = []
  const isLocal = (address: string) => address === '127.0.0.1'
  const limit = new FailureLimit(most, isLocal, clock, (address, most) => reached.push(`${address} ${most}`))
  const fail = (address: string, times: number) => {
    for (let i = 0; i < times; i++) limit.failed(address)
  }
  return { clock, limit, fail, reached }
}

test('the last one allowed is looked at, the next is not, and a minute after the first all are again', () => {
  const { clock, limit, fail } = make(3)
  expect(limit.wait('a')).toBe(0)
  fail('a', 2)
  clock.at = 10_000
  expect(limit.wait('a')).toBe(0)
  fail('a', 1)
  expect(limit.wait('a')).toBe(50_000)
  expect(limit.wait('b')).toBe(0)
  clock.at = 59_999
  expect(limit.wait('a')).toBe(1)
  clock.at = 60_000
  expect(limit.wait('a')).toBe(0)
  fail('a', 1)
  expect(limit.wait('a')).toBe(0)
})

test('by default 60, and none for this machine', () => {
  const { limit, fail } = make(null)
  fail('192.0.2.1', 59)
  fail('127.0.0.1', 1_000)
  expect([limit.wait('192.0.2.1'), limit.wait('127.0.0.1')]).toEqual([0, 0])
  fail('192.0.2.1', 1)
  expect(limit.wait('192.0.2.1')).toBe(60_000)
})

test('as it is set, it holds for this machine too', () => {
  const { limit, fail } = make(2)
  fail('127.0.0.1', 2)
  expect(limit.wait('127.0.0.1')).toBe(60_000)
})

test('a network of IPv6 counts as one address', () => {
  const { limit, fail } = make(1)
  fail('2001:db8:0:7::1', 1)
  for (const same of [
    '2001:db8:0:7:ffff::2',
    '2001:0db8:0000:0007:1:2:3:4',
    '2001:DB8:0:7::',
    '2001:db8:0:7::1%eth0',
  ])
    expect(limit.wait(same)).toBe(60_000)
  for (const other of ['2001:db8:0:8::1', '2001:db8::7:0:0:1', '::1', '::', 'fe80::7', '192.0.2.1', ''])
    expect(limit.wait(other)).toBe(0)
  fail('::ffff:192.0.2.1', 1)
  expect(limit.wait('::ffff:192.0.2.2')).toBe(0)
})

test('remembers 10,000 addresses, those that failed last', () => {
  const { limit, fail } = make(1)
  for (let i = 0; i < 25_000; i++) fail(`10.0.${i >> 8}.${i & 255}`, 1)
  expect(limit.size).toBe(10_000)
  expect(limit.wait('10.0.0.0')).toBe(0)
  expect(limit.wait(`10.0.${24_999 >> 8}.${24_999 & 255}`)).toBe(60_000)
})

test('says when it is reached, once each time', () => {
  const { clock, fail, reached } = make(3)
  fail('a', 2)
  fail('b', 1)
  expect(reached).toEqual([])
  fail('a', 5)
  expect(reached).toEqual(['a 3'])
  clock.at = 60_000
  fail('a', 3)
  expect(reached).toEqual(['a 3', 'a 3'])
})
