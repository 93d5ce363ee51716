import { expect, test } from 'bun:test'
import { Counters } from './counters.ts'

function setUp() {
  const lines: { fields: Record<string, unknown>; message: string }[] = []
  const time = { at: 0 }
  const write = (fields: object, message: string) => void lines.push({ fields: { ...fields }, message })
  const log = { debug: write, info: write, warn: write, error: write }
  return { lines, time, counters: new Counters(log, { now: () => time.at }) }
}

test('counts in silence', () => {
  const { counters, lines } = setUp()
  counters.count('a')
  counters.count('a', 5)
  expect(counters.read()).toEqual({ a: 6 })
  expect(lines).toEqual([])
})

test('says the first at once, then at most one a second and how many were not said', () => {
  const { counters, lines, time } = setUp()
  for (time.at = 0; time.at < 2_500; time.at += 100) counters.warn('a', 'refused')
  expect(lines.map(({ fields }) => [fields.total, fields.unlogged])).toEqual([
    [1, undefined],
    [11, 9],
    [21, 9],
  ])
  expect(counters.read()).toEqual({ a: 25 })
})

test('names do not silence each other; details are cut short', () => {
  const { counters, lines } = setUp()
  counters.warn('a', 'one')
  counters.warn('b', 'two', { detail: 'x'.repeat(2 ** 20), address: '127.0.0.1' })
  expect(lines.map(({ message }) => message)).toEqual(['one', 'two'])
  expect(lines[1]!.fields).toEqual({ detail: 'x'.repeat(80), address: '127.0.0.1', count: 'b', total: 1 })
})
