import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Member } from './member.ts'
import { endGroups, enterGroup, exitGroup, MOST_GROUPS } from './memberships.ts'

function entered(member: Member, session: number, ...groups: string[]): boolean[] {
  return groups.map(group => enterGroup(member, session, { group, until: null }))
}

describe('memberships', () => {
  test('a group is the union of what its sessions and the API made', () => {
    const step = fc.tuple(fc.constantFrom('enter', 'exit', 'end'), fc.nat(3), fc.nat(4))
    fc.assert(
      fc.property(fc.array(step, { size: 'max', maxLength: 40 }), steps => {
        const member = new Member('a', 0)
        const naive = new Map<string, string>()
        const union = () => new Set([...naive.values()])
        for (const [what, session, n] of steps) {
          const group = `g${n}`
          const before = union()
          if (what === 'enter') {
            naive.set(`${session} ${group}`, group)
            expect(enterGroup(member, session, { group, until: null })).toBe(!before.has(group))
          } else if (what === 'exit') {
            naive.delete(`${session} ${group}`)
            expect(exitGroup(member, session, group)).toBe(before.has(group) && !union().has(group))
          } else {
            for (const key of [...naive.keys()]) if (key.startsWith(`${session} `)) naive.delete(key)
            const gone = [...before].filter(name => !union().has(name))
            expect([...endGroups(member, session)].sort()).toEqual(gone.sort())
          }
          expect((member.memberships?.all() ?? []).sort()).toEqual([...union()].sort())
          expect(member.memberships === null).toBe(naive.size === 0)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('the one over the limit is ignored, by whomever, until there is room', () => {
    const member = new Member('a', 0)
    for (let n = 0; n < MOST_GROUPS; n++) entered(member, 1, `g${n}`)
    expect(entered(member, 1, 'more')).toEqual([false])
    expect(entered(member, 0, 'more')).toEqual([false])
    expect(entered(member, 2, 'g5')).toEqual([false])
    expect(member.memberships!.size).toBe(MOST_GROUPS)
    expect(exitGroup(member, 1, 'g5')).toBe(false)
    expect(exitGroup(member, 2, 'g5')).toBe(true)
    expect(entered(member, 0, 'more')).toEqual([true])
  })

  test('the end of a standing membership is the one that was said last', () => {
    const member = new Member('a', 0)
    enterGroup(member, 0, { group: 'g', until: 50 })
    enterGroup(member, 3, { group: 'g', until: null })
    expect(member.memberships!.of(0)).toEqual([{ group: 'g', until: 50 }])
    expect(member.memberships!.of(3)).toEqual([{ group: 'g', until: null }])
    enterGroup(member, 0, { group: 'g', until: 90 })
    expect(member.memberships!.of(0)).toEqual([{ group: 'g', until: 90 }])
    enterGroup(member, 0, { group: 'g', until: null })
    expect(member.memberships!.of(0)).toEqual([{ group: 'g', until: null }])
    enterGroup(member, 0, { group: 'g', until: 70 })
    exitGroup(member, 0, 'g')
    enterGroup(member, 0, { group: 'g', until: null })
    expect(member.memberships!.of(0)).toEqual([{ group: 'g', until: null }])
  })
})
