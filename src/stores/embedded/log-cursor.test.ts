import { expect, test } from 'bun:test'
import { cursorOf, EPOCH, positionOf, runStartAt } from './log-cursor.ts'
import { lastToGo } from './trimmer.ts'

const BOUNDS = {
  log: 'abc-_9',
  epoch: 9,
  end: 9 * EPOCH + 20,
  trimmed: 5 * EPOCH + 3,
  ends: new Map([
    [5, 5 * EPOCH + 30],
    [7, 7 * EPOCH],
    [8, 8 * EPOCH + 10],
  ]),
}
const at = (version: number, log = BOUNDS.log) => positionOf(cursorOf(log, version), BOUNDS)

test('a cursor goes on where it stands, in this epoch and in older ones', () => {
  for (const version of [BOUNDS.trimmed, 5 * EPOCH + 30, 7 * EPOCH, 8 * EPOCH + 10, 9 * EPOCH, BOUNDS.end]) {
    expect(at(version)).toEqual({ after: version, reset: false })
  }
})

test('without a cursor: from the oldest kept', () => {
  expect(positionOf(null, BOUNDS)).toEqual({ after: BOUNDS.trimmed, reset: false })
})

test('what would leave a gap starts anew from the end', () => {
  const gaps = [0, BOUNDS.trimmed - 1, 5 * EPOCH + 31, 6 * EPOCH, 7 * EPOCH + 1, 8 * EPOCH + 11, 10 * EPOCH]
  for (const version of gaps) expect(at(version)).toEqual({ after: BOUNDS.end, reset: true })
  expect(at(BOUNDS.end, 'other')).toEqual({ after: BOUNDS.end, reset: true })
})

test('a run that tells more than its epoch has room for is read on', () => {
  const long = { ...BOUNDS, end: 10 * EPOCH + 7 }
  for (const version of [9 * EPOCH + 1, 10 * EPOCH, long.end])
    expect(positionOf(cursorOf('abc-_9', version), long)).toEqual({ after: version, reset: false })
  expect(positionOf(cursorOf('abc-_9', long.end + 1), long)).toEqual({ after: long.end, reset: true })
})

test('without anything kept a run begins above the one before, as the wall clock tells', () => {
  const first = Date.UTC(2026, 0, 1)
  const from = (wall: number) => {
    const { epoch, n } = runStartAt(wall)
    return epoch * EPOCH + n
  }
  expect(runStartAt(first + 7_793 * 3_600_000 + 1_500.9)).toEqual({ epoch: 7_793, n: 1_500 * 250 })
  expect(runStartAt(first - 1)).toEqual({ epoch: 1, n: 0 })
  const hour = first + 7_793 * 3_600_000
  const walls = [0, 1, 2, 3_599_999, 3_600_000, 3_600_001].map(ms => from(hour + ms))
  expect(walls).toEqual([...new Set(walls)].sort((a, b) => a - b))
  expect(from(hour + 3_599_999) + 3.3e9).toBeLessThan(from(hour + 3_600_000))
})

test('past the end of this epoch is a mistake of the reader', () => {
  expect(() => at(BOUNDS.end + 1)).toThrow('past the end of the log')
})

test('the log is cut to a number that follows from the versions', () => {
  const kept = 27 + 0 + 10 + 20
  expect(lastToGo(kept, BOUNDS)).toBe(0)
  expect(lastToGo(kept - 1, BOUNDS)).toBe(5 * EPOCH + 4)
  expect(lastToGo(30, BOUNDS)).toBe(5 * EPOCH + 30)
  expect(lastToGo(25, BOUNDS)).toBe(8 * EPOCH + 5)
  expect(lastToGo(0, BOUNDS)).toBe(BOUNDS.end)
})
