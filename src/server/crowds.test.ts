import { describe, expect, test } from 'bun:test'
import { Crowd, Pace } from './crowds.ts'
import { UNLIMITED } from './options/option-kinds.ts'

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
