import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Crowd, networkOf, Pace } from './crowds.ts'
import { UNLIMITED } from './options/option-kinds.ts'

describe('what counts as one address', () => {
  const table: [string, string][] = [
    ['203.0.113.7', '203.0.113.7'],
    ['', ''],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1:2:3:4', 'fe80:0:0:0::/64'],
    ['::5:6:7:8', '0:0:0:0::/64'],
    ['::4:5:6:7:8', '0:0:0:4::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:203.0.113.7', '1:2:3:4::/64'],
  ]
  for (const [address, network] of table)
    test(`${address} is ${network}`, () => expect(networkOf(address)).toBe(network))

  test('any two addresses of a network', () => {
    const part = fc.integer({ min: 0, max: 0xffff }).map(number => number.toString(16))
    const half = fc.array(part, { minLength: 4, maxLength: 4 })
    const run = (net: string[], one: string[], other: string[]) =>
      expect(networkOf([...net, ...one].join(':'))).toBe(networkOf([...net, ...other].join(':')))
    fc.assert(fc.property(half, half, half, run))
  })
})

test('a crowd keeps nothing of whom it does not count, nor of those who left', () => {
  const crowd = new Crowd()
  crowd.enter('10.0.0.1', UNLIMITED)
  crowd.leave('10.0.0.1', UNLIMITED)
  expect([crowd.size, crowd.isFull('10.0.0.1', UNLIMITED)]).toEqual([0, false])
  crowd.enter('2001:db8::1', 2)
  expect(crowd.isFull('2001:db8::9', 2)).toBe(false)
  crowd.enter('2001:db8::2', 2)
  expect([crowd.isFull('2001:db8::9', 2), crowd.isFull('2001:db9::9', 2)]).toEqual([true, false])
  crowd.leave('2001:db8::2', 2)
  crowd.leave('2001:db8::1', 2)
  expect(crowd.size).toBe(0)
})

describe('pace', () => {
  test('five times as many at once, then so many a second; what is refused is told when to come', () => {
    const pace = new Pace()
    const admitted = (at: number, count: number) =>
      Array.from({ length: count }, () => pace.admit('10.0.0.1', at, 10)).filter(late => late === 0).length
    expect(admitted(0, 100)).toBe(50)
    expect(pace.admit('10.0.0.1', 0, 10)).toBe(100)
    expect(pace.admit('10.0.0.2', 0, 10)).toBe(0)
    expect([admitted(99, 100), admitted(100, 100), admitted(1_100, 100)]).toEqual([0, 1, 10])
    expect(admitted(60_000, 100)).toBe(50)
  })

  test('one a second', () => {
    const pace = new Pace()
    expect([1, 2, 3, 4, 5, 6].map(() => pace.admit('a', 0, 1))).toEqual([0, 0, 0, 0, 0, 1_000])
  })

  test('quiet addresses are forgotten, at once where there is no limit', () => {
    const pace = new Pace()
    for (let i = 0; i < 1_000; i++) pace.admit(`10.0.${i >> 8}.${i & 255}`, i, 100)
    pace.admit('10.9.9.9', 1_000, UNLIMITED)
    expect(pace.size).toBe(1_000)
    pace.tick(1_000)
    expect(pace.size).toBe(9)
    pace.tick(1_010)
    expect(pace.size).toBe(0)
  })
})
