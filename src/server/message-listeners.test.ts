import { expect, test } from 'bun:test'
import type { Connection } from './connection.ts'
import { type MemberMessage, MessageListeners } from './message-listeners.ts'

const from = { session: { id: 5, member: '7' } } as Connection

function setUp() {
  const errors: unknown[] = []
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: (fields: object) => void errors.push(fields) }
  return { errors, listeners: new MessageListeners(log) }
}

test('says who sent what; nobody takes it where nobody listens', () => {
  const { listeners } = setUp()
  expect(listeners.tell(from, 1)).toBe(false)
  const heard: MemberMessage[] = []
  const stop = listeners.add(message => void heard.push(message))
  expect(listeners.tell(from, { a: 1 })).toBe(true)
  expect(heard).toEqual([{ member: '7', session: '5', data: { a: 1 } }])
  stop()
  expect(listeners.tell(from, 1)).toBe(false)
})

test('one that fails takes nothing, is reported, and stops nobody', async () => {
  const { listeners, errors } = setUp()
  listeners.add(() => {
    throw new Error('now')
  })
  expect(listeners.tell(from, 1)).toBe(false)
  listeners.add(() => Promise.reject(new Error('later')))
  expect(await listeners.tell(from, 1)).toBe(false)
  listeners.add(async () => undefined)
  expect(await listeners.tell(from, 1)).toBe(true)
  listeners.add(() => undefined)
  expect(listeners.tell(from, 1)).toBe(true)
  await Promise.resolve()
  expect(errors.length).toBe(4 + 3)
})

test('the same function may listen twice, and stop once', () => {
  const { listeners } = setUp()
  let heard = 0
  const listener = () => void heard++
  const stop = listeners.add(listener)
  listeners.add(listener)
  stop()
  stop()
  listeners.tell(from, 1)
  expect(heard).toBe(1)
})
