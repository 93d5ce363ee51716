import { expect, test } from 'bun:test'
import type { Step } from '../core/transition.ts'
import { Lapses } from './lapses.ts'

const status = (member: string, until: number) => ({ what: 'status', member, until }) as const
const membership = (member: string, group: string, until: number) =>
  ({ what: 'membership', member, group, until }) as const
const steady = () => new Lapses(0, ({ until }) => until)
const step = (member: string, until: number | null) =>
  ({ member, status: until === null ? null : { until } }) as Step

test('each is due once, in its second', () => {
  const lapses = steady()
  const [soon, later] = [status('a', 10_000), membership('a', 'g', 12_500)]
  lapses.note(soon)
  lapses.note(later)
  expect(lapses.due(9_999)).toEqual([])
  expect(lapses.due(10_000)).toEqual([soon])
  expect(lapses.due(12_500)).toEqual([])
  expect(lapses.due(13_000)).toEqual([later])
  expect([lapses.due(99_000), lapses.size]).toEqual([[], 0])
})

test('what was over before it was noted comes with the next look', () => {
  const lapses = steady()
  lapses.due(50_000)
  lapses.note(status('a', 1_000))
  expect(lapses.due(50_900)).toEqual([])
  expect(lapses.due(51_000)).toEqual([status('a', 1_000)])
})

test('a later note takes the place of the one before, and what ended otherwise is forgotten', () => {
  const lapses = steady()
  lapses.note(membership('a', 'g', 10_000))
  lapses.note(membership('a', 'g', 20_000))
  lapses.note(membership('a', 'h', 10_000))
  lapses.forget('a', 'h')
  lapses.forget('a', 'never')
  expect(lapses.due(15_000)).toEqual([])
  expect(lapses.due(20_000)).toEqual([membership('a', 'g', 20_000)])
})

test('steps say until when a status holds; a member and its groups are told apart', () => {
  const lapses = steady()
  lapses.tell([step('a', 10_000), step('b', 10_000), step('c', null)])
  lapses.note(membership('a', 'g', 10_000))
  lapses.tell([step('a', 10_000), step('b', null)])
  expect(lapses.size).toBe(2)
  expect(lapses.due(10_000)).toEqual([status('a', 10_000), membership('a', 'g', 10_000)])
})

test('after a long sleep everything that went by is due', () => {
  const lapses = steady()
  lapses.due(1_000)
  for (let i = 2; i < 200; i++) lapses.note(status(`m${i}`, i * 1_000))
  expect(lapses.due(100_000).length).toBe(99)
  expect(lapses.due(1e12).length).toBe(99)
  expect(lapses.size).toBe(0)
})

test('a clock that leapt ends what says until when; what has a time to live lasts as long', () => {
  const clock = { ahead: 0 }
  const lapses = new Lapses(0, ({ until }) => until - clock.ahead)
  lapses.note(status('a', 100_000))
  lapses.note(membership('a', 'g', 100_000))
  lapses.due(10_000)
  clock.ahead = 95_000
  lapses.leapt()
  expect(lapses.due(11_000)).toEqual([status('a', 100_000)])
  expect(lapses.due(99_999)).toEqual([])
  expect(lapses.due(100_000)).toEqual([membership('a', 'g', 100_000)])
})
