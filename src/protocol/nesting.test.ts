import { expect, test } from 'bun:test'
import { nestsOver } from './nesting.ts'

test('counts brackets of both kinds, and none inside strings', () => {
  expect(nestsOver('[[]]', 2)).toBe(false)
  expect(nestsOver('[[[]]]', 2)).toBe(true)
  expect(nestsOver('{"a":[{}]}', 2)).toBe(true)
  expect(nestsOver('[[],[],[[]],[]]', 3)).toBe(false)
  expect(nestsOver('["[[[[","\\"[[[","\\\\",[]]', 2)).toBe(false)
  expect(nestsOver('["\\\\",[[]]]', 2)).toBe(true)
  expect(nestsOver('"never ends [[[', 2)).toBe(false)
  expect(nestsOver(']]]][[[', 2)).toBe(false)
})
