import { describe, expect, test } from 'bun:test'
import { parseId, parseText } from './ids.ts'

describe('parseId', () => {
  const good = ['7', ' ', 'Ana', '中'.repeat(85), 'a'.repeat(256), '😀', '__proto__', '-0', '\u2028']
  for (const id of good)
    test(`takes ${JSON.stringify(id).slice(0, 20)}`, () =>
      expect(parseId(id)).toEqual({ ok: true, value: id }))

  const bad: [string, string][] = [
    ['', 'empty'],
    ['a'.repeat(257), 'too_long'],
    ['中'.repeat(86), 'too_long'],
    ['x'.repeat(2 ** 20), 'too_long'],
    ['a\nb', 'control_characters'],
    ['\u0000', 'control_characters'],
    ['\u007f', 'control_characters'],
    ['\u0085', 'control_characters'],
    ['\ud800', 'malformed'],
    ['a\udc00', 'malformed'],
  ]
  for (const [id, code] of bad)
    test(`refuses ${JSON.stringify(id).slice(0, 20)} as ${code}`, () =>
      expect(parseId(id)).toEqual({ ok: false, code: code as 'empty' }))
})

test('free text may be empty, and its limit is in bytes', () => {
  expect(parseText('', 4)).toEqual({ ok: true, value: '' })
  expect(parseText('é'.repeat(2), 4)).toEqual({ ok: true, value: 'éé' })
  expect(parseText('é'.repeat(2), 3)).toEqual({ ok: false, code: 'too_long' })
})
