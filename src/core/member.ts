// One member as the ledger keeps it: plain fields, and words packed into numbers, since a million of these must fit in
// memory. It decides nothing; its sessions are read and written in member-sessions.ts.

import type { MemberState, Reason } from '../protocol/words.ts'
import { NEVER } from './clock.ts'
import { packReason, unpackReason } from './packing.ts'

const STATES: readonly MemberState[] = ['online', 'away', 'suspect', 'offline']
const OFFLINE = STATES.indexOf('offline')

// JSC gives an object of 12 fields 112 bytes and one of 14 fields 160, hence the packing.
/** Mutated by the ledger alone. Times are those of the changes it was given. */
export class Member {
  readonly id: string
  name: string | null = null
  /** `null` for the many of whom nothing but a name is known. */
  private more: { readonly type: string | null; readonly profile: unknown } | null = null
  /** `state` and `reason`: two words in one number. */
  private words = OFFLINE
  since: number
  /** When this stay began; `NEVER` while offline. */
  joinedAt = NEVER
  version = 0
  /** As last written; the owner of a session knows better. */
  lastEvidenceAt = NEVER
  lastBeatAt = NEVER
  /** Rank of its first beat among the members of the listing dialect; 0: never came by it. */
  listedNo = 0
  /** Number of its row in the store's file; 0: it has none. Set by the store. */
  row = 0
  sessions: number | number[] | null = null

  constructor(id: string, at: number) {
    this.id = id
    this.since = at
  }

  /** The state that was told last. */
  get state(): MemberState {
    return STATES[this.words & 3]!
  }

  set state(state: MemberState) {
    this.words = (this.words & ~3) | STATES.indexOf(state)
  }

  /** Of the last leave, while offline; of the suspicion, while suspect. */
  get reason(): Reason | null {
    return unpackReason(this.words >> 2)
  }

  set reason(reason: Reason | null) {
    this.words = (this.words & 3) | (packReason(reason) << 2)
  }

  get type(): string | null {
    return this.more?.type ?? null
  }

  set type(type: string | null) {
    this.#know(type, this.profile)
  }

  get profile(): unknown {
    return this.more?.profile ?? null
  }

  set profile(profile: unknown) {
    this.#know(this.type, profile)
  }

  #know(type: string | null, profile: unknown): void {
    this.more = type === null && profile === null ? null : { type, profile }
  }
}
