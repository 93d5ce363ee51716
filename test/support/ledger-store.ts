// A store that is nothing but the ledger in memory: what the embedded store does before anything is written. For
// tests of the rooms above it.

import type { SessionChange } from '../../src/core/change.ts'
import { NEVER } from '../../src/core/clock.ts'
import { Ledger } from '../../src/core/ledger.ts'
import type { Member } from '../../src/core/member.ts'
import { sessionCount } from '../../src/core/member-sessions.ts'
import type { Transition } from '../../src/core/transition.ts'
import type { LogBatch, MemberRecord, Opened, Page, PageQuery, Store } from '../../src/stores/store.ts'

export class LedgerStore implements Store {
  readonly ledger = new Ledger({ epoch: 1, listing: 'heartbeat' })
  readonly health = { degraded: false, problem: '', pending: 0 }
  readonly counts = this.ledger.counts
  /** Changes as they were committed, in order. */
  readonly changes: SessionChange[] = []
  /** How many pages were read. */
  pages = 0

  async open(): Promise<Opened> {
    return { epoch: 1, firstSessionId: 1, sessions: [], close: async () => undefined }
  }

  commit(changes: readonly SessionChange[]): readonly Transition[] {
    this.changes.push(...changes)
    return this.ledger.commit(changes)
  }

  lookup(ids: readonly string[]): (MemberRecord | null)[] {
    return ids.map(id => {
      const member = this.ledger.members.get(id)
      return member === undefined ? null : recordOf(member)
    })
  }

  async page({ order, after, limit }: PageQuery): Promise<Page> {
    this.pages++
    if (order === 'id') {
      const members = this.ledger.inOrder.after(after, limit).map(recordOf)
      return { members, next: members.length < limit ? null : members.at(-1)!.id }
    }
    const from = Number(after ?? 0)
    const members = this.ledger.listed.slice(from, from + limit).map(recordOf)
    return { members, next: from + limit < this.ledger.listed.length ? String(from + limit) : null }
  }

  async readLog(): Promise<LogBatch> {
    return { transitions: [], cursor: '', reset: false }
  }
}

function recordOf(member: Member): MemberRecord {
  const { id, name, type, profile, state, since, reason, version } = member
  return {
    id,
    name,
    type,
    profile,
    state,
    since,
    joinedAt: orNull(member.joinedAt),
    lastEvidenceAt: orNull(member.lastEvidenceAt),
    lastBeatAt: orNull(member.lastBeatAt),
    reason,
    version,
    sessions: sessionCount(member),
  }
}

function orNull(time: number): number | null {
  return time === NEVER ? null : time
}
