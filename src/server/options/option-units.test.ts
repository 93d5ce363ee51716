// Durations, sizes and switches: every way to write them, and what is refused.

import { expect, test } from 'bun:test'
import { formatDuration, formatSize, parseDuration, parseSize, parseSwitch } from './option-units.ts'

test.each([
  ['40s', 40_000],
  ['500ms', 500],
  ['2m', 120_000],
  ['2min', 120_000],
  ['1h', 3_600_000],
  ['90d', 7_776_000_000],
  ['1.1s', 1_100],
  ['250', 250],
  [250, 250],
  [' 3 s ', 3_000],
  ['0', 0],
])('duration %p is %p ms', (input, ms) => {
  expect(parseDuration(input)).toBe(ms)
})

test.each([
  '',
  's',
  '-1s',
  '1.5ms',
  '1 week',
  '1e3',
  'off',
  '1S',
  '5 s s',
  null,
  true,
  Number.NaN,
  1.5,
  '__proto__',
])('duration %p is refused', input => {
  expect(parseDuration(input)).toBeNull()
})

test.each([
  ['4MiB', 4_194_304],
  ['64KiB', 65_536],
  ['1MB', 1_000_000],
  ['1kB', 1_000],
  ['512B', 512],
  ['512', 512],
  [512, 512],
])('size %p is %p bytes', (input, bytes) => {
  expect(parseSize(input)).toBe(bytes)
})

test.each(['4m', '4Mb', '-1', '0.5B', '1toString'])('size %p is refused', input => {
  expect(parseSize(input)).toBeNull()
})

test('what is formatted is read back', () => {
  for (const ms of [1, 500, 1_000, 1_500, 90_000, 60_000, 3_600_000, 86_400_000, 90 * 86_400_000])
    expect(parseDuration(formatDuration(ms))).toBe(ms)
  for (const bytes of [1, 1_024, 1_500, 2 ** 20, 2 ** 30]) expect(parseSize(formatSize(bytes))).toBe(bytes)
  expect([formatDuration(90_000), formatDuration(7 * 86_400_000), formatSize(2 ** 22)]).toEqual([
    '90s',
    '7d',
    '4MiB',
  ])
})

test('switches', () => {
  expect(['on', 'TRUE', 'yes', '1', true].map(parseSwitch)).toEqual([true, true, true, true, true])
  expect(['off', 'False', 'no', '0', false].map(parseSwitch)).toEqual([false, false, false, false, false])
  expect(['', 'maybe', 2, null].map(parseSwitch)).toEqual([null, null, null, null])
})
