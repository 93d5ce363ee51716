import { describe, expect, test } from 'bun:test'
import { grantOf } from '../../test/support/fake-authority.ts'
import type { Connection } from './connection.ts'
import { Expiries } from './expiries.ts'
import { Pass } from './pass.ts'

const NOW = 1_700_000_000_000

function setUp() {
  const ended: number[] = []
  const expiries = new Expiries(NOW, pass => ended.push((pass.grant.expires ?? 0) - NOW))
  const note = (ms: number | null) => {
    const pass = new Pass({} as Connection, grantOf('7', { expires: ms === null ? null : NOW + ms }))
    expiries.note(pass)
    return pass
  }
  return { ended, expiries, note }
}

describe('a pass', () => {
  test('ends once, at its moment and not before', () => {
    const { ended, expiries, note } = setUp()
    note(1_000)
    note(250)
    expiries.tick(NOW + 200)
    expect(ended).toEqual([])
    expiries.tick(NOW + 300)
    expect(ended).toEqual([250])
    expiries.tick(NOW + 999)
    expiries.tick(NOW + 5_000)
    expect(ended).toEqual([250, 1_000])
    expect(expiries.size).toBe(0)
  })

  test('far beyond the wheel ends at its moment too', () => {
    const { ended, expiries, note } = setUp()
    note(3_600_000)
    for (let ms = 0; ms < 3_600_000; ms += 20_000) expiries.tick(NOW + ms)
    expect(ended).toEqual([])
    expiries.tick(NOW + 3_600_000)
    expect(ended).toEqual([3_600_000])
  })

  test('a later note takes the place of the one before; without an end there is none', () => {
    const { ended, expiries, note } = setUp()
    const pass = note(1_000)
    pass.renew(grantOf('7', { expires: NOW + 9_000 }))
    expiries.note(pass)
    const other = note(1_000)
    other.renew(grantOf('7'))
    expiries.note(other)
    expiries.tick(NOW + 8_000)
    expect([ended, expiries.size]).toEqual([[], 1])
    expiries.forget(pass)
    expiries.tick(NOW + 10_000)
    expect([ended, expiries.size]).toEqual([[], 0])
  })

  test('that is over already ends at the next tick', () => {
    const { ended, expiries, note } = setUp()
    note(-5_000)
    expiries.tick(NOW + 100)
    expect(ended).toEqual([-5_000])
  })

  test('a clock that was set far forward ends all that are over, and no other', () => {
    const { ended, expiries, note } = setUp()
    for (const ms of [60_000, 600_000, 90_000_000]) note(ms)
    expiries.tick(NOW + 86_400_000)
    expect(ended.sort((a, b) => a - b)).toEqual([60_000, 600_000])
  })

  test('very many of one moment end over several ticks', () => {
    const { ended, expiries, note } = setUp()
    for (let n = 0; n < 1_200; n++) note(1_000)
    const counts = [1_000, 1_100, 1_200, 1_300].map(ms => {
      expiries.tick(NOW + ms)
      return ended.length
    })
    expect(counts).toEqual([500, 1_000, 1_200, 1_200])
  })
})
