import { expect, test } from 'bun:test'
import type { SessionChange } from './change.ts'
import { NEVER } from './clock.ts'
import { Ledger } from './ledger.ts'

function change(kind: SessionChange['kind'], member: string, session = 0): SessionChange {
  const times = { at: 1, since: 1, lastEvidenceAt: 1, lastBeatAt: NEVER }
  const rest = { reason: null, instance: null, epoch: 0, timing: null, details: { type: 't' } }
  return { kind, member, session, dialect: 'd', membership: { group: 'g', until: null }, ...times, ...rest }
}

test('the erased are nowhere, and the same id is another member', () => {
  const ledger = new Ledger({ epoch: 1, listing: 'd' })
  const told = ledger.commit([
    change('begin', 'a', 1),
    change('enter', 'a'),
    change('begin', 'b', 2),
    change('end', 'a', 1),
    change('erase', 'a'),
  ])
  expect(told.map(({ kind, member }) => `${kind} ${member}`)).toEqual([
    'join a',
    'update a',
    'join b',
    'leave a',
  ])
  expect([...ledger.members.keys()]).toEqual(['b'])
  expect(ledger.listed.map(({ id }) => id)).toEqual(['b'])
  expect(ledger.counts).toEqual({ online: 1, away: 0, suspect: 0, offline: 0 })
  expect(ledger.offline.size).toBe(0)
  expect(ledger.tallies.groups.size).toBe(0)
  expect(ledger.tallies.types.get('t')).toMatchObject({ online: 1, offline: 0 })
  const again = ledger.commit([change('begin', 'a', 3)])
  expect(again).toMatchObject([{ kind: 'join', previous: 0, groups: [] }])
  expect(again[0]!.version).toBeGreaterThan(told.at(-1)!.version)
  expect(ledger.listed.map(({ id }) => id)).toEqual(['b', 'a'])
})

test('nobody is erased who has a session, in whatever state it is, or who is unknown', () => {
  for (const kind of ['begin', 'suspect', 'away'] as const) {
    const ledger = new Ledger({ epoch: 1 })
    ledger.commit([change('begin', 'a', 1), change(kind, 'a', 1)])
    expect(ledger.commit([change('erase', 'a'), change('erase', 'nobody')])).toEqual([])
    expect([...ledger.members.keys()]).toEqual(['a'])
    expect(ledger.commit([change('end', 'a', 1)])).toMatchObject([{ kind: 'leave' }])
  }
})
