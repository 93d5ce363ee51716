import { describe, expect, test } from 'bun:test'
import { boundOf } from '../core/timing.ts'
import { boundInWords, type PublishedName, type PublishedOptions, publishedTerms } from './published-terms.ts'

const PLAIN: PublishedOptions = {
  limit: null,
  grace: null,
  suspectAfter: 1_000,
  pingInterval: 15_000,
  pingNotResponseLimit: 1,
  pingData: '',
}
const terms = (name: PublishedName, patch: Partial<PublishedOptions> = {}) =>
  publishedTerms(name, { ...PLAIN, ...patch })

describe('as published', () => {
  const table: [PublishedName, number, number, number, 'cut' | 'keep', number][] = [
    // limit, interval of our pings, grace, silence, limit without a member
    ['heartbeat', 30_000, 15_000, 8_000, 'keep', 300_000],
    ['members', 120_000, 25_000, 6_000, 'keep', 1_200_000],
    ['gateway', 15_000, 7_500, 3_000, 'cut', 15_000],
    ['uid', 40_000, 20_000, 12_000, 'cut', 40_000],
  ]
  for (const [name, limit, interval, grace, onSilence, nameless] of table)
    test(`${name}: silent for ${limit} ms is the whole bound`, () => {
      const { member, hub, nameless: unnamed } = terms(name)
      const { timing } = member
      expect([timing.interval, timing.interval + timing.timeout]).toEqual([interval, limit])
      expect([member.silenceGrace, timing.grace, member.closeGrace]).toEqual([0, grace, grace])
      expect([member.onSilence, member.evidence, member.policy]).toEqual([onSilence, 'any', 'many'])
      expect([hub.evidence, hub.probe, hub.timing]).toEqual(['beat', false, timing])
      expect(unnamed.timing.interval + unnamed.timing.timeout).toBe(nameless)
      expect(unnamed.onSilence).toBe('cut')
    })

  test('only a second login takes a session over', () => {
    const names = (['heartbeat', 'members', 'gateway', 'uid'] as const).filter(
      name => terms(name).member.supersede,
    )
    expect(names).toEqual(['members'])
  })

  test('an unheard link is believed nothing but text', () => {
    expect(terms('gateway').unheard).toEqual({ ...terms('gateway').nameless, evidence: 'beat' })
  })
})

describe('options', () => {
  test('limit and grace of a listener', () => {
    const { member } = terms('uid', { limit: 90_000, grace: 0 })
    expect(boundOf(member.timing)).toBe(90_000)
    expect([member.timing.interval, member.closeGrace]).toEqual([25_000, 0])
  })

  test('the shortest limits still leave time to ask', () => {
    for (const limit of [1, 2, 3, 99, 1_001]) {
      const { timing } = terms('uid', { limit }).member
      expect(timing.interval).toBeGreaterThanOrEqual(1)
      expect(timing.timeout).toBeGreaterThanOrEqual(1)
      expect(boundOf(timing) - timing.grace).toBe(Math.max(2, limit))
    }
  })

  test('a gateway without a limit is asked but never judged', () => {
    for (const { judged, probe } of Object.values(terms('gateway', { pingNotResponseLimit: 0 })).slice(2))
      expect([judged, probe]).toEqual([false, true])
    expect(boundInWords('gateway', { ...PLAIN, pingNotResponseLimit: 0 })).toContain('never')
  })

  test('pingData asks every pingInterval where the limit leaves room for it', () => {
    const { member } = terms('gateway', { pingData: 'x', pingNotResponseLimit: 4, pingInterval: 10_000 })
    expect([member.timing.interval, member.timing.timeout, member.probeAgain]).toEqual([10_000, 30_000, true])
    expect(terms('gateway', { pingData: 'x' }).member.probeAgain).toBe(false)
  })

  test('the bound in words', () => {
    expect(boundInWords('heartbeat', PLAIN)).toBe('offline after 30 s of silence')
    expect(boundInWords('gateway', { ...PLAIN, pingNotResponseLimit: 3 })).toBe(
      'offline after 45 s of silence',
    )
  })
})
