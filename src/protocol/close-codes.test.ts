import { expect, test } from 'bun:test'
import { CLOSE, CLOSES, closeCause } from './close-codes.ts'
import { ERRORS } from './errors.ts'

test('only a close that somebody meant counts as closed', () => {
  for (const code of [1000, 1001, 1005]) expect(closeCause(code)).toBe('closed')
  expect(closeCause(4001)).toBe('cached')
  for (const code of [1002, 1006, 1007, 1009, 1011, 1012, 4000, 4429, 0])
    expect(closeCause(code)).toBe('lost')
})

test('every code stands once, in its band: below 4500 come back, from there on do not', () => {
  const all = Object.values(CLOSES)
  expect(new Set(all.map(({ code }) => code)).size).toBe(all.length)
  for (const { code, next } of all.filter(({ code, from }) => code >= 4000 && from === 'server')) {
    expect(code).toBeLessThan(5000)
    expect([code, next.startsWith('come back')]).toEqual([code, code < 4500])
    expect([code, next.startsWith('stay away')]).toEqual([code, code >= 4500])
  }
})

test('an error is followed by no close but one of the table', () => {
  const codes: readonly number[] = Object.values(CLOSE)
  for (const [code, { close, ...more }] of Object.entries(ERRORS))
    for (const follows of [close, 'inHello' in more ? more.inHello : null])
      expect([code, follows === null || codes.includes(follows)]).toEqual([code, true])
})
