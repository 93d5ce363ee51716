// What the log, watchers, hooks and webhooks are told of a member. Data, and the one rule that names a step.

import type { MemberState, Reason, TransitionKind } from '../protocol/words.ts'
import type { Member } from './member.ts'

/** One step of one member. `version` orders the steps of a member; gaps are normal. */
export interface Transition {
  readonly kind: TransitionKind
  readonly member: string
  readonly version: number
  readonly at: number
  readonly state: MemberState
  readonly since: number
  /** When the stay began; of a leave, the stay that ended. `NEVER` while offline. */
  readonly joinedAt: number
  /** Of a leave: of the session that ended last. Of a suspect: why; `null` where a better session ended. */
  readonly reason: Reason | null
  /** The session that made the step. */
  readonly session: number
  readonly lastEvidenceAt: number
  readonly lastBeatAt: number
  readonly name: string | null
  readonly type: string | null
  readonly profile: unknown
}

/** The name of the step between two states; `null` when there is none. */
export function stepOf(from: MemberState, to: MemberState): TransitionKind | null {
  if (from === to) return null
  if (from === 'offline') return 'join'
  if (to === 'offline') return 'leave'
  if (to === 'suspect') return 'suspect'
  if (from === 'suspect') return 'resume'
  return to === 'away' ? 'away' : 'back'
}

/** A transition of `member` as it stands after the step. */
export function transitionOf(
  kind: TransitionKind,
  member: Member,
  session: number,
  at: number,
  reason: Reason | null,
): Transition {
  return {
    kind,
    member: member.id,
    version: member.version,
    at,
    state: member.state,
    since: member.since,
    joinedAt: member.joinedAt,
    reason,
    session,
    lastEvidenceAt: member.lastEvidenceAt,
    lastBeatAt: member.lastBeatAt,
    name: member.name,
    type: member.type,
    profile: member.profile,
  }
}
