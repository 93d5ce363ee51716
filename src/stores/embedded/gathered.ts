// What changed and is not in the file yet: transitions as a list, members and sessions as they stand now, so that a
// file that cannot be written for an hour costs memory for what changed, not for how often.

import type { SessionChange } from '../../core/change.ts'
import type { Member } from '../../core/member.ts'
import { bestState } from '../../core/member-sessions.ts'
import type { Step } from '../../core/transition.ts'
import type { MemberState } from '../../protocol/words.ts'
import type { Value } from './columns.ts'
import { firstAbove } from './log-tail.ts'
import { listToJson, toNull } from './values.ts'

/** Evidence of a session that goes on as it was. */
export interface Evidence {
  readonly lastEvidenceAt: number
  readonly lastBeatAt: number
}

/** Session ids are never used twice, so an end is final. Written in the order of the fields: an end comes last. */
export class Gathered {
  readonly transitions: Step[] = []
  readonly members = new Set<Member>()
  /** Rows of sessions that began or changed. */
  readonly sessions = new Map<number, readonly Value[]>()
  readonly evidence = new Map<number, Evidence>()
  readonly ended = new Set<number>()
  readonly forgotten = new Set<Member>()
  /** Version of the last step of each member that is erased. */
  readonly erased: number[] = []
  /** Largest number of any session that was heard of, whatever is left of it. */
  lastSession = 0

  get size(): number {
    const { transitions, members, sessions, evidence, ended, forgotten, erased } = this
    const rows = transitions.length + members.size + sessions.size + evidence.size
    return rows + ended.size + forgotten.size + erased.length
  }

  step(version: number): Step | undefined {
    const step = this.transitions[firstAbove(this.transitions, version - 1)]
    return step?.version === version ? step : undefined
  }

  /** Takes what a change did to `member`, which is as it stands after its commit. */
  note(change: SessionChange, member: Member): void {
    const { kind, session } = change
    this.members.add(member)
    this.lastSession = Math.max(this.lastSession, session)
    if (session === 0) return
    if (kind === 'end') return this.end(session)
    // else the row is written anew
    if (kind === 'update' && change.timing === null) {
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

  /** Forgets it, and what the log says of it. */
  erase(member: Member): void {
    this.forget(member)
    if (member.version > 0) this.erased.push(member.version)
  }

  /** Adds what was gathered after this. */
  absorb(later: Gathered): void {
    this.lastSession = Math.max(this.lastSession, later.lastSession)
    for (const transition of later.transitions) this.transitions.push(transition)
    for (const member of later.members) this.members.add(member)
    for (const [id, row] of later.sessions) {
      this.sessions.set(id, row)
      this.evidence.delete(id)
    }
    for (const [id, evidence] of later.evidence) this.evidence.set(id, evidence)
    for (const id of later.ended) this.end(id)
    for (const member of later.forgotten) this.forget(member)
    for (const version of later.erased) this.erased.push(version)
  }
}

function rowOf(change: SessionChange, state: MemberState, { row, memberships }: Member): Value[] {
  const { session, instance, epoch, dialect, lastEvidenceAt, lastBeatAt, timing } = change
  const groups = memberships?.of(session).map(({ group }) => group)
  const evidence = [lastEvidenceAt, toNull(lastBeatAt)]
  const agreed = timing === null ? undefined : [timing.interval, timing.timeout, timing.grace]
  return [session, row, instance, epoch, dialect, state, ...evidence, listToJson(groups), listToJson(agreed)]
}
