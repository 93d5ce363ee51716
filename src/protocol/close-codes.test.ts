import { expect, test } from 'bun:test'
import { CLOSE, closeCause } from './close-codes.ts'

test('only a close that somebody meant counts as closed', () => {
  for (const code of [1000, 1001, 1005]) expect(closeCause(code)).toBe('closed')
  expect(closeCause(4001)).toBe('cached')
  for (const code of [1002, 1006, 1007, 1009, 1011, 1012, 4000, 4429, 0])
    expect(closeCause(code)).toBe('lost')
})

test('our codes stand in their bands: below 4500 come back, from there on do not', () => {
  for (const name of ['noHello', 'instanceConflict', 'tooFast'] as const) {
    expect(CLOSE[name]).toBeGreaterThanOrEqual(4000)
    expect(CLOSE[name]).toBeLessThan(4500)
  }
  for (const name of ['replaced', 'occupied', 'unsupported'] as const) {
    expect(CLOSE[name]).toBeGreaterThanOrEqual(4500)
    expect(CLOSE[name]).toBeLessThan(5000)
  }
})
