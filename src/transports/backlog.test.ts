import { expect, test } from 'bun:test'
import { Backlog, frameBytes } from './backlog.ts'

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

test('what the engine was given to publish counts as waiting, and never as the exempt frame', () => {
  const backlog = new Backlog(5_000)
  backlog.add(16 * MIB, 16 * MIB, 5_000)
  expect(backlog.waiting(16 * MIB + 700, 5_700)).toBe(700)
  expect(backlog.waiting(700, 5_700)).toBe(700)
  expect(backlog.waiting(20 * MIB, 5_000 + 12 * MIB)).toBe(12 * MIB)
  expect(backlog.waiting(10 * MIB, 5_000 + 12 * MIB)).toBe(10 * MIB)
})

test('what was published before the first frame is known from the queue alone', () => {
  const backlog = new Backlog(900)
  backlog.add(16 * MIB, 16 * MIB + 300, 900)
  expect(backlog.waiting(16 * MIB + 300, 900)).toBe(300)
  expect(backlog.waiting(16 * MIB, 900)).toBe(0)
})

test('a frame is its bytes and its header', () => {
  for (const [text, bytes] of [
    ['', 2],
    ['a'.repeat(125), 127],
    ['在'.repeat(42), 130],
    ['a'.repeat(65_535), 65_539],
    ['a'.repeat(65_536), 65_546],
  ] as const) {
    expect(frameBytes(text)).toBe(bytes)
  }
})
