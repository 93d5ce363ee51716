import { describe, expect, test } from 'bun:test'
import { NEVER } from '../core/clock.ts'
import { monotonic, orNull, WallTime } from './monotonic.ts'

function setUp() {
  const clock = { at: 500, wall: 1_700_000_000_500 }
  const time = new WallTime({ now: () => clock.at }, () => clock.wall)
  const pass = (ms: number) => {
    clock.at += ms
    clock.wall += ms
  }
  return { clock, time, pass }
}

test('the monotonic clock gives whole milliseconds that never fall', () => {
  const [a, b] = [monotonic.now(), monotonic.now()]
  expect(Number.isInteger(a)).toBe(true)
  expect(b).toBeGreaterThanOrEqual(a)
})

describe('wall time', () => {
  test('follows the monotonic clock, also before its start', () => {
    const { time } = setUp()
    expect(time.told(500)).toBe(1_700_000_000_500)
    expect(time.told(750)).toBe(1_700_000_000_750)
    expect(time.told(-9_500)).toBe(1_699_999_990_500)
    expect(time.told(NEVER)).toBe(NEVER)
    expect(orNull(time.told(NEVER))).toBeNull()
  })

  test('set forwards: from then on at once; what was told stays', () => {
    const { clock, time, pass } = setUp()
    pass(1_000)
    clock.wall += 3_600_000
    const before = time.told(1_500)
    time.correct()
    expect(time.told(1_499)).toBe(before - 1)
    expect(time.told(1_500)).toBe(clock.wall)
    expect(time.told(500)).toBe(1_700_000_000_500)
  })

  test('set backwards: stands still until the wall has caught up', () => {
    const { clock, time, pass } = setUp()
    pass(1_000)
    const before = time.told(clock.at)
    clock.wall -= 10_000
    time.correct()
    for (const ms of [0, 4_000, 5_999]) {
      pass(ms === 0 ? 0 : 1)
      expect(time.told(1_500 + ms)).toBe(before)
    }
    expect(time.told(1_500 + 12_000)).toBe(before + 2_000)
    expect(time.told(700)).toBe(1_700_000_000_700)
  })

  test('jumps both ways, for ever: never falls, and tells the same of the same', () => {
    const { clock, time, pass } = setUp()
    let last = 0
    const told = new Map<number, number>()
    for (let i = 0; i < 60; i++) {
      pass(60_000)
      clock.wall += ((i * 7_919) % 13) * 1_000 - 6_000
      time.correct()
      const now = time.told(clock.at)
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
      told.set(clock.at, now)
    }
    for (const [at, wall] of told) expect(time.told(at)).toBe(wall)
  })

  test('a clock that drifts for years costs no memory worth the name and still never falls', () => {
    const { clock, time, pass } = setUp()
    let last = 0
    for (let i = 0; i < 10_001; i++) {
      pass(60_000)
      clock.wall += i % 2 === 0 ? 30 : -20
      time.correct()
      const now = time.told(clock.at)
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
    expect(Math.abs(last - clock.wall)).toBeLessThan(100)
    let before = Number.NEGATIVE_INFINITY
    for (let at = clock.at - 100 * 60_000; at <= clock.at; at += 13) {
      const told = time.told(at)
      if (told < before) throw new Error(`${at} is told as ${told}, after ${before}`)
      before = told
    }
  })

  test('gives what ends at a moment a deadline by the clock as it is now, and says how far it was set', () => {
    const { clock, time, pass } = setUp()
    pass(1_000)
    expect([time.wall(), time.deadline(clock.wall + 5_000), time.skew]).toEqual([clock.wall, 6_500, 0])
    clock.wall -= 7_200_000
    expect(time.deadline(clock.wall + 5_000)).toBe(6_500)
    expect(time.skew).toBe(7_200_000)
    expect(time.correct()).toBe(0)
    pass(60_000)
    expect(time.skew).toBe(7_140_000)
    clock.wall += 9_000_000
    expect(time.skew).toBe(7_140_000 - 9_000_000)
    expect(time.correct()).toBe(9_000_000 - 7_140_000)
    expect(time.skew).toBe(0)
    clock.wall += 999
    expect(time.skew).toBe(0)
  })

  test('finds the monotonic time of a moment on the wall', () => {
    const { time } = setUp()
    expect(time.monotonic(1_700_000_000_000)).toBe(0)
    // 40 days before the start: beyond what NEVER stands for
    const old = 1_700_000_000_000 - 40 * 86_400_000
    expect(time.told(time.monotonic(old))).toBe(old)
  })
})
