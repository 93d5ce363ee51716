import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { OFF, Wheel, type WheelEntry } from './wheel.ts'

class Entry implements WheelEntry {
  readonly id: number
  due = 0
  slot = -1
  pos = 0

  constructor(id: number) {
    this.id = id
  }
}

describe('wheel', () => {
  test('visits an entry not before it is due, and within a tick', () => {
    const wheel = new Wheel<Entry>(100, 0)
    const visits: number[] = []
    wheel.insert(new Entry(1), 250)
    for (let at = 100; at <= 500; at += 100) wheel.advance(at, (_, now) => visits.push(now) && OFF)
    expect(visits).toEqual([300])
    expect(wheel.size).toBe(0)
  })

  test('an overdue entry is visited at the next tick', () => {
    const wheel = new Wheel<Entry>(100, 1_000)
    const visits: number[] = []
    wheel.insert(new Entry(1), -5_000)
    wheel.advance(1_100, (_, now) => visits.push(now) && OFF)
    expect(visits).toEqual([1_100])
  })

  test('one long step visits each entry once', () => {
    const wheel = new Wheel<Entry>(100, 0)
    for (let i = 0; i < 3_000; i++) wheel.insert(new Entry(i), i * 50)
    const seen = new Set<number>()
    wheel.advance(10_000_000, ({ id }) => {
      expect(seen.has(id)).toBe(false)
      seen.add(id)
      return OFF
    })
    expect(seen.size).toBe(3_000)
  })

  test('never loses or doubles an entry, also where a visit moves and removes others', () => {
    const step = fc.tuple(fc.constantFrom('insert', 'remove', 'advance'), fc.nat(19), fc.nat(150_000))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.nat(4), (steps, meddle) => {
        const wheel = new Wheel<Entry>(100, 0)
        const entries = Array.from({ length: 20 }, (_, id) => new Entry(id))
        const due = new Map<Entry, number>()
        let now = 0
        const put = (entry: Entry, at: number) => {
          due.set(entry, at)
          wheel.insert(entry, at)
        }
        const drop = (entry: Entry) => {
          due.delete(entry)
          wheel.remove(entry)
        }
        const visit = (entry: Entry, at: number) => {
          const when = due.get(entry)
          expect(when).toBeDefined()
          if (at < when!) return when!
          due.delete(entry)
          if (meddle === 1) drop(entries[(entry.id * 7 + 1) % 20]!)
          if (meddle === 2) put(entries[(entry.id * 7 + 1) % 20]!, at + 300)
          if (meddle === 3) put(entry, at + 500)
          return OFF
        }
        for (const [what, i, ms] of steps) {
          if (what === 'insert') put(entries[i]!, now + ms)
          else if (what === 'remove') drop(entries[i]!)
          else {
            now += ms
            wheel.advance(now, visit)
            for (const when of due.values()) expect(when).toBeGreaterThan(now - 100)
          }
          expect(wheel.size).toBe(due.size)
          for (const entry of entries) expect(entry.slot !== -1).toBe(due.has(entry))
        }
      }),
      { numRuns: 500 },
    )
  })
})
