import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { admitFrame, type FloodState, frameCost, isOverBytes, type Rate, rateOf } from './flood.ts'
import { settingsOf } from './options/make-settings.ts'

const BOUNDLESS = { bytesPerSecond: 1e15, bytesAtOnce: 1e15 }
const RATE: Rate = { perSecond: 100, burst: 200, ...BOUNDLESS }
const fresh = (): FloodState => ({ floodAhead: -1, bytesAhead: -1, floodSince: -1, floodLast: -1 })
/** The shortest frame that counts for `cost`. */
const costing = (cost: number) => (cost - 1) * 8_192

/** Verdicts of `count` frames at `at`, such as `{ pass: 200, drop: 1 }`. */
function burst(state: FloodState, at: number, count: number, rate = RATE): Record<string, number> {
  const seen: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    const verdict = admitFrame(state, at, rate, 0)
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
    for (let at = 0; at < 600_000; at += 10) expect(admitFrame(state, at, RATE, 0)).toBe('pass')
  })
})

describe('who is cut', () => {
  /** When a link that sends `perSecond` is cut; null when it is not within a minute. */
  function cutAt(state: FloodState, perSecond: number, from = 0): number | null {
    for (let i = 0; i < 60 * perSecond; i++) {
      const at = from + Math.floor((i * 1_000) / perSecond)
      if (admitFrame(state, at, RATE, 0) === 'cut') return at
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
    for (let i = 0; i < 4; i++) expect(admitFrame(state, 0, RATE, costing(50))).toBe('pass')
    expect(admitFrame(state, 0, RATE, 0)).toBe('drop')
    expect(admitFrame(state, 499, RATE, costing(50))).toBe('drop')
    expect(admitFrame(state, 500, RATE, costing(50))).toBe('pass')
  })

  const rates = fc
    .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }))
    .map(([perSecond, more]) => ({ ...RATE, perSecond, burst: perSecond + more }))
  const frames = fc.array(fc.tuple(fc.nat(900), fc.integer({ min: 1, max: 50 })), { maxLength: 80 })

  test('never lets more than burst + rate x time pass, or than one frame where that is dearer', () => {
    const run = (rate: typeof RATE, sent: [number, number][]) => {
      const state = fresh()
      let at = 0
      const passed: [number, number][] = []
      for (const [pause, cost] of sent) {
        at += pause % 3 === 0 ? 0 : pause
        if (admitFrame(state, at, rate, costing(cost)) === 'pass') passed.push([at, cost])
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
        admitFrame(state, at, rate, costing(cost))
      }
      const idle = (1_000 * Math.max(rate.burst, 50)) / rate.perSecond
      expect(admitFrame(state, Math.ceil(at + idle), rate, costing(50))).toBe('pass')
    }
    fc.assert(fc.property(rates, frames, run), { numRuns: 1_000 })
  })

  test('passes alone where it is dearer than the burst, and is paid for afterwards', () => {
    const [state, rate] = [fresh(), { ...RATE, perSecond: 10, burst: 10 }]
    expect(admitFrame(state, 0, rate, costing(50))).toBe('pass')
    expect(admitFrame(state, 4_000, rate, 0)).toBe('drop')
    expect(admitFrame(state, 4_100, rate, 0)).toBe('pass')
    expect(admitFrame(state, 5_100, rate, costing(50))).toBe('pass')
  })
})

describe('bytes', () => {
  const MIB = 2 ** 20
  const KIB: Rate = { perSecond: 1e6, burst: 1e6, bytesPerSecond: 1_000, bytesAtOnce: 8_000 }

  test('so many at once, then so many a second', () => {
    const state = fresh()
    for (let i = 0; i < 8; i++) expect(admitFrame(state, 0, KIB, 1_000)).toBe('pass')
    expect(admitFrame(state, 0, KIB, 1)).toBe('drop')
    expect(isOverBytes(state, 0, KIB, 1)).toBe(true)
    expect(admitFrame(state, 999, KIB, 1_000)).toBe('drop')
    expect(admitFrame(state, 1_000, KIB, 1_000)).toBe('pass')
    expect(admitFrame(state, 9_000, KIB, 8_000)).toBe('pass')
  })

  test('exactly the rate passes for ever, more than that is cut after 3 s', () => {
    const even = fresh()
    for (let at = 0; at < 600_000; at += 100) expect(admitFrame(even, at, KIB, 100)).toBe('pass')
    const greedy = fresh()
    const verdicts = new Map<string, number>()
    for (let at = 0; at < 20_000; at += 100) {
      const verdict = admitFrame(greedy, at, KIB, 200)
      if (!verdicts.has(verdict)) verdicts.set(verdict, at)
    }
    const { pass, drop, cut } = Object.fromEntries(verdicts)
    expect([pass, cut! - drop!]).toEqual([0, 3_000])
  })

  test('what is dropped for its bytes costs no frame, and the other way round', () => {
    const [state, rate] = [fresh(), { perSecond: 1, burst: 2, bytesPerSecond: 10, bytesAtOnce: 10 }]
    expect(admitFrame(state, 0, rate, 10)).toBe('pass')
    expect([admitFrame(state, 0, rate, 5), isOverBytes(state, 0, rate, 5)]).toEqual(['drop', true])
    expect(admitFrame(state, 0, rate, 0)).toBe('pass')
    expect([admitFrame(state, 0, rate, 0), isOverBytes(state, 0, rate, 0)]).toEqual(['drop', false])
    expect(admitFrame(state, 1_000, rate, 10)).toBe('pass')
  })

  test('a message as large as any may be passes on a quiet connection, whatever the limit', () => {
    const limits = settingsOf({}).limits
    const run = (bytes: number, maxMessage: number) => {
      const rate = rateOf({ rate: { perSecond: 100, burst: 200 }, limits: { ...limits, bytes }, maxMessage })
      expect(rate.bytesAtOnce).toBe(Math.max(8 * bytes, maxMessage))
      const state = fresh()
      expect(admitFrame(state, 0, rate, maxMessage)).toBe('pass')
      // and a beat soon after it
      expect(admitFrame(state, 2_000, rate, 12)).toBe('pass')
    }
    fc.assert(
      fc.property(fc.integer({ min: 1_024, max: 2 ** 40 }), fc.integer({ min: 1_024, max: 64 * MIB }), run),
    )
  })

  test('never more than burst + rate x time, or than one frame where that is larger', () => {
    const sent = fc.array(fc.tuple(fc.nat(3_000), fc.nat(20_000)), { maxLength: 80 })
    const run = (frames: [number, number][]) => {
      const state = fresh()
      let at = 0
      const passed: [number, number][] = []
      for (const [pause, length] of frames) {
        at += pause
        if (admitFrame(state, at, KIB, length) === 'pass') passed.push([at, length])
      }
      for (const [i, [from]] of passed.entries()) {
        let spent = 0
        for (const [till, length] of passed.slice(i)) {
          spent += length
          expect(spent).toBeLessThanOrEqual(20_000 + (till - from) + 1e-6)
        }
      }
    }
    fc.assert(fc.property(sent, run), { numRuns: 500 })
  })
})
