// What was agreed for a session when it began: timing, what counts as evidence, what follows silence, how many
// sessions a member may have. One object is shared by all sessions of a listener; nobody changes it afterwards.

import type { Timing } from './timing.ts'

/** How many sessions a member may have at a time. */
export type Policy = 'many' | 'newest' | 'oldest'

/** Shared by reference: never mutate. All durations in milliseconds. */
export interface Terms {
  /** Name of the dialect; sessions without an instance are found again by (member, dialect). */
  readonly dialect: string
  readonly timing: Timing
  /** The timing was agreed with this one session: the store keeps it with the session, for the next run. */
  readonly ownTiming: boolean
  /** Grace after silence. `0`: silence ends the session with no suspicion in between. */
  readonly silenceGrace: number
  /** Grace after the page or program closed the connection. */
  readonly closeGrace: number
  /** Least grace for a page in the back/forward cache, or hidden. */
  readonly cachedGrace: number
  /** `any`: every complete inbound frame proves life; `beat`: only beats and messages do; `none`: nothing does. */
  readonly evidence: 'any' | 'beat' | 'none'
  /** Whether the server may ask by a WebSocket ping. */
  readonly probe: boolean
  /** It asks after an interval of silence, and after no more than this. */
  readonly probeAtMost: number
  /** Whether it asks again every interval while the silence lasts; otherwise once. */
  readonly probeAgain: boolean
  /** `false`: silence is never judged. */
  readonly judged: boolean
  /** What silence does to the connection: `cut` it, or `keep` it (its next beat begins a new session). */
  readonly onSilence: 'cut' | 'keep'
  readonly policy: Policy
  /** Stands beside what a policy counts: neither replaced nor in the way. */
  readonly aside: boolean
  /** A session without instance moves to a second connection even while the first still works. */
  readonly supersede: boolean
  /** A suspicion after a break or close is told only when it lasts this long. */
  readonly suspectAfter: number
  /** A hidden page is told as `away` only after this long. */
  readonly awayAfter: number
}

/** Defaults of the presence law (DESIGN §4) around a timing; `patch` says what differs. */
export function makeTerms(dialect: string, timing: Timing, patch: Partial<Terms> = {}): Terms {
  return {
    dialect,
    timing,
    ownTiming: false,
    silenceGrace: timing.grace,
    closeGrace: 5_000,
    cachedGrace: 75_000,
    evidence: 'any',
    probe: true,
    probeAtMost: Number.POSITIVE_INFINITY,
    probeAgain: false,
    judged: true,
    onSilence: 'cut',
    policy: 'many',
    aside: false,
    supersede: false,
    suspectAfter: 1_000,
    awayAfter: 30_000,
    ...patch,
  }
}
