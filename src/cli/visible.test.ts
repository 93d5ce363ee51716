// What a terminal may show of a stranger's text: everything, but nothing it would obey, hide or pile up.

import { expect, test } from 'bun:test'
import { jsonLine, visible } from './visible.ts'

const marks = (count: number) => '\u0301'.repeat(count)

test.each([
  '',
  'Ana (7)',
  '张伟 老师',
  '山田\u3000太郎',
  'Nguyễn'.normalize('NFD'),
  'क्षि',
  'สวัสดี',
  '👨‍👩‍👧 and ❤️ 👍🏽',
  '🇩🇪',
  `e${marks(3)}`,
])('%p stays as it is', text => {
  expect(visible(text)).toBe(text)
})

test.each([
  ['\u001b[2J', '<U+001B>[2J'],
  ['a\u0007\u009bb', 'a<U+0007><U+009B>b'],
  ['a\u202eb\u2066c', 'a<U+202E>b<U+2066>c'],
  ['a\u200b', 'a<U+200B>'],
  ['a\u200db', 'a<U+200D>b'],
  ['a\ufeffb\u00adc\u2060d', 'a<U+FEFF>b<U+00AD>c<U+2060>d'],
  ['a\u{e0041}b\ufe0fc', 'a<U+E0041>b<U+FE0F>c'],
  ['a\u3164b\u2800c', 'a<U+3164>b<U+2800>c'],
  ['a\u00a0b\u2003c', 'a<U+00A0>b<U+2003>c'],
  ['a\u2028b\nc', 'a<U+2028>b<U+000A>c'],
  ['7 ', '7<U+0020>'],
  ['  ', '<U+0020><U+0020>'],
  ['\u3000a', '<U+3000>a'],
  ['👍\u200b ok ', '👍<U+200B> ok<U+0020>'],
  [`${marks(2)}a`, '<U+0301><U+0301>a'],
  [`e${marks(100)}f`, `e${marks(3)}<97 marks>f`],
])('%p is shown as %p', (text, shown) => {
  expect(visible(text)).toBe(shown)
})

test('a line of JSON is the same value, and one line', () => {
  const value = { a: '\u009b2J\u2028\u202e\n', b: ['张伟', '😀'] }
  const line = jsonLine(value)
  expect(line).toBe('{"a":"\\u009b2J\\u2028\\u202e\\n","b":["张伟","😀"]}\n')
  expect(JSON.parse(line)).toEqual(value)
})
