import { expect, test } from 'bun:test'
import { QueueCheck } from './queue-check.ts'
import type { Topic } from './topics.ts'

const CAP = 1_000

class Reader {
  looks = 0
  checkQueue(): void {
    this.looks++
  }
}

function rig() {
  const turns: (() => void)[] = []
  const check = new QueueCheck<Reader>(
    CAP,
    () => 0,
    run => turns.push(run),
  )
  const topic = (...links: Reader[]): Topic<Reader> => ({ name: '', links: new Set(links), published: 0 })
  const turn = (): void => {
    while (turns.length > 0) turns.shift()!()
  }
  return { check, topic, turns, turn }
}

test('up to a quarter of the cap nobody is looked at', () => {
  const { check, topic, turns } = rig()
  const news = topic(new Reader())
  for (let i = 0; i < 25; i++) check.note(news, 10)
  expect(turns.length).toBe(0)
  check.note(news, 1)
  expect(turns.length).toBe(1)
})

test('the look comes on a later turn, and the count begins anew', () => {
  const { check, topic, turn } = rig()
  const reader = new Reader()
  const news = topic(reader)
  check.note(news, 251)
  expect(reader.looks).toBe(0)
  turn()
  expect(reader.looks).toBe(1)
  check.note(news, 250)
  turn()
  expect(reader.looks).toBe(1)
  check.note(news, 1)
  turn()
  expect(reader.looks).toBe(2)
})

test('topics count together, and one without a publish is not looked at', () => {
  const { check, topic, turn } = rig()
  const [many, idle] = [new Reader(), new Reader()]
  topic(idle)
  for (let i = 0; i < 26; i++) check.note(topic(many), 10)
  turn()
  expect([many.looks, idle.looks]).toEqual([26, 0])
})

test('a link cut by its look harms no other look', () => {
  const { check, topic, turn } = rig()
  const others = [new Reader(), new Reader()]
  const slow = new Reader()
  const news = topic(others[0]!, slow, others[1]!)
  slow.checkQueue = () => void news.links.delete(slow)
  check.note(news, 300)
  turn()
  expect(others.map(reader => reader.looks)).toEqual([1, 1])
})
