import { describe, expect, test } from 'bun:test'
import { admitFrame, type FloodState } from './flood.ts'

const RATE = { perSecond: 100, burst: 200 }
const fresh = (): FloodState => ({ floodAhead: -1, floodSince: -1, floodLast: -1 })

/** Verdicts of `count` frames at `at`, such as `{ pass: 200, drop: 1 }`. */
function burst(state: FloodState, at: number, count: number, rate = RATE): Record<string, number> {
  const seen: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    const verdict = admitFrame(state, at, rate)
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
    for (let at = 0; at < 600_000; at += 10) expect(admitFrame(state, at, RATE)).toBe('pass')
  })
})

describe('who is cut', () => {
  /** When a link that sends `perSecond` is cut; null when it is not within a minute. */
  function cutAt(state: FloodState, perSecond: number, from = 0): number | null {
    for (let i = 0; i < 60 * perSecond; i++) {
      const at = from + Math.floor((i * 1_000) / perSecond)
      if (admitFrame(state, at, RATE) === 'cut') return at
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
