import { expect, test } from 'bun:test'
import { publishedTo, type Subscriber, type Topic, Topics } from './topics.ts'

class Reader implements Subscriber<Reader> {
  topics: Topic<Reader>[] | undefined = undefined
  unheard = 0
}

test('joining twice is once, leaving what was never joined is nothing', () => {
  const topics = new Topics<Reader>()
  const reader = new Reader()
  expect([topics.join(reader, 'a'), topics.join(reader, 'a')]).toEqual([true, false])
  expect([...topics.get('a')!.links]).toEqual([reader])
  expect([topics.leave(reader, 'b'), topics.leave(new Reader(), 'a')]).toEqual([false, false])
  expect([topics.leave(reader, 'a'), topics.leave(reader, 'a')]).toEqual([true, false])
})

test('leaving in any order keeps the rest', () => {
  for (const [gone, rest] of [
    ['a', ['b', 'c']],
    ['b', ['a', 'c']],
    ['c', ['a', 'b']],
  ] as const) {
    const topics = new Topics<Reader>()
    const reader = new Reader()
    for (const name of ['a', 'b', 'c']) topics.join(reader, name)
    topics.leave(reader, gone)
    expect(reader.topics?.map(topic => topic.name).sort()).toEqual([...rest])
    expect([topics.get(gone), topics.size]).toEqual([undefined, 2])
  }
})

test('nothing is kept of a topic whose last link has left or ended', () => {
  const topics = new Topics<Reader>()
  const readers = Array.from({ length: 100 }, () => new Reader())
  for (const [i, reader] of readers.entries()) {
    for (const name of ['all', `own ${i}`, `shared ${i % 7}`]) topics.join(reader, name)
  }
  expect(topics.size).toBe(1 + 100 + 7)
  for (const [i, reader] of readers.entries()) {
    if (i % 2 === 0) topics.leaveAll(reader)
    else for (const name of ['all', `own ${i}`, `shared ${i % 7}`]) topics.leave(reader, name)
    expect(reader.topics).toBe(undefined)
  }
  expect(topics.size).toBe(0)
})

test('a link was published to what came while it was in there, and nothing else', () => {
  const topics = new Topics<Reader>()
  const [reader, other] = [new Reader(), new Reader()]
  const publish = (name: string, bytes: number) => {
    topics.get(name)!.published += bytes
  }
  topics.join(other, 'a')
  publish('a', 1)
  topics.join(reader, 'a')
  topics.join(reader, 'b')
  publish('a', 10)
  publish('b', 100)
  expect(publishedTo(reader)).toBe(110)
  topics.leave(reader, 'a')
  publish('a', 1_000)
  expect(publishedTo(reader)).toBe(110)
  topics.join(reader, 'a')
  publish('a', 10_000)
  expect([publishedTo(reader), publishedTo(other)]).toEqual([10_110, 11_011])
  topics.leaveAll(reader)
  expect(publishedTo(reader)).toBe(10_110)
})
