// What the words of `systole send` become, and what is printed of the answer.

import { expect, test } from 'bun:test'
import { bodyOf, reachedInWords } from './send.ts'

test.each([
  ['hi', { to: ['7', '张伟'] }, '{"to":["7","张伟"],"data":"hi"}'],
  ['7', { group: 'room' }, '{"group":"room","data":"7"}'],
  ['true', { type: 't' }, '{"type":"t","data":"true"}'],
  ['{"n":12345678901234567890}', { all: true }, '{"all":true,"data":{"n":12345678901234567890}}'],
  [' [1, 2]', { all: true }, '{"all":true,"data": [1, 2]}'],
  ['{"a":1}', { all: true, text: true }, '{"all":true,"data":"{\\"a\\":1}"}'],
  ['{later}', { all: true }, '{"all":true,"data":"{later}"}'],
  ['[ ] milk', { all: true }, '{"all":true,"data":"[ ] milk"}'],
  ['', { all: true, ack: '2s' }, '{"all":true,"data":"","ack":2000}'],
  ['x', { all: true, ack: '250' }, '{"all":true,"data":"x","ack":250}'],
])('%p %j', (message, options, body) => {
  expect(bodyOf(message, options)).toBe(body)
  JSON.parse(body)
})

test.each([
  [{}, 'send takes one of --to, --group, --type and --all: whom it is for'],
  [{ to: ['7'], all: true }, 'send takes one of --to, --group, --type and --all: whom it is for'],
  [{ all: true, ack: 'soon' }, '--ack "soon" must be a duration from 1ms to 5s, such as 2s'],
  [{ all: true, ack: '0' }, '--ack "0" must be a duration from 1ms to 5s, such as 2s'],
  [{ all: true, ack: '6s' }, '--ack "6s" must be a duration from 1ms to 5s, such as 2s'],
])('%j is refused', (options, message) => {
  expect(() => bodyOf('hi', options)).toThrow(message)
})

test('in words', () => {
  const result = { reached: 2, suspect: 0, offline: 1, unknown: 0 }
  expect(reachedInWords(result)).toBe('reached 2, suspect 0, offline 1, unknown 0')
  expect(reachedInWords({ ...result, acked: 0 })).toBe('reached 2, suspect 0, offline 1, unknown 0, acked 0')
})
