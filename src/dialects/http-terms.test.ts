import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { HTTP_TIMING, HttpTerms, httpTimingOf } from './http-terms.ts'

const timing = fc.record({
  period: fc.integer({ min: 1_000, max: 86_400_000 }),
  grace: fc.integer({ min: 0, max: 86_400_000 }),
})

test('property: the bound is period and grace, whatever they are, and what was agreed can be read again', () => {
  fc.assert(
    fc.property(timing, asked => {
      const { timing, silenceGrace } = new HttpTerms(1_000).of(asked)
      expect(timing.interval).toBe(asked.period)
      expect(timing.timeout + silenceGrace).toBe(asked.grace)
      expect(Math.abs(timing.timeout - silenceGrace)).toBeLessThanOrEqual(1)
      expect(httpTimingOf(new HttpTerms(1_000).of(asked))).toEqual(asked)
    }),
  )
})

test('only beats are evidence, nobody is pinged, and any number of sessions is welcome', () => {
  expect(new HttpTerms(700).of(HTTP_TIMING)).toMatchObject({
    dialect: 'http',
    evidence: 'beat',
    probe: false,
    policy: 'many',
    judged: true,
    suspectAfter: 700,
  })
})

test('one object for all who say the same; a thousand are kept, the oldest go first', () => {
  const terms = new HttpTerms(1_000)
  const first = terms.of({ period: 1_000, grace: 0 })
  for (let i = 1; i < 1_000; i++) terms.of({ period: 1_000 + i, grace: 0 })
  expect(terms.of({ period: 1_000, grace: 0 })).toBe(first)
  const last = terms.of({ period: 2_000, grace: 0 })
  expect(terms.of({ period: 1_000, grace: 0 })).not.toBe(first)
  expect(terms.of({ period: 2_000, grace: 0 })).toBe(last)
})
