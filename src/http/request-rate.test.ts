// The rate of one caller over time, and that callers who went are forgotten.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { RequestRate } from './request-rate.ts'

test('a second at once, then one at a time', () => {
  const rate = new RequestRate(4)
  for (let i = 0; i < 4; i++) expect(rate.admit('a', 10_000)).toBe(0)
  expect(rate.admit('a', 10_000)).toBe(250)
  expect(rate.admit('b', 10_000)).toBe(0)
  expect(rate.admit('a', 10_249)).toBe(1)
  expect(rate.admit('a', 10_250)).toBe(0)
  expect(rate.admit('a', 10_250)).toBe(250)
})

test('without a limit nothing is kept', () => {
  const rate = new RequestRate(Number.MAX_SAFE_INTEGER)
  for (let i = 0; i < 1_000; i++) expect(rate.admit(`caller ${i}`, 0)).toBe(0)
  expect(rate.size).toBe(0)
})

test('never more than the rate and one second, however they come; and who waits as told gets in', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 200 }),
      (perSecond, gaps) => {
        const rate = new RequestRate(perSecond)
        const admitted: number[] = []
        let now = 0
        for (const gap of gaps) {
          now += gap
          const wait = rate.admit('a', now)
          if (wait > 0) {
            now += wait
            expect(rate.admit('a', now)).toBe(0)
          }
          admitted.push(now)
        }
        for (let i = 0; i < admitted.length; i++) {
          const within = admitted.filter(at => at >= admitted[i]! && at < admitted[i]! + 1_000).length
          expect(within).toBeLessThanOrEqual(2 * perSecond + 1)
        }
      },
    ),
  )
})

test('who kept still is forgotten when many others come', () => {
  const rate = new RequestRate(1)
  for (let i = 0; i < 30_000; i++) rate.admit(`caller ${i}`, i)
  expect(rate.size).toBeLessThan(15_000)
  for (let i = 30_000; i < 30_002; i++) expect(rate.admit('the last', 30_000)).toBe(i === 30_000 ? 0 : 1_000)
})
