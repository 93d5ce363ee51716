import { expect, test } from 'bun:test'
import { Backlog } from './backlog.ts'

const MIB = 1024 * 1024

test('a single frame of any size never counts as waiting', () => {
  const backlog = new Backlog()
  backlog.add(16 * MIB, 16 * MIB)
  expect(backlog.waiting(16 * MIB)).toBe(0)
  expect(backlog.waiting(3)).toBe(0)
})

test('what is queued behind the large frame counts, while it is sent and after', () => {
  const backlog = new Backlog()
  backlog.add(16 * MIB, 16 * MIB)
  backlog.add(500, 10 * MIB + 500)
  backlog.add(300, 10 * MIB + 800)
  expect(backlog.waiting(10 * MIB + 800)).toBe(800)
  expect(backlog.waiting(800)).toBe(800)
  expect(backlog.waiting(100)).toBe(100)
})

test('a large frame behind small ones is the exempt one', () => {
  const backlog = new Backlog()
  backlog.add(1000, 1000)
  backlog.add(16 * MIB, 16 * MIB + 1000)
  expect(backlog.waiting(16 * MIB + 1000)).toBe(1000)
  expect(backlog.waiting(4 * MIB)).toBe(0)
})

test('two large frames: only one is exempt', () => {
  const backlog = new Backlog()
  backlog.add(16 * MIB, 16 * MIB)
  backlog.add(10 * MIB, 26 * MIB)
  expect(backlog.waiting(26 * MIB)).toBe(10 * MIB)
})

test('once the exempt frame is out, a smaller later frame may be exempt in its turn', () => {
  const backlog = new Backlog()
  backlog.add(16 * MIB, 16 * MIB)
  backlog.add(100, 100)
  backlog.add(5 * MIB, 5 * MIB + 100)
  expect(backlog.waiting(5 * MIB + 100)).toBe(100)
})

test('frames of equal size pile up but for one of them', () => {
  const backlog = new Backlog()
  for (let i = 1; i <= 10; i++) backlog.add(100, i * 100)
  expect(backlog.waiting(1000)).toBe(900)
})
