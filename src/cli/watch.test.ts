// What the words of `systole watch` ask for, and when it may use colour.

import { expect, test } from 'bun:test'
import { mayColour, timeOfDay, watchedOf } from './watch.ts'

test.each([
  [[], {}, { all: true }],
  [[], { all: true, suspect: true }, { all: true, suspect: true }],
  [['7', '张伟', '7'], {}, { members: ['7', '张伟'] }],
  [[], { group: 'room' }, { group: 'room' }],
] as const)('%j %j', (ids, options, watched) => {
  expect(watchedOf(ids, options)).toEqual(watched)
})

test.each([
  [['7'], { all: true }, 'watch takes ids, --group or --all: leave all but one out'],
  [['7'], { group: 'room' }, 'watch takes ids, --group or --all: leave all but one out'],
  [[''], {}, 'id "" must be 1 to 256 bytes without control characters'],
  [['a\u0007'], {}, 'id "a\\u0007" must be 1 to 256 bytes without control characters'],
  [[], { group: '' }, '--group "" must be 1 to 256 bytes without control characters'],
  [
    Array.from({ length: 10_001 }, (_, n) => String(n)),
    {},
    'watch takes at most 10000 ids: watch a group, or --all',
  ],
] as const)('%j %j is refused', (ids, options, message) => {
  expect(() => watchedOf(ids, options)).toThrow(message)
})

test.each([
  [true, {}, true],
  [true, { NO_COLOR: '' }, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { TERM: 'dumb' }, false],
  [false, {}, false],
])('terminal %p, %j: colour %p', (terminal, env, colour) => {
  expect(mayColour(terminal, env)).toBe(colour)
})

test('a time of another day says the day', () => {
  const noon = new Date(2026, 10, 21, 12, 0, 5).getTime()
  expect(timeOfDay(noon, noon + 60_000)).toBe('12:00:05')
  expect(timeOfDay(noon - 24 * 3_600_000, noon)).toBe('2026-11-20 12:00:05')
})
