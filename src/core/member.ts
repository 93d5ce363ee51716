// One member as the ledger keeps it, and the packing of its sessions. A member with one session costs no array: each
// session is one number, its id times 8 plus the code of its state.

import { MEMBER_STATES, type MemberState, type Reason } from '../protocol/words.ts'
import { NEVER } from './clock.ts'
import { packReason, unpackReason } from './packing.ts'

const OFFLINE = MEMBER_STATES.indexOf('offline')

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
    return MEMBER_STATES[this.words & 3]!
  }

  set state(state: MemberState) {
    this.words = (this.words & ~3) | MEMBER_STATES.indexOf(state)
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

const CODES = ['online', 'away', 'suspect'] as const
const UNPROVEN = 4

/** State of a session as the store was told it. */
export type PackedState = (typeof CODES)[number]

/** How many open sessions a member has. */
export function sessionCount({ sessions }: Member): number {
  return sessions === null ? 0 : typeof sessions === 'number' ? 1 : sessions.length
}

/** Adds a session or sets its state. `unproven`: read from the file, not seen since. */
export function putSession(member: Member, id: number, state: PackedState, unproven = false): void {
  const entry = id * 8 + CODES.indexOf(state) + (unproven ? UNPROVEN : 0)
  const { sessions } = member
  if (sessions === null || (typeof sessions === 'number' && idOf(sessions) === id)) member.sessions = entry
  else if (typeof sessions === 'number') member.sessions = [sessions, entry]
  else {
    const i = sessions.findIndex(other => idOf(other) === id)
    if (i === -1) sessions.push(entry)
    else sessions[i] = entry
  }
}

/** Removes a session; false when the member has none of that id. */
export function dropSession(member: Member, id: number): boolean {
  const { sessions } = member
  if (sessions === null) return false
  if (typeof sessions === 'number') {
    if (idOf(sessions) !== id) return false
    member.sessions = null
    return true
  }
  const left = sessions.filter(entry => idOf(entry) !== id)
  if (left.length === sessions.length) return false
  member.sessions = left.length === 1 ? left[0]! : left
  return true
}

/** The best state of its sessions as told, `offline` without any. */
export function bestState(member: Member): MemberState {
  return fold(member, entry => entry % UNPROVEN)
}

/** What others see: a member of whom nobody was heard since the start is `suspect`. */
export function shownState(member: Member): MemberState {
  return fold(member, entry => (entry % 8 >= UNPROVEN ? CODES.indexOf('suspect') : entry % UNPROVEN))
}

function fold({ sessions }: Member, codeOf: (entry: number) => number): MemberState {
  if (sessions === null) return 'offline'
  if (typeof sessions === 'number') return CODES[codeOf(sessions)]!
  return CODES[sessions.reduce((best, entry) => Math.min(best, codeOf(entry)), CODES.length - 1)]!
}

function idOf(entry: number): number {
  return Math.floor(entry / 8)
}
