import { expect, test } from 'bun:test'
import { DEAD_AFTER, retryAfter, retryIn } from './retry.ts'

const HOUR = 3_600_000

test.each([
  [1, 500, 1_000],
  [2, 1_000, 2_000],
  [3, 2_000, 4_000],
  [10, 256_000, 512_000],
  [12, 1_024_000, 2_048_000],
  [13, HOUR / 2, HOUR],
  [14, HOUR / 2, HOUR],
  [5_000, HOUR / 2, HOUR],
])('after %i failures between %i and %i ms', (failures, least, most) => {
  expect([retryIn(failures, 0, null), retryIn(failures, 0.999_999_999, null)]).toEqual([least, most])
})

test('what it asked for goes before where it is longer, up to a day', () => {
  expect(retryIn(1, 0, 30_000)).toBe(30_000)
  expect(retryIn(10, 0, 30_000)).toBe(256_000)
  expect(retryIn(1, 0, 1e12)).toBe(24 * HOUR)
})

test.each([
  ['0', 0],
  ['120', 120_000],
  ['Tue, 14 Nov 2023 22:13:30 GMT', 10_000],
  ['Tue, 14 Nov 2023 22:13:10 GMT', 0],
  ['soon', null],
  ['-5', null],
  ['1e3', null],
  ['', null],
  [null, null],
])('Retry-After %p', (header, ms) => {
  expect(retryAfter(header, Date.UTC(2023, 10, 14, 22, 13, 20))).toBe(ms)
})

test('dead after five days', () => {
  expect(DEAD_AFTER).toBe(432_000_000)
})
