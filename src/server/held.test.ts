import { expect, test } from 'bun:test'
import { Held } from './held.ts'

test('sixteen frames, in order, with when they came', () => {
  const held = new Held()
  for (let n = 0; n < 17; n++) expect(held.add(`${n}`, n)).toBe(n < 16)
  expect(held.frames.map(({ text, at }) => [text, at])).toEqual(
    Array.from({ length: 16 }, (_, n) => [`${n}`, n]),
  )
})

test('64 KiB in all, as bytes; what does not fit leaves room for what does', () => {
  const held = new Held()
  expect(held.add('ä'.repeat(32_000), 0)).toBe(true)
  expect(held.add('x'.repeat(1_537), 1)).toBe(false)
  expect(held.add('x'.repeat(1_536), 2)).toBe(true)
  expect(held.add('x', 3)).toBe(false)
})
