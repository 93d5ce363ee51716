// What the log, watchers, hooks and webhooks are told of a member. Data, and the one rule that names a step.

import type { MemberState, Reason, TransitionKind } from '../protocol/words.ts'
import type { SessionChange, Status } from './change.ts'
import type { Member } from './member.ts'
import { seenGroups, without } from './tally.ts'

/** One step of one member. `version` orders the steps of a member; gaps are normal. */
export interface Transition {
  readonly kind: TransitionKind
  readonly member: string
  readonly version: number
  /** Version of the member's step before this one; 0: none is known. */
  readonly previous: number
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
  readonly status: LoggedStatus | null
  /** Its groups after the step, in no order. */
  readonly groups: readonly string[]
}

/** A state as those know it who did not ask for suspicions. */
export type SettledState = Exclude<MemberState, 'suspect'>

/** A member's status as the log keeps it. `null` in its place: it says nothing and never hid. */
export interface LoggedStatus extends Status {
  /** When its visibility changed last, and the version of that step: what others see of a hidden member. 0: never. */
  readonly since: number
  readonly version: number
}

/** A member's status as the ledger keeps it. */
export interface MemberStatus extends LoggedStatus {
  /** Present exactly while it is hidden. */
  readonly shownAs: ShownAs | null
}

/** What else others see of a hidden member: what was so when it hid. What the hiding change itself says is in it. */
export interface ShownAs {
  readonly name: string | null
  readonly type: string | null
  readonly profile: unknown
  /** Not after it hid; `NEVER` where none came. */
  readonly lastEvidenceAt: number
  readonly lastBeatAt: number
}

/**
 * A transition as `commit` tells it, with what only a listener at that moment needs. To those who did not ask for
 * suspicions a member is as it was before (`settled`), and they hear nothing where `settledChanged` and `detailed`
 * are both false.
 */
export interface Step extends Transition {
  readonly status: MemberStatus | null
  readonly settledState: SettledState
  readonly settledSince: number
  readonly settledChanged: boolean
  /** Name, type, profile or status changed. */
  readonly detailed: boolean
  /** Groups in which others find it after the step; and by this step find it anew, or no longer. */
  readonly seenGroups: readonly string[]
  readonly entered: readonly string[]
  readonly exited: readonly string[]
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

/** What a step brings besides a state. */
export interface News {
  settledChanged: boolean
  detailed: boolean
  /** Its groups are others than before. */
  regrouped: boolean
  /** Groups in which others found it before. */
  readonly seenGroups: readonly string[]
}

/** No news of a member that others found in `seenGroups`. */
export function noNews(seenGroups: readonly string[]): News {
  return { settledChanged: false, detailed: false, regrouped: false, seenGroups }
}

/** A step of `member` as it stands after it. */
export function tellStep(
  kind: TransitionKind,
  member: Member,
  { session, at }: SessionChange,
  { settledChanged, detailed, seenGroups: before }: News,
  previous: number,
): Step {
  const found = seenGroups(member)
  return {
    kind,
    member: member.id,
    version: member.version,
    previous,
    at,
    state: member.state,
    since: member.since,
    joinedAt: member.joinedAt,
    reason: member.reason,
    session,
    lastEvidenceAt: member.lastEvidenceAt,
    lastBeatAt: member.lastBeatAt,
    name: member.name,
    type: member.type,
    profile: member.profile,
    status: member.status,
    groups: member.memberships?.all() ?? found,
    settledState: member.settledState,
    settledSince: member.settledSince,
    settledChanged,
    detailed,
    seenGroups: found,
    entered: without(found, before),
    exited: without(before, found),
  }
}

/** What the log keeps of a status: the log is true, so what others saw meanwhile is not in it. */
export function loggedStatus(status: LoggedStatus | null): LoggedStatus | null {
  if (status === null) return null
  const { visibility, text, until, since, version } = status
  return { visibility, text, until, since, version }
}

/** What the log keeps of a step. */
export function logged(step: Step): Transition {
  const { settledState, settledSince, settledChanged, detailed, seenGroups, entered, exited, ...transition } =
    step
  return { ...transition, status: loggedStatus(step.status) }
}
