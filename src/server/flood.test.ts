import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { admitFrame, type FloodState, frameCost } from './flood.ts'

const RATE = { perSecond: 100, burst: 200 }
const fresh = (): FloodState => ({ floodAhead: -1, floodSince: -1, floodLast: -1 })

/** Verdicts of `count` frames at `at`, such as `{ pass: 200, drop: 1 }`. */
function burst(state: FloodState, at: number, count: number, rate = RATE): Record<string, number> {
  const seen: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    const verdict = admitFrame(state, at, rate, 1)
    seen[verdict] = (seen[verdict] ?? 0) + 1
  }
  return seen
}

describe('how many pass', () => {
  // frames sent before at 0, then frames at `at`: what happens to them
  const table: [number, number, number, Record<string, number>][] = [
    [0, 0, 200, { pass: 200 }],
    [0, 0, 201, { pass: 200, drop: 1 }],
    [200, 9, 1, { drop: 1 }],
    [200, 10, 2, { pass: 1, drop: 1 }],
    [200, 1_000, 101, { pass: 100, drop: 1 }],
    [200, 2_000, 201, { pass: 200, drop: 1 }],
    [200, 3_600_000, 201, { pass: 200, drop: 1 }],
    [100, 0, 101, { pass: 100, drop: 1 }],
  ]
  for (const [before, at, frames, verdicts] of table)
    test(`${before} at 0, then ${frames} at ${at}`, () => {
      const state = fresh()
      burst(state, 0, before)
      expect(burst(state, at, frames)).toEqual(verdicts)
    })

  test('exactly the rate passes for ever', () => {
    const state = fresh()
    for (let at = 0; at < 600_000; at += 10) expect(admitFrame(state, at, RATE, 1)).toBe('pass')
  })
})

describe('who is cut', () => {
  /** When a link that sends `perSecond` is cut; null when it is not within a minute. */
  function cutAt(state: FloodState, perSecond: number, from = 0): number | null {
    for (let i = 0; i < 60 * perSecond; i++) {
      const at = from + Math.floor((i * 1_000) / perSecond)
      if (admitFrame(state, at, RATE, 1) === 'cut') return at
    }
    return null
  }

  test('3 s after the first frame that was over', () => {
    const state = fresh()
    burst(state, 0, 201)
    // at 3,000 itself one frame is within the rate again
    expect(cutAt(state, 1_000)).toBe(3_001)
    expect(cutAt(fresh(), 200)).toBe(4_995)
    expect(cutAt(fresh(), 101)).toBeNull()
    expect(cutAt(fresh(), 110)).not.toBeNull()
  })

  test('not for a burst that was over once and keeps to the rate afterwards', () => {
    const state = fresh()
    burst(state, 0, 250)
    expect(cutAt(state, 99)).toBeNull()
    expect(burst(state, 60_000, 300)).not.toHaveProperty('cut')
  })
})

describe('a large frame', () => {
  test('counts for one more with each 8 KiB, for 50 at most', () => {
    const lengths = [0, 8_191, 8_192, 16_383, 16_384, 65_536, 401_407, 401_408, 2 ** 22]
    expect(lengths.map(frameCost)).toEqual([1, 1, 2, 2, 3, 9, 49, 50, 50])
  })

  test('takes the place of so many small ones, also when they came first', () => {
    const state = fresh()
    for (let i = 0; i < 4; i++) expect(admitFrame(state, 0, RATE, 50)).toBe('pass')
    expect(admitFrame(state, 0, RATE, 1)).toBe('drop')
    expect(admitFrame(state, 499, RATE, 50)).toBe('drop')
    expect(admitFrame(state, 500, RATE, 50)).toBe('pass')
  })

  const rates = fc
    .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }))
    .map(([perSecond, more]) => ({ perSecond, burst: perSecond + more }))
  const frames = fc.array(fc.tuple(fc.nat(900), fc.integer({ min: 1, max: 50 })), { maxLength: 80 })

  test('never lets more than burst + rate x time pass, or than one frame where that is dearer', () => {
    const run = (rate: typeof RATE, sent: [number, number][]) => {
      const state = fresh()
      let at = 0
      const passed: [number, number][] = []
      for (const [pause, cost] of sent) {
        at += pause % 3 === 0 ? 0 : pause
        if (admitFrame(state, at, rate, cost) === 'pass') passed.push([at, cost])
      }
      for (const [i, [from]] of passed.entries()) {
        let spent = 0
        for (const [till, cost] of passed.slice(i)) {
          spent += cost
          const most = Math.max(rate.burst, 50) + (rate.perSecond * (till - from)) / 1_000
          expect(spent).toBeLessThanOrEqual(most + 1e-6)
        }
      }
    }
    fc.assert(fc.property(rates, frames, run), { numRuns: 1_000 })
  })

  test('may always be sent by a link that was idle', () => {
    const run = (rate: typeof RATE, sent: [number, number][]) => {
      const state = fresh()
      let at = 0
      for (const [pause, cost] of sent) {
        at += pause
        admitFrame(state, at, rate, cost)
      }
      const idle = (1_000 * Math.max(rate.burst, 50)) / rate.perSecond
      expect(admitFrame(state, Math.ceil(at + idle), rate, 50)).toBe('pass')
    }
    fc.assert(fc.property(rates, frames, run), { numRuns: 1_000 })
  })

  test('passes alone where it is dearer than the burst, and is paid for afterwards', () => {
    const [state, rate] = [fresh(), { perSecond: 10, burst: 10 }]
    expect(admitFrame(state, 0, rate, 50)).toBe('pass')
    expect(admitFrame(state, 4_000, rate, 1)).toBe('drop')
    expect(admitFrame(state, 4_100, rate, 1)).toBe('pass')
    expect(admitFrame(state, 5_100, rate, 50)).toBe('pass')
  })
})
