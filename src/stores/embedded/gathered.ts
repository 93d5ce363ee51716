// What changed and is not in the file yet: transitions as a list, members and sessions as they stand now, so that a
// file that cannot be written for an hour costs memory for what changed, not for how often.

import type { SessionChange } from '../../core/change.ts'
import type { Member } from '../../core/member.ts'
import { bestState } from '../../core/member-sessions.ts'
import type { Transition } from '../../core/transition.ts'
import type { MemberState } from '../../protocol/words.ts'
import type { Value } from './columns.ts'
import { listToJson, toNull } from './values.ts'

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

  /** Takes what a change did to `member`, which is as it stands after its commit. */
  note(change: SessionChange, member: Member): void {
    const { kind, session } = change
    this.members.add(member)
    if (session === 0) return
    if (kind === 'end') return this.end(session)
    if (kind === 'update') {
      this.evidence.set(session, change)
      return
    }
    const state = bestState(member, session)
    if (state === 'offline') return
    this.sessions.set(session, rowOf(change, state, member))
    this.evidence.delete(session)
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

function rowOf(change: SessionChange, state: MemberState, { row, memberships }: Member): Value[] {
  const { session, instance, epoch, dialect, lastEvidenceAt, lastBeatAt } = change
  const groups = memberships?.of(session).map(({ group }) => group)
  const evidence = [lastEvidenceAt, toNull(lastBeatAt)]
  return [session, row, instance, epoch, dialect, state, ...evidence, listToJson(groups)]
}
