import { expect, test } from 'bun:test'
import { boundOf, checkTiming, PRESETS } from './timing.ts'

test('all presets are sound, and the default bound is 25 s', () => {
  for (const timing of Object.values(PRESETS)) expect(checkTiming(timing)).toEqual([])
  expect(boundOf(PRESETS.web)).toBe(25_000)
})

test('what is wrong is said with the value and the range', () => {
  expect(checkTiming({ interval: 0, timeout: 1.5, grace: -1 })).toEqual([
    'interval must be a whole number of milliseconds from 1 to 86400000, not 0',
    'timeout must be a whole number of milliseconds from 1 to 86400000, not 1.5',
    'grace must be a whole number of milliseconds from 0 to 86400000, not -1',
  ])
  expect(checkTiming({ interval: 100, timeout: 1_001, grace: 0 })[0]).toContain('raise interval')
  expect(checkTiming({ interval: Number.NaN, timeout: 1, grace: 0 })).toHaveLength(1)
})
