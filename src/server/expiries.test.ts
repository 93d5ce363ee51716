import { describe, expect, test } from 'bun:test'
import { grantOf } from '../../test/support/fake-authority.ts'
import type { Connection } from './connection.ts'
import { Expiries } from './expiries.ts'
import { Pass } from './pass.ts'

const NOW = 1_700_000_000_000

function setUp() {
  const ended: number[] = []
  const clock = { at: 1_000, set: 0 }
  const wall = () => NOW - 1_000 + clock.at + clock.set
  const expiries = new Expiries(
    clock.at,
    moment => clock.at + moment - wall(),
    pass => ended.push((pass.grant.expires ?? 0) - NOW),
  )
  /** The tick at so many ms after the start. */
  const tick = (ms: number) => {
    clock.at = 1_000 + ms
    expiries.tick(clock.at)
  }
  const note = (ms: number | null) => {
    const pass = new Pass({} as Connection, grantOf('7', { expires: ms === null ? null : NOW + ms }))
    expiries.note(pass)
    return pass
  }
  return { ended, expiries, note, tick, clock }
}

describe('a pass', () => {
  test('ends once, at its moment and not before', () => {
    const { ended, expiries, note, tick } = setUp()
    note(1_000)
    note(250)
    tick(200)
    expect(ended).toEqual([])
    tick(300)
    expect(ended).toEqual([250])
    tick(999)
    tick(5_000)
    expect(ended).toEqual([250, 1_000])
    expect(expiries.size).toBe(0)
  })

  test('far beyond the wheel ends at its moment too', () => {
    const { ended, note, tick } = setUp()
    note(3_600_000)
    for (let ms = 0; ms < 3_600_000; ms += 20_000) tick(ms)
    expect(ended).toEqual([])
    tick(3_600_000)
    expect(ended).toEqual([3_600_000])
  })

  test('a later note takes the place of the one before; without an end there is none', () => {
    const { ended, expiries, note, tick } = setUp()
    const pass = note(1_000)
    pass.renew(grantOf('7', { expires: NOW + 9_000 }))
    expiries.note(pass)
    const other = note(1_000)
    other.renew(grantOf('7'))
    expiries.note(other)
    tick(8_000)
    expect([ended, expiries.size]).toEqual([[], 1])
    expiries.forget(pass)
    tick(10_000)
    expect([ended, expiries.size]).toEqual([[], 0])
  })

  test('that is over already ends at the next tick', () => {
    const { ended, note, tick } = setUp()
    note(-5_000)
    tick(100)
    expect(ended).toEqual([-5_000])
  })

  test('after a long pause all end that are over, and no other', () => {
    const { ended, note, tick } = setUp()
    for (const ms of [60_000, 600_000, 90_000_000]) note(ms)
    tick(86_400_000)
    expect(ended.sort((a, b) => a - b)).toEqual([60_000, 600_000])
  })

  test('noted while the clock was ahead ends neither when that is set right, nor later than it says', () => {
    const { ended, note, tick, clock } = setUp()
    clock.set = 7_200_000
    note(7_200_000 + 60_000)
    clock.set = 0
    note(30_000)
    for (let ms = 0; ms < 7_260_000; ms += 20_000) {
      tick(ms)
      expect(ended).toEqual(ms < 30_000 ? [] : [30_000])
    }
    tick(7_260_000)
    expect(ended).toEqual([30_000, 7_260_000])
  })

  test('noted while the clock was behind ends soon after that is set right', () => {
    const { ended, note, tick, clock } = setUp()
    clock.set = -7_200_000
    note(3_600_000)
    tick(1_000)
    clock.set = 0
    for (let ms = 1_000; ms < 3_600_000; ms += 1_000) tick(ms)
    expect(ended).toEqual([])
    clock.set = 7_200_000
    for (let ms = 3_600_000; ms <= 3_600_000 + 103_000; ms += 1_000) tick(ms)
    expect(ended).toEqual([3_600_000])
  })

  test('very many of one moment end over several ticks', () => {
    const { ended, note, tick } = setUp()
    for (let n = 0; n < 1_200; n++) note(1_000)
    const counts = [1_000, 1_100, 1_200, 1_300].map(ms => {
      tick(ms)
      return ended.length
    })
    expect(counts).toEqual([500, 1_000, 1_200, 1_200])
  })
})
