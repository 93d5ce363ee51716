import { expect, test } from 'bun:test'
import type { Details } from './change.ts'
import { Updates } from './updates.ts'

function due(updates: Updates, at: number): [string, Details][] {
  const out: [string, Details][] = []
  updates.due(at, (member, details) => out.push([member, details]))
  return out
}

test('the first goes out at once, what follows within a second is merged', () => {
  const updates = new Updates()
  expect(updates.offer('a', { name: '1' }, 0)).toBe(true)
  expect(updates.offer('a', { name: '2' }, 10)).toBe(false)
  expect(updates.offer('a', { type: 't' }, 20)).toBe(false)
  expect(due(updates, 999)).toEqual([])
  expect(due(updates, 1_000)).toEqual([['a', { name: '2', type: 't' }]])
  expect(updates.offer('a', { name: '3' }, 1_500)).toBe(false)
  expect(due(updates, 2_000)).toEqual([['a', { name: '3' }]])
  expect(updates.merged).toBe(3)
})

test('another spacing than a second', () => {
  const updates = new Updates()
  updates.spacing = 250
  updates.offer('a', { name: '1' }, 0)
  expect(updates.offer('a', { name: '2' }, 249)).toBe(false)
  expect(due(updates, 249)).toEqual([])
  expect(due(updates, 250)).toEqual([['a', { name: '2' }]])
  expect(updates.offer('b', { name: '1' }, 300)).toBe(true)
  expect(updates.offer('b', { name: '2' }, 550)).toBe(true)
})

test('after a quiet second the next one goes out at once, also before the tick has swept', () => {
  const updates = new Updates()
  updates.offer('a', { name: '1' }, 0)
  expect(updates.offer('a', { name: '2' }, 1_000)).toBe(true)
  updates.offer('b', { name: '1' }, 1_500)
  updates.offer('a', { name: '3' }, 1_600)
  expect(due(updates, 2_000)).toEqual([['a', { name: '3' }]])
})

test('one that is late for its tick waits for it, so that order is kept', () => {
  const updates = new Updates()
  updates.offer('a', { name: '1' }, 0)
  updates.offer('a', { name: '2' }, 500)
  expect(updates.offer('a', { name: '3' }, 1_050)).toBe(false)
  expect(due(updates, 1_100)).toEqual([['a', { name: '3' }]])
})

test('a slot renewed in place does not hide older ones behind it', () => {
  const updates = new Updates()
  updates.offer('a', { name: '1' }, 0)
  updates.offer('b', { name: '1' }, 100)
  updates.offer('b', { name: '2' }, 200)
  updates.offer('a', { name: '2' }, 1_050)
  expect(due(updates, 1_100)).toEqual([['b', { name: '2' }]])
})

test('what waits can be taken, once', () => {
  const updates = new Updates()
  updates.offer('a', { name: '1' }, 0)
  updates.offer('a', { name: '2' }, 1)
  expect(updates.take('a')).toEqual({ name: '2' })
  expect(updates.take('a')).toBeNull()
  expect(updates.take('b')).toBeNull()
  expect(due(updates, 1_000)).toEqual([])
})

test('a status is merged like the rest, also when it is taken back', () => {
  const updates = new Updates()
  const status = { visibility: 'hidden', text: null, until: null } as const
  updates.offer('a', { name: '1' }, 0)
  updates.offer('a', { status }, 10)
  updates.offer('a', { name: '2' }, 20)
  expect(due(updates, 1_000)).toEqual([['a', { name: '2', status }]])
  updates.offer('a', { status }, 1_100)
  updates.offer('a', { status: null }, 1_200)
  expect(due(updates, 2_000)).toEqual([['a', { status: null }]])
})
