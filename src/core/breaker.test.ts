import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { BREAKER_DEFAULTS, Breaker } from './breaker.ts'

describe('breaker', () => {
  test('trips exactly when a naive window of 50 buckets does', () => {
    const step = fc.tuple(fc.nat(700), fc.nat(40))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const breaker = new Breaker(BREAKER_DEFAULTS, 0)
        const fallen: { at: number; count: number }[] = []
        let at = 0
        for (const [pause, count] of steps) {
          at += pause
          fallen.push({ at, count })
          const bucket = (time: number) => Math.floor(time / 100)
          const recent = fallen.filter(entry => bucket(entry.at) > bucket(at) - 50)
          const sum = recent.reduce((n, entry) => n + entry.count, 0)
          const tripped = breaker.fell(count, 300, at)
          expect(tripped).toBe(sum >= 100 && sum > 90)
          if (tripped) return
        }
      }),
      { numRuns: 500 },
    )
  })

  test('is held until a window is calm', () => {
    const breaker = new Breaker(BREAKER_DEFAULTS, 0)
    expect(breaker.fell(500, 1_000, 100)).toBe(true)
    expect(breaker.calmed(1_000, 5_000)).toBe(false)
    expect(breaker.fell(10, 1_000, 5_050)).toBe(false)
    expect(breaker.calmed(1_000, 5_100)).toBe(false)
    expect(breaker.calmed(1_000, 10_000)).toBe(true)
    expect(breaker.held).toBe(false)
    expect(breaker.calmed(1_000, 10_100)).toBe(false)
  })

  test('its credit never exceeds a tenth of a second', () => {
    const breaker = new Breaker(BREAKER_DEFAULTS, 0)
    breaker.fell(500, 1_000, 0)
    breaker.calmed(1_000, 30_000)
    expect(breaker.budget(30_000)).toBe(0)
    expect(breaker.budget(30_050)).toBe(50)
    breaker.spend(50)
    expect(breaker.budget(40_000)).toBe(100)
  })
})
