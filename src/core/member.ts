// One member as the ledger keeps it: plain fields, and words packed into numbers, since a million of these must fit in
// memory. It decides nothing; its sessions are read and written in member-sessions.ts.

import type { MemberState, Reason } from '../protocol/words.ts'
import { NEVER } from './clock.ts'
import type { Memberships } from './memberships.ts'
import { packReason, unpackReason } from './packing.ts'
import type { MemberStatus, SettledState } from './transition.ts'

const STATES: readonly MemberState[] = ['online', 'away', 'suspect', 'offline']
const OFFLINE = STATES.indexOf('offline')

/** What is so of few members only. */
class Rare {
  type: string | null = null
  profile: unknown = null
  status: MemberStatus | null = null
  memberships: Memberships | null = null
  /** `null`: settled as `state` and `since` say. */
  settledState: SettledState | null = null
  settledSince = NEVER
}

// JSC gives an object of 12 fields 112 bytes and one of 14 fields 160, hence the packing.
/** Mutated by the ledger alone. Times are those of the changes it was given. */
export class Member {
  readonly id: string
  name: string | null = null
  /** `null` for the many of whom nothing but a name is known. */
  private rare: Rare | null = null
  /** `state`, `reason` and `place`: three words in one number. */
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
    return unpackReason((this.words >> 2) & 15)
  }

  set reason(reason: Reason | null) {
    this.words = (this.words & ~(15 << 2)) | (packReason(reason) << 2)
  }

  /** Where the roll has it; below 2 ** 24. */
  get place(): number {
    return this.words >> 6
  }

  set place(place: number) {
    this.words = (this.words & 63) | (place << 6)
  }

  get type(): string | null {
    return this.rare?.type ?? null
  }

  set type(type: string | null) {
    this.#put('type', type)
  }

  get profile(): unknown {
    return this.rare?.profile ?? null
  }

  set profile(profile: unknown) {
    this.#put('profile', profile)
  }

  get status(): MemberStatus | null {
    return this.rare?.status ?? null
  }

  set status(status: MemberStatus | null) {
    this.#put('status', status)
  }

  /** `null`: in no group. */
  get memberships(): Memberships | null {
    return this.rare?.memberships ?? null
  }

  set memberships(memberships: Memberships | null) {
    this.#put('memberships', memberships)
  }

  /** The state as those see it who did not ask for suspicions: equal to `state` unless that is `suspect`. */
  get settledState(): SettledState {
    const { state } = this
    return this.rare?.settledState ?? (state === 'suspect' ? 'online' : state)
  }

  get settledSince(): number {
    return this.rare === null || this.rare.settledState === null ? this.since : this.rare.settledSince
  }

  /** To be called after `state` and `since` are set. */
  settle(state: SettledState, since: number): void {
    this.#put('settledState', null)
    if (this.settledState === state && this.since === since) return
    this.#put('settledState', state)
    this.rare!.settledSince = since
  }

  #put<K extends keyof Rare>(key: K, value: Rare[K]): void {
    if (value === null && this.rare === null) return
    this.rare ??= new Rare()
    this.rare[key] = value
    if (value === null && isBare(this.rare)) this.rare = null
  }
}

function isBare({ type, profile, status, memberships, settledState }: Rare): boolean {
  return type === null && profile === null && status === null && memberships === null && settledState === null
}
