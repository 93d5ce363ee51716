// What the detector asks of its owner, and what it asks the store to write. Data only.

import type { Reason } from '../protocol/words.ts'
import type { Session } from './session.ts'
import type { Terms } from './terms.ts'
import type { Timing } from './timing.ts'

/** What a member says of itself. An absent key means 'unchanged'. */
export interface Details {
  readonly name?: string
  readonly type?: string
  readonly profile?: unknown
  /** `null`: no longer any. */
  readonly status?: Status | null
}

/** What a member tells others of itself. Hidden members are offline to all but API keys, hooks and the log. */
export interface Status {
  readonly visibility: 'shown' | 'hidden'
  readonly text: string | null
  /** When it lapses, in ms since 1970; `null`: never. */
  readonly until: number | null
}

/** A membership of a group, that a session or (session 0) the API made. */
export interface Membership {
  readonly group: string
  /** Of the API's: when it ends, in ms since 1970; `null`: with its removal. */
  readonly until: number | null
}

// `erase`: the member is forgotten, with everything that was kept of it; it tells nothing. The log keeps the last step
// of it without name, type, profile, status and groups, so that no reader is left with a member that never leaves. A
// member that has sessions is not erased: end them first.
/** One change of one session, in the order in which it happened. Times are those of the writer's clock. */
export interface SessionChange {
  readonly kind:
    | 'begin'
    | 'suspect'
    | 'resume'
    | 'away'
    | 'back'
    | 'update'
    | 'enter'
    | 'exit'
    | 'end'
    | 'erase'
  /** 0: no session's doing; then only `update`, `enter`, `exit` and `erase`. */
  readonly session: number
  readonly member: string
  /** When it was decided. */
  readonly at: number
  /** When the state it tells of began (<= at). */
  readonly since: number
  readonly lastEvidenceAt: number
  /** `NEVER` where no beat came yet. */
  readonly lastBeatAt: number
  /** Of `suspect` and `end`. */
  readonly reason: Reason | null
  readonly dialect: string
  readonly instance: string | null
  readonly epoch: number
  /** What was agreed with this session alone; `null`: nothing. A change of it is an `update` without details. */
  readonly timing: Timing | null
  readonly details: Details | null
  /** Of `enter` and `exit`. */
  readonly membership: Membership | null
}

/** Asks for a session of `member`. */
export interface BeginRequest<L extends object> {
  /** `null`: nobody yet. */
  readonly member: string | null
  readonly instance: string | null
  /** Grows with every connection of an instance; 0 where there is no instance. */
  readonly epoch: number
  readonly terms: Terms
  /** `null`: it comes by requests, not by a connection; only under policy `many`. */
  readonly link: L | null
  /** The session without a member that is on the link: it is named, where no other goes on. */
  readonly nameless?: Session<L> | null
  readonly details: Details | null
  /** Evidence the link gave before; the begin itself otherwise. */
  readonly lastEvidenceAt?: number
  /** Whether the begin itself was a heartbeat. */
  readonly beat?: boolean
  /** Nobody is at it: it begins, or goes on, as hidden. Shown otherwise. */
  readonly away?: boolean
}

/** An open session read back at a start. `lastEvidenceAt` may lie before the clock's origin. */
export interface RestoredSession {
  readonly id: number
  readonly member: string
  readonly instance: string | null
  readonly epoch: number
  readonly terms: Terms
  readonly lastEvidenceAt: number
  readonly lastBeatAt: number
  /** It was told as away. */
  readonly away: boolean
  /** How long it may take to come back; longer where it was away. */
  readonly grace: number
}

/** What may happen to the detector, besides a beat. */
export type DetectorEvent<L extends object> =
  | { readonly type: 'begin'; readonly request: BeginRequest<L> }
  | { readonly type: 'broke'; readonly session: Session<L>; readonly link: L; readonly cause: BreakCause }
  | { readonly type: 'withdraw'; readonly link: L }
  | { readonly type: 'end'; readonly session: Session<L>; readonly reason: Reason }
  | { readonly type: 'hide' | 'show'; readonly session: Session<L> }
  | { readonly type: 'update'; readonly session: Session<L>; readonly details: Details }
  | { readonly type: 'enter' | 'exit'; readonly session: Session<L>; readonly group: string }
  | { readonly type: 'terms'; readonly session: Session<L>; readonly terms: Terms }
  | { readonly type: 'restore'; readonly session: RestoredSession }
  | { readonly type: 'stalled'; readonly ms: number }
  | { readonly type: 'tick' }

/** How a connection finished: closed on purpose, parked in the back/forward cache, or broken. */
export type BreakCause = 'closed' | 'cached' | 'lost'

/** Why a session left a link that goes on: it fell silent, moved to another link, or was ended. */
export type DetachCause = 'silent' | 'moved' | 'ended'

/** Why a newcomer may not begin. */
export type Refusal = 'instance_conflict' | 'occupied'

/** What the owner must do, in this order. */
export type Effect<L extends object> =
  | {
      readonly type: 'begun'
      readonly link: L | null
      readonly session: Session<L>
      readonly resumed: boolean
    }
  | { readonly type: 'refused'; readonly link: L; readonly why: Refusal }
  | { readonly type: 'waiting'; readonly link: L; readonly until: number }
  | { readonly type: 'probe'; readonly link: L; readonly session: Session<L> }
  /** Terminate the link; the session is no longer on it. */
  | { readonly type: 'cut'; readonly link: L; readonly session: Session<L> }
  /** Tell the link that a newer session took its place, and close it. */
  | { readonly type: 'replaced'; readonly link: L; readonly session: Session<L> }
  /** The session is no longer on the link; the link stays. */
  | { readonly type: 'detached'; readonly link: L; readonly session: Session<L>; readonly why: DetachCause }
  | { readonly type: 'change'; readonly change: SessionChange }
  | { readonly type: 'breaker'; readonly held: boolean; readonly silent: number; readonly sessions: number }
