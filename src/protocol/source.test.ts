import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { itemSources, sourceOf } from './source.ts'

describe('sourceOf', () => {
  const cases: [text: string, source: string | null][] = [
    ['{}', null],
    ['{"a":1}', null],
    ['{"id":7}', '7'],
    [' {\n "id" :\t9007199254740993 }', '9007199254740993'],
    ['{"id":1,"id":2}', '2'],
    ['{"x":{"id":3},"id":4,"y":[{"id":5}]}', '4'],
    ['{"x":"\\"id\\":9\\\\","\\u0069d":-0}', '-0'],
    ['{"id":[1,"]",{"a":"}"}]}', '[1,"]",{"a":"}"}]'],
    ['{"__proto__":{"id":1}}', null],
  ]
  for (const [text, source] of cases)
    test(`${text} has ${source}`, () => expect(sourceOf(text, 'id')).toBe(source))

  test('is what JSON.parse reads, whatever stands around it', () => {
    const spaced = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(2))
    fc.assert(
      fc.property(spaced, ([object, indent]) => {
        const text = JSON.stringify(object, null, indent)
        const parsed = JSON.parse(text)
        for (const key of Object.keys(parsed)) {
          const source = sourceOf(text, key)
          expect(JSON.parse(source!)).toEqual(parsed[key])
          expect(source).toBe(source!.trim())
        }
      }),
    )
  })
})

test('itemSources is every item as it stands there', () => {
  expect(itemSources('[]', 9)).toEqual([])
  expect(itemSources(' [ ] ', 9)).toEqual([])
  expect(itemSources('[1.0, "a,\\"]" ,-0,[[1],2],{"a":[3]} ]', 9)).toEqual([
    ...['1.0', '"a,\\"]"', '-0', '[[1],2]', '{"a":[3]}'],
  ])
  expect(itemSources('[1,2,3]', 2)).toEqual(['1', '2'])
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat(2), (list, indent) => {
      const text = JSON.stringify(list, null, indent)
      expect(itemSources(text, 1e6).map(source => JSON.parse(source))).toEqual(JSON.parse(text))
    }),
  )
})
