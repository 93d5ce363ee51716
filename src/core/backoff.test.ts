// The wait before the next try: never below the floor, never above the ceiling, and spread over all between.

import { expect, test } from 'bun:test'
import { backoff } from './backoff.ts'

test.each([
  [0, 0, 250],
  [0, 0.5, 500],
  [0, 0.999999, 1_000],
  [3, 0.5, 4_000],
  [5, 0.5, 15_000],
  [5_000, 0.999999, 30_000],
  [5_000, 0, 250],
])('after %i tries with chance %p: %i ms', (tries, chance, ms) => {
  expect(backoff(tries, chance)).toBe(ms)
})
