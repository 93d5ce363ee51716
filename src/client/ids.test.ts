// The client's rule for ids against the protocol's.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseId } from '../protocol/ids.ts'
import { isId } from './ids.ts'

const edges = [
  '',
  'a',
  'a'.repeat(256),
  'a'.repeat(257),
  '\u4e2d'.repeat(85),
  '\u4e2d'.repeat(86),
  '\u{1f600}'.repeat(64),
]
const odd = ['\ud800', 'a\udc00', '\u0000', '\n', '\u007f', '\u0085', '%41', 'a b', '__proto__']

test.each([...edges, ...odd])('%j', text => {
  expect(isId(text)).toBe(parseId(text).ok)
})

test('any text', () => {
  const unit = fc.constantFrom('a', '\u00e9', '\u4e2d', '\u{1f600}', '\ud800', '\udc00', '\u0007', '%', ' ')
  const long = fc.array(unit, { minLength: 60, maxLength: 270 }).map(units => units.join(''))
  const texts = fc.oneof(fc.string({ unit: 'binary' }), long)
  fc.assert(fc.property(texts, text => isId(text) === parseId(text).ok))
})
