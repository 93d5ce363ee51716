// One session as the detector keeps it: plain fields, no methods that decide. A million of these fit in memory, so
// nothing here is a Set, a Map or a closure, and every time is a number that is never null.

import type { Reason } from '../protocol/words.ts'
import { NEVER } from './clock.ts'
import type { Terms } from './terms.ts'
import type { WheelEntry } from './wheel.ts'

/** What the node itself thinks of the session; `told` lags behind where the law says so. */
export type SessionState = 'online' | 'away' | 'suspect' | 'ended'

/** What the store was told last. `unproven`: read from the file at a start and not seen since. */
export type Told = 'online' | 'away' | 'suspect' | 'unproven'

/** `held`: the breaker withholds its end; `paced`: it was held, and ends only under the pace. */
export type Hold = 'none' | 'held' | 'paced'

/** Times are monotonic milliseconds. `L` is whatever the owner calls a connection. */
export class Session<L extends object = object> implements WheelEntry {
  readonly id: number
  /** `null`: a connection nobody has named yet; judged like any other, told to nobody. */
  readonly member: string | null
  readonly instance: string | null
  epoch: number
  terms: Terms
  link: L | null
  state: SessionState = 'online'
  told: Told = 'online'
  hold: Hold = 'none'
  /** Why it is suspect. */
  reason: Reason | null = null
  /** When `state` began. */
  since: number
  readonly beganAt: number
  /** The last heartbeat; a beat is one store into this field. */
  beatAt = NEVER
  /** The last other evidence. */
  frameAt: number
  probedAt = NEVER
  hiddenAt = NEVER
  /** End of the grace; means something only while suspect. */
  until = NEVER
  /** Next session of the same member on this node. */
  next: Session<L> | null = null
  slot = -1
  pos = 0

  constructor(
    id: number,
    member: string | null,
    instance: string | null,
    epoch: number,
    terms: Terms,
    link: L | null,
    at: number,
  ) {
    this.id = id
    this.member = member
    this.instance = instance
    this.epoch = epoch
    this.terms = terms
    this.link = link
    this.since = at
    this.beganAt = at
    this.frameAt = at
  }
}

/** The last proof of life of either kind. */
export function lastEvidenceAt(session: Session): number {
  return Math.max(session.beatAt, session.frameAt)
}
