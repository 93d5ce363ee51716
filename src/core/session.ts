// One session as the detector keeps it: plain fields, no methods that decide. A million of these fit in memory, so
// nothing here is a Set, a Map or a closure, and every time is a number that is never null.

import type { Reason } from '../protocol/words.ts'
import { NEVER } from './clock.ts'
import { packReason, unpackReason } from './packing.ts'
import type { Terms } from './terms.ts'
import type { WheelEntry } from './wheel.ts'

/** What the node itself thinks of the session; `told` lags behind where the law says so. */
export type SessionState = 'online' | 'away' | 'suspect' | 'ended'

/** What the store was told last. `unproven`: read from the file at a start and not seen since. */
export type Told = 'online' | 'away' | 'suspect' | 'unproven'

/** `held`: the breaker withholds its end; `paced`: it was held, and ends only under the pace. */
export type Hold = 'none' | 'held' | 'paced'

const STATES: readonly SessionState[] = ['online', 'away', 'suspect', 'ended']
const TOLD: readonly Told[] = ['online', 'away', 'suspect', 'unproven']
const HOLDS: readonly Hold[] = ['none', 'held', 'paced']
const WAS_AWAY = 1 << 10

// JSC gives an object of 17 fields 160 bytes and one of 20 fields 224, so the words are packed: 2 bits each, then 4, then 1.
/** Times are monotonic milliseconds. `L` is whatever the owner calls a connection. */
export class Session<L extends object = object> implements WheelEntry {
  readonly id: number
  /** `null`: a connection nobody has named yet; judged like any other, told to nobody. Set once. */
  member: string | null
  instance: string | null
  epoch: number
  terms: Terms
  link: L | null
  /** `state`, `told`, `hold`, `reason` and `wasAway`: five words in one number. */
  private words = 0
  /** When `state` began. */
  since: number
  beganAt: number
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

  get state(): SessionState {
    return STATES[this.words & 3]!
  }

  set state(state: SessionState) {
    this.words = (this.words & ~3) | STATES.indexOf(state)
  }

  get told(): Told {
    return TOLD[(this.words >> 2) & 3]!
  }

  set told(told: Told) {
    this.words = (this.words & ~(3 << 2)) | (TOLD.indexOf(told) << 2)
  }

  get hold(): Hold {
    return HOLDS[(this.words >> 4) & 3]!
  }

  set hold(hold: Hold) {
    this.words = (this.words & ~(3 << 4)) | (HOLDS.indexOf(hold) << 4)
  }

  /** Why it is suspect or has ended. */
  get reason(): Reason | null {
    return unpackReason((this.words >> 6) & 15)
  }

  set reason(reason: Reason | null) {
    this.words = (this.words & ~(15 << 6)) | (packReason(reason) << 6)
  }

  /** It was told as away, suspicions apart. */
  get wasAway(): boolean {
    return (this.words & WAS_AWAY) !== 0
  }

  set wasAway(was: boolean) {
    this.words = was ? this.words | WAS_AWAY : this.words & ~WAS_AWAY
  }
}

/** The last proof of life of either kind. What was read from a file may lie before `NEVER`. */
export function lastEvidenceAt(session: Session): number {
  const { beatAt, frameAt } = session
  return beatAt === NEVER || frameAt > beatAt ? frameAt : beatAt
}
