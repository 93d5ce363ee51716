import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { change, T0 } from '../../../test/support/store-changes.ts'
import { plainTally, recount } from '../../../test/support/store-recount.ts'
import type { Details, SessionChange, Status } from '../../core/change.ts'
import { Ledger } from '../../core/ledger.ts'
import { shownState } from '../../core/member-sessions.ts'
import { COLUMNS, type Value } from './columns.ts'
import { Gathered } from './gathered.ts'
import { lapsesOf } from './lapses.ts'
import { Parcel } from './parcel.ts'
import { Restore } from './restore.ts'

const STATUSES: readonly (Status | null)[] = [
  null,
  { visibility: 'shown', text: 'x', until: null },
  { visibility: 'hidden', text: null, until: T0 + 40 },
]
const KINDS = [
  'begin',
  'begin',
  'enter',
  'enter',
  'exit',
  'suspect',
  'resume',
  'away',
  'end',
  'update',
] as const
const step = fc.record({
  kind: fc.constantFrom(...KINDS),
  session: fc.nat(5),
  group: fc.nat(3),
  status: fc.nat(2),
  lasting: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Rows of a file that was written after every commit. */
class Rows {
  readonly #members = new Map<Value, Value[]>()
  readonly #sessions = new Map<Value, Value[]>()

  write(gathered: Gathered): void {
    const { members, sessions, ended } = new Parcel(gathered).next()
    put(this.#members, members, COLUMNS.members.length)
    put(this.#sessions, sessions, COLUMNS.sessions.length)
    for (const id of ended) this.#sessions.delete(id)
  }

  read(ledger: Ledger): ReturnType<Restore['done']> {
    const restore = new Restore(ledger)
    restore.sessions([...this.#sessions.values()].flat())
    restore.members([...this.#members.values()].flat())
    return restore.done()
  }
}

function put(into: Map<Value, Value[]>, rows: readonly Value[], width: number): void {
  for (let i = 0; i < rows.length; i += width) into.set(rows[i]!, rows.slice(i, i + width))
}

// Five members, each with a session of its own number and another; session 0 is the API.
function changeOf({ kind, session, group, status, lasting }: Step, at: number): SessionChange {
  const membership = { group: `g${group}`, until: session === 0 && lasting ? T0 + 100 + group : null }
  const details: Details = lasting ? { type: `t${status}` } : { status: STATUSES[status]! }
  const member = `m${session === 0 ? group : session % 3}`
  const isGroup = kind === 'enter' || kind === 'exit'
  const said = { at, ...(isGroup && { membership }), ...(kind === 'update' && { details }) }
  const standing = isGroup || kind === 'update' ? kind : 'enter'
  return change(session === 0 ? standing : kind, session, member, { membership, ...said })
}

test('what a file keeps of members, groups and statuses comes back, and is counted as before', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 40, size: 'max' }), steps => {
      const ledger = new Ledger({ epoch: 1 })
      const rows = new Rows()
      let row = 0
      steps.forEach((one, i) => {
        const made = changeOf(one, T0 + i)
        ledger.commit([made])
        const member = ledger.members.get(made.member)
        if (member === undefined) return
        if (member.row === 0) member.row = ++row
        const gathered = new Gathered()
        gathered.note(made, member)
        rows.write(gathered)
      })
      const next = new Ledger({ epoch: 2 })
      const sessions = rows.read(next)
      expect([...next.members.keys()].sort()).toEqual([...ledger.members.keys()].sort())
      for (const member of ledger.members.values()) {
        const found = next.members.get(member.id)!
        expect(found.memberships?.all().sort()).toEqual(member.memberships?.all().sort())
        expect(found.status).toEqual(member.status)
        expect([found.state, found.since, found.version]).toEqual([
          member.state,
          member.since,
          member.version,
        ])
        expect(found.sessions === null ? 'offline' : 'suspect').toBe(shownState(found))
        expect(found.settledState).toBe(member.state === 'suspect' ? 'online' : member.state)
        expect(found.settledSince).toBe(member.since)
        for (const session of sessions.filter(open => open.member === member.id)) {
          const made = member.memberships?.of(session.id).map(({ group }) => group) ?? []
          expect([...session.groups].sort()).toEqual(made.sort())
        }
      }
      expect(lapsesOf(next.members.values()).map(name).sort()).toEqual(
        lapsesOf(ledger.members.values()).map(name).sort(),
      )
      expect(plainTally(next.tallies)).toEqual(recount(next.members.values()))
    }),
    { numRuns: 300 },
  )
})

function name(lapse: object): string {
  return JSON.stringify(lapse)
}
