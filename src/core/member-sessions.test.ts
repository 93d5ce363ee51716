import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Member } from './member.ts'
import { bestState, dropSession, putSession, sessionCount, shownState } from './member-sessions.ts'

const STATES = ['online', 'away', 'suspect'] as const

test('packed sessions equal a map of states', () => {
  const step = fc.tuple(fc.constantFrom('put', 'drop'), fc.nat(4), fc.nat(2), fc.boolean())
  fc.assert(
    fc.property(fc.array(step, { size: 'max', maxLength: 40 }), fc.nat(), (steps, base) => {
      const member = new Member('a', 0)
      const naive = new Map<number, { state: number; unproven: boolean }>()
      for (const [what, n, state, unproven] of steps) {
        const id = base * 2 ** 16 + n
        if (what === 'drop') expect(dropSession(member, id)).toBe(naive.delete(id))
        else {
          putSession(member, id, STATES[state]!, unproven)
          naive.set(id, { state, unproven })
        }
        const told = [...naive.values()].map(session => session.state)
        const shown = [...naive.values()].map(session => (session.unproven ? 2 : session.state))
        expect(sessionCount(member)).toBe(naive.size)
        expect(bestState(member)).toBe(STATES[Math.min(...told)] ?? 'offline')
        for (const [one, { state: of }] of naive) expect(bestState(member, one)).toBe(STATES[of]!)
        expect(bestState(member, base * 2 ** 16 + 9)).toBe('offline')
        expect(shownState(member)).toBe(STATES[Math.min(...shown)] ?? 'offline')
      }
    }),
    { numRuns: 300 },
  )
})
