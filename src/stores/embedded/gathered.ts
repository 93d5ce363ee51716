// What changed and is not in the file yet: transitions as a list, members and sessions as they stand now, so that a
// file that cannot be written for an hour costs memory for what changed, not for how often.

import type { SessionChange } from '../../core/change.ts'
import type { Member } from '../../core/member.ts'
import type { Transition } from '../../core/transition.ts'
import type { Value } from './columns.ts'
import { toNull } from './rows.ts'

/** Evidence of a session that goes on as it was. */
export interface Evidence {
  readonly lastEvidenceAt: number
  readonly lastBeatAt: number
}

/** Session ids are never used twice, so an end is final. Written in the order of the fields: an end comes last. */
export class Gathered {
  transitions: Transition[] = []
  readonly members = new Set<Member>()
  /** Rows of sessions that began or changed. */
  readonly sessions = new Map<number, readonly Value[]>()
  readonly evidence = new Map<number, Evidence>()
  readonly ended = new Set<number>()
  readonly forgotten = new Set<Member>()

  get size(): number {
    const { transitions, members, sessions, evidence, ended, forgotten } = this
    return transitions.length + members.size + sessions.size + evidence.size + ended.size + forgotten.size
  }

  /** Takes what a change did to a session of `member`. */
  note(change: SessionChange, member: Member): void {
    this.members.add(member)
    if (change.kind === 'end') this.end(change.session)
    else if (change.kind === 'update') this.evidence.set(change.session, change)
    else {
      this.sessions.set(change.session, rowOf(change, member))
      this.evidence.delete(change.session)
    }
  }

  end(session: number): void {
    this.sessions.delete(session)
    this.evidence.delete(session)
    this.ended.add(session)
  }

  forget(member: Member): void {
    this.members.delete(member)
    this.forgotten.add(member)
  }

  /** Adds what was gathered after this. */
  absorb(later: Gathered): void {
    for (const transition of later.transitions) this.transitions.push(transition)
    for (const member of later.members) this.members.add(member)
    for (const [id, row] of later.sessions) {
      this.sessions.set(id, row)
      this.evidence.delete(id)
    }
    for (const [id, evidence] of later.evidence) this.evidence.set(id, evidence)
    for (const id of later.ended) this.end(id)
    for (const member of later.forgotten) this.forget(member)
  }
}

const STATES = {
  begin: 'online',
  resume: 'online',
  back: 'online',
  away: 'away',
  suspect: 'suspect',
} as const

function rowOf(change: SessionChange, { row }: Member): Value[] {
  const { session, instance, epoch, dialect, lastEvidenceAt, lastBeatAt } = change
  const state = STATES[change.kind as keyof typeof STATES]
  return [session, row, instance, epoch, dialect, state, lastEvidenceAt, toNull(lastBeatAt)]
}
