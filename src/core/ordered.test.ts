import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Ordered } from './ordered.ts'

test('equals a sorted array', () => {
  const step = fc.tuple(fc.constantFrom('add', 'add', 'remove', 'after'), fc.nat(3_000))
  fc.assert(
    fc.property(fc.nat(2_000), fc.array(step, { maxLength: 300, size: 'max' }), (filled, steps) => {
      const ordered = new Ordered<{ key: number }, number>(({ key }) => key)
      let naive: number[] = []
      for (let key = 0; key < filled; key++) ordered.add({ key })
      naive = Array.from({ length: filled }, (_, key) => key)
      for (const [what, key] of steps) {
        if (what === 'after')
          expect(ordered.after(key, 10).map(item => item.key)).toEqual(
            naive.filter(k => k > key).slice(0, 10),
          )
        else if (what === 'remove') {
          expect(ordered.remove({ key })).toBe(naive.includes(key))
          naive = naive.filter(k => k !== key)
        } else if (!naive.includes(key)) {
          ordered.add({ key })
          naive = [...naive, key].sort((a, b) => a - b)
        }
      }
      expect(ordered.size).toBe(naive.length)
      expect(ordered.after(null, 10_000).map(item => item.key)).toEqual(naive)
    }),
    { numRuns: 40 },
  )
})

test('strings are ordered by UTF-16 code unit', () => {
  const ordered = new Ordered<string, string>(item => item)
  for (const item of ['b', 'a10', 'é', 'a', 'B', 'a2', '😀']) ordered.add(item)
  expect(ordered.after(null, 10)).toEqual(['B', 'a', 'a10', 'a2', 'b', 'é', '😀'])
  expect(ordered.after('a10', 2)).toEqual(['a2', 'b'])
})
