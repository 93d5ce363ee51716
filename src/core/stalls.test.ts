import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Stalls } from './stalls.ts'

test('since() equals a naive sum', () => {
  const stall = fc.tuple(fc.nat(500), fc.nat(800))
  fc.assert(
    fc.property(
      fc.array(stall, { maxLength: 200, size: 'max' }),
      fc.array(fc.nat(200_000)),
      (steps, starts) => {
        const stalls = new Stalls()
        const deaf = new Set<number>()
        let now = 0
        for (const [most, pause] of steps) {
          // a stall begins after the last one at the earliest
          const ms = Math.min(most, pause)
          now += pause
          stalls.add(ms, now)
          for (let t = now - ms + 1; t <= now; t++) deaf.add(t)
        }
        expect(stalls.total).toBe(deaf.size)
        for (const start of starts) expect(stalls.since(start)).toBe([...deaf].filter(t => t > start).length)
      },
    ),
    { numRuns: 60 },
  )
})

test('only the last 256 stalls are told apart', () => {
  const stalls = new Stalls()
  for (let i = 1; i <= 300; i++) stalls.add(10, i * 100)
  expect(stalls.total).toBe(3_000)
  expect(stalls.since(29_995)).toBe(5)
  expect(stalls.since(0)).toBe(2_560)
})

test('no time at all is no stall', () => {
  const stalls = new Stalls()
  stalls.add(0, 50)
  expect(stalls.since(0)).toBe(0)
})
