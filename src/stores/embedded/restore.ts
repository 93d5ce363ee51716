// Puts what the file holds back into the ledger: sessions first, then their members. Nothing is told to anybody, and
// a session that was read is unproven until it is seen again.

import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import { bestState, type PackedState, putSession } from '../../core/member-sessions.ts'
import { enterGroup } from '../../core/memberships.ts'
import type { Timing } from '../../core/timing.ts'
import type { SessionRecord } from '../store.ts'
import { COLUMNS, type Value } from './columns.ts'
import { memberAt } from './rows.ts'
import { fromJson } from './values.ts'

type Found = Omit<SessionRecord, 'member' | 'away'> & { readonly row: number; readonly state: PackedState }

export class Restore {
  readonly #ledger: Ledger
  readonly #sessions: Found[] = []
  readonly #members = new Map<number, string>()
  readonly #open = new Map<number, Found[]>()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  sessions(rows: readonly Value[]): void {
    for (let i = 0; i < rows.length; i += COLUMNS.sessions.length) {
      const session = sessionAt(rows, i)
      this.#sessions.push(session)
      const others = this.#open.get(session.row)
      if (others === undefined) this.#open.set(session.row, [session])
      else others.push(session)
    }
  }

  members(rows: readonly Value[]): void {
    for (let i = 0; i < rows.length; i += COLUMNS.members.length) this.#member(memberAt(rows, i))
  }

  /** After the last of them; the open sessions in order of their id. */
  done(): SessionRecord[] {
    this.#ledger.restored()
    const records: SessionRecord[] = []
    for (const { row, state, ...session } of this.#sessions) {
      const member = this.#members.get(row)
      if (member !== undefined) records.push({ ...session, member, away: state === 'away' })
    }
    return records
  }

  #member(member: Member): void {
    const open = this.#open.get(member.row)
    if (open !== undefined) this.#members.set(member.row, member.id)
    for (const { id, state, groups } of open ?? []) {
      putSession(member, id, state, true)
      for (const group of groups) enterGroup(member, id, { group, until: null })
    }
    // equal by construction, as both are written in one transaction; a file mended by hand must not break the ledger
    member.state = bestState(member)
    this.#ledger.restore(member)
  }
}

function sessionAt(rows: readonly Value[], i: number): Found {
  return {
    id: rows[i] as number,
    row: rows[i + 1] as number,
    instance: rows[i + 2] as string | null,
    epoch: rows[i + 3] as number,
    dialect: rows[i + 4] as string,
    state: rows[i + 5] as PackedState,
    lastEvidenceAt: rows[i + 6] as number,
    lastBeatAt: rows[i + 7] as number | null,
    groups: (fromJson(rows[i + 8]!) ?? []) as string[],
    timing: timingOf(fromJson(rows[i + 9]!)),
  }
}

function timingOf(agreed: unknown): Timing | null {
  if (agreed === null) return null
  const [interval, timeout, grace] = agreed as [number, number, number]
  return { interval, timeout, grace }
}
