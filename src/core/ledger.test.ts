import { describe, expect, test } from 'bun:test'
import type { SessionChange } from './change.ts'
import { NEVER } from './clock.ts'
import { Ledger } from './ledger.ts'
import { Member } from './member.ts'
import { putSession } from './member-sessions.ts'

function change(
  kind: SessionChange['kind'],
  member: string,
  patch: Partial<SessionChange> = {},
): SessionChange {
  const at = patch.at ?? 1_000
  const reason = kind === 'end' ? 'lost' : null
  const base = {
    session: 1,
    since: at,
    lastEvidenceAt: at,
    lastBeatAt: NEVER,
    reason,
    dialect: 'native',
  } as const
  return {
    kind,
    member,
    at,
    instance: null,
    epoch: 0,
    timing: null,
    details: null,
    membership: null,
    ...base,
    ...patch,
  }
}

function inGroup(kind: 'enter' | 'exit', session: number, member: string, group: string): SessionChange {
  return change(kind, member, { session, membership: { group, until: null } })
}

function kinds(ledger: Ledger, ...changes: SessionChange[]): string[] {
  return ledger.commit(changes).map(({ kind, member }) => `${kind} ${member}`)
}

describe('ledger', () => {
  test('versions begin with the epoch and grow', () => {
    const ledger = new Ledger({ epoch: 7 })
    const steps = ledger.commit([
      change('begin', 'a'),
      change('begin', 'b', { session: 2 }),
      change('end', 'a'),
    ])
    expect(steps.map(({ version }) => version)).toEqual([1, 2, 3].map(n => 7 * 2 ** 32 + n))
  })

  test('an end it does not know changes nothing', () => {
    const ledger = new Ledger({ epoch: 1 })
    ledger.commit([change('begin', 'a')])
    expect(kinds(ledger, change('end', 'a', { session: 9 }), change('end', 'b'))).toEqual([])
    expect(ledger.counts).toEqual({ online: 1, away: 0, suspect: 0, offline: 1 })
  })

  test('a name that comes with the join is no update; a new one while present is', () => {
    const ledger = new Ledger({ epoch: 1 })
    const named = (name: string, session: number) => change('begin', 'a', { session, details: { name } })
    expect(kinds(ledger, named('Ana', 1), named('Ana', 2), named('Eva', 3))).toEqual(['join a', 'update a'])
  })

  test('a profile that says the same is no update', () => {
    const ledger = new Ledger({ epoch: 1 })
    const say = (phone: string) => change('update', 'a', { details: { profile: { phone } } })
    expect(kinds(ledger, change('begin', 'a'), say('1'), say('1'), say('2'))).toEqual([
      'join a',
      'update a',
      'update a',
    ])
  })

  test('since never falls, though a suspicion is told late', () => {
    const ledger = new Ledger({ epoch: 1 })
    ledger.commit([change('begin', 'a', { at: 5_000 })])
    const [step] = ledger.commit([change('suspect', 'a', { at: 6_000, since: 4_500, reason: 'lost' })])
    expect(step).toMatchObject({ kind: 'suspect', at: 6_000, since: 5_000 })
  })

  test('evidence never falls', () => {
    const ledger = new Ledger({ epoch: 1 })
    ledger.commit([change('begin', 'a', { lastEvidenceAt: 5_000, lastBeatAt: 4_000 })])
    ledger.commit([change('end', 'a', { lastEvidenceAt: 3_000 })])
    expect(ledger.members.get('a')).toMatchObject({ lastEvidenceAt: 5_000, lastBeatAt: 4_000 })
  })

  test('members of the listing dialect keep the order of their first beat, also over a restart', () => {
    const ledger = new Ledger({ epoch: 1, listing: 'heartbeat' })
    const beat = (member: string, session: number) =>
      change('begin', member, { session, dialect: 'heartbeat' })
    ledger.commit([
      beat('b', 1),
      change('begin', 'x', { session: 2 }),
      beat('a', 3),
      change('end', 'b'),
      beat('b', 4),
    ])
    expect(ledger.listed.map(({ id }) => id)).toEqual(['b', 'a'])
    const next = new Ledger({ epoch: 2, listing: 'heartbeat' })
    for (const id of ['a', 'x', 'b']) next.restore(ledger.members.get(id)!)
    next.restored()
    next.commit([beat('c', 9)])
    expect(next.listed.map(({ id }) => id)).toEqual(['b', 'a', 'c'])
  })

  test('forgets those longest offline first, by age and by number, never the present', () => {
    const ledger = new Ledger({ epoch: 1, listing: 'heartbeat' })
    for (let i = 0; i < 6; i++)
      ledger.commit([change('begin', `m${i}`, { session: i, at: i, dialect: 'heartbeat' })])
    for (const i of [3, 1, 4]) ledger.commit([change('end', `m${i}`, { session: i, at: 100 + i })])
    expect(ledger.forget(0, 10, 10)).toEqual([])
    expect(ledger.forget(0, 5, 10)).toEqual(['m3'])
    expect(ledger.forget(102, 5, 10)).toEqual(['m1'])
    expect(ledger.forget(1_000, 0, 10)).toEqual(['m4'])
    expect(ledger.listed.map(({ id }) => id)).toEqual(['m0', 'm2', 'm5'])
    expect(ledger.counts).toEqual({ online: 3, away: 0, suspect: 0, offline: 0 })
    expect(ledger.catalog.all.size).toBe(3)
  })

  test('counts show as suspect whom nobody heard of since the start', () => {
    const ledger = new Ledger({ epoch: 1 })
    for (const [id, session] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      const member = new Member(id, 50)
      member.state = 'online'
      putSession(member, session, 'online', true)
      ledger.restore(member)
    }
    expect(ledger.catalog.counts).toEqual({ online: 0, away: 0, suspect: 2, offline: 0 })
    expect(kinds(ledger, change('resume', 'a'))).toEqual([])
    expect(ledger.catalog.counts).toEqual({ online: 1, away: 0, suspect: 1, offline: 0 })
    expect(kinds(ledger, change('end', 'b', { session: 2 }))).toEqual(['leave b'])
    expect(ledger.catalog.counts).toEqual({ online: 1, away: 0, suspect: 0, offline: 1 })
  })

  test('a restored offline member joins like any other', () => {
    const ledger = new Ledger({ epoch: 3 })
    ledger.restore(new Member('a', 50))
    expect(ledger.counts.offline).toBe(1)
    expect(kinds(ledger, change('begin', 'a'))).toEqual(['join a'])
    expect(ledger.offline.size).toBe(0)
  })

  test('a group change is an update without details; standing ones are of members nobody saw', () => {
    const ledger = new Ledger({ epoch: 1 })
    const [enter] = ledger.commit([inGroup('enter', 0, 'a', 'g')])
    expect(enter).toMatchObject({ kind: 'update', state: 'offline', entered: ['g'], detailed: false })
    expect(ledger.members.get('a')).toMatchObject({ lastEvidenceAt: NEVER, sessions: null })
    expect(ledger.counts.offline).toBe(1)
    expect(kinds(ledger, inGroup('enter', 0, 'a', 'g'), inGroup('exit', 0, 'a', 'h'))).toEqual([])
    const [exit] = ledger.commit([inGroup('exit', 0, 'a', 'g')])
    expect(exit).toMatchObject({ kind: 'update', exited: ['g'], groups: [] })
    expect(ledger.tallies.groups.size).toBe(0)
  })

  test('who is not known is not known by an exit', () => {
    const ledger = new Ledger({ epoch: 1 })
    expect(kinds(ledger, inGroup('exit', 0, 'a', 'g'))).toEqual([])
    expect(ledger.members.size).toBe(0)
  })

  test('a session that has ended makes no membership', () => {
    const ledger = new Ledger({ epoch: 1 })
    ledger.commit([change('begin', 'a'), change('end', 'a')])
    expect(kinds(ledger, inGroup('enter', 1, 'a', 'g'))).toEqual([])
    expect(ledger.members.get('a')!.memberships).toBeNull()
  })

  test('a change of the API touches no evidence', () => {
    const ledger = new Ledger({ epoch: 1 })
    ledger.commit([change('begin', 'a', { at: 1_000 })])
    const [step] = ledger.commit([change('update', 'a', { session: 0, at: 5_000, details: { name: 'A' } })])
    expect(step).toMatchObject({ kind: 'update', detailed: true, session: 0, lastEvidenceAt: 1_000 })
  })

  test('the version of hiding is that of the step that told it, with a join and after a resume', () => {
    const ledger = new Ledger({ epoch: 1 })
    const hidden = { status: { visibility: 'hidden', text: null, until: null } } as const
    const [join] = ledger.commit([change('begin', 'a', { details: hidden })])
    expect(join!.status).toMatchObject({ since: 1_000, version: join!.version })
    const steps = ledger.commit([
      change('begin', 'b'),
      change('suspect', 'b'),
      change('begin', 'b', { session: 2, at: 2_000, details: hidden }),
    ])
    expect(steps.map(({ kind, status, detailed }) => [kind, status?.version ?? null, detailed])).toEqual([
      ['join', null, false],
      ['suspect', null, false],
      ['resume', null, false],
      ['update', steps[3]!.version, true],
    ])
  })

  test('a forgotten member is in no group and counted nowhere', () => {
    const ledger = new Ledger({ epoch: 1 })
    ledger.commit([
      change('begin', 'a', { details: { type: 't' } }),
      inGroup('enter', 0, 'a', 'g'),
      change('end', 'a'),
    ])
    ledger.forget(9_000, 10, 10)
    expect(ledger.tallies).toMatchObject({ seen: { offline: 0 } })
    expect(ledger.tallies.types.size + ledger.tallies.groups.size).toBe(0)
  })

  test('an unproven member counts by what was told of it', () => {
    const ledger = new Ledger({ epoch: 1 })
    for (const [id, session, state] of [
      ['a', 1, 'away'],
      ['b', 2, 'suspect'],
    ] as const) {
      const member = new Member(id, 50)
      member.state = state
      putSession(member, session, state, true)
      ledger.restore(member)
    }
    expect(ledger.tallies.seen).toMatchObject({ away: 1, suspectOnline: 1, online: 0 })
    const [step] = ledger.commit([change('resume', 'b', { session: 2 })])
    expect(step).toMatchObject({ kind: 'resume', settledState: 'online', settledSince: 50 })
    expect(step!.settledChanged).toBe(false)
    expect(ledger.tallies.seen).toMatchObject({ away: 1, suspectOnline: 0, online: 1 })
  })
})
