import { expect, test } from 'bun:test'
import { TakeOvers } from './take-overs.ts'

test('the fourth within 60 s is refused and blocks for 60 s; other members are not concerned', () => {
  const takeOvers = new TakeOvers()
  const at = [0, 10_000, 59_999, 59_999]
  expect(at.map(time => takeOvers.allow('a', time))).toEqual([true, true, true, false])
  expect(takeOvers.allow('b', 59_999)).toBe(true)
  expect(takeOvers.allow('a', 119_998)).toBe(false)
  expect(takeOvers.allow('a', 119_999)).toBe(true)
})

test('a sweep forgets only what no longer matters', () => {
  const takeOvers = new TakeOvers()
  for (let i = 0; i < 4; i++) takeOvers.allow('a', i)
  takeOvers.sweep(30_000)
  expect(takeOvers.allow('a', 30_001)).toBe(false)
  takeOvers.sweep(60_003)
  expect(takeOvers.allow('a', 60_003)).toBe(true)
})
