// The judge of members: session changes in, transitions with versions out. A member is as well as its best session.
// It knows no connection and no clock; the times in a change are the times it tells.

import type { MemberState } from '../protocol/words.ts'
import type { Details, SessionChange } from './change.ts'
import { NEVER } from './clock.ts'
import { Member } from './member.ts'
import { bestState, dropSession, type PackedState, putSession, shownState } from './member-sessions.ts'
import { Ordered } from './ordered.ts'
import { stepOf, type Transition, transitionOf } from './transition.ts'

/** Options of the ledger. */
export interface LedgerOptions {
  /** This run of the log; grows with every start. */
  readonly epoch: number
  /** The dialect whose members are listed in order of their first beat. */
  readonly listing?: string
}

const EPOCH = 2 ** 32

/**
 * Invariants: `member.state === bestState(member)` between commits; `counts[s]` = members in state s;
 * `offline` holds exactly the offline members, longest offline first; versions only grow.
 */
export class Ledger {
  readonly members = new Map<string, Member>()
  readonly inOrder = new Ordered<Member, string>(member => member.id)
  readonly offline = new Set<Member>()
  /** Members of the listing dialect, in order of their first beat. */
  listed: Member[] = []
  readonly counts: Record<MemberState, number> = { online: 0, away: 0, suspect: 0, offline: 0 }
  readonly #listing: string | undefined
  /** Members that others see as suspect since the start, whatever was told of them before. */
  readonly #unproven = new Set<Member>()
  #version: number
  #listedNo = 0

  constructor({ epoch, listing }: LedgerOptions) {
    this.#version = epoch * EPOCH
    this.#listing = listing
  }

  /** Applies changes in order and returns what they made of the members. */
  commit(changes: readonly SessionChange[]): Transition[] {
    const out: Transition[] = []
    for (const change of changes) this.#apply(change, out)
    return out
  }

  /** Puts back a member read from the file, in any order; fastest in that of their ids. */
  restore(member: Member): void {
    this.#add(member)
    if (shownState(member) !== member.state) this.#unproven.add(member)
    if (member.listedNo > 0) this.listed.push(member)
    this.#listedNo = Math.max(this.#listedNo, member.listedNo)
  }

  /** To be called once after the last `restore`: puts them into the order of their rank, and of their absence. */
  restored(): void {
    this.listed.sort((a, b) => a.listedNo - b.listedNo)
    const longestFirst = [...this.offline].sort((a, b) => a.since - b.since)
    this.offline.clear()
    for (const member of longestFirst) this.offline.add(member)
  }

  /** Members by the state that others see. */
  shownCounts(): Record<MemberState, number> {
    const shown = { ...this.counts }
    for (const member of this.#unproven) {
      shown[member.state]--
      shown[shownState(member)]++
    }
    return shown
  }

  /** Forgets offline members last seen before `at`, and the longest offline beyond `most`. Returns their ids. */
  forget(at: number, most: number, limit: number): string[] {
    const gone: string[] = []
    let listed = false
    for (const member of this.offline) {
      if (gone.length >= limit) break
      if (this.members.size <= most && member.since >= at) break
      this.#drop(member)
      listed ||= member.listedNo > 0
      gone.push(member.id)
    }
    if (listed) this.listed = this.listed.filter(({ id }) => this.members.has(id))
    return gone
  }

  #apply(change: SessionChange, out: Transition[]): void {
    const member = this.members.get(change.member) ?? this.#add(new Member(change.member, change.since))
    member.lastEvidenceAt = Math.max(member.lastEvidenceAt, change.lastEvidenceAt)
    member.lastBeatAt = Math.max(member.lastBeatAt, change.lastBeatAt)
    if (change.kind === 'begin' && change.dialect === this.#listing) this.#list(member)
    const renamed = change.details !== null && merge(member, change.details)
    if (!place(member, change)) return
    if (shownState(member) === bestState(member)) this.#unproven.delete(member)
    const joined = member.state === 'offline'
    this.#step(member, change, out)
    if (renamed && !(joined && member.state !== 'offline')) this.#emit('update', member, change, out)
  }

  #step(member: Member, change: SessionChange, out: Transition[]): void {
    const from = member.state
    const to = bestState(member)
    const kind = stepOf(from, to)
    if (kind === null) return
    this.counts[from]--
    this.counts[to]++
    member.state = to
    // a suspicion is told late and tells when it began: another session may have held the state up since then
    member.since = Math.max(member.since, change.since)
    if (kind === 'join') member.joinedAt = change.at
    member.reason = kind === 'leave' || change.kind === 'suspect' ? change.reason : null
    if (kind === 'leave') this.offline.add(member)
    if (kind === 'join') this.offline.delete(member)
    this.#emit(kind, member, change, out)
    if (kind === 'leave') member.joinedAt = NEVER
  }

  #emit(kind: Transition['kind'], member: Member, change: SessionChange, out: Transition[]): void {
    member.version = ++this.#version
    out.push(transitionOf(kind, member, change.session, change.at, kind === 'update' ? null : member.reason))
  }

  #list(member: Member): void {
    if (member.listedNo > 0) return
    member.listedNo = ++this.#listedNo
    this.listed.push(member)
  }

  #add(member: Member): Member {
    this.members.set(member.id, member)
    this.inOrder.add(member)
    this.counts[member.state]++
    if (member.state === 'offline') this.offline.add(member)
    return member
  }

  #drop(member: Member): void {
    this.members.delete(member.id)
    this.inOrder.remove(member)
    this.offline.delete(member)
    this.counts[member.state]--
  }
}

// Brings the member's sessions up to the change; false when it tells of a session the member does not have.
function place(member: Member, change: SessionChange): boolean {
  if (change.kind === 'update') return true
  if (change.kind === 'end') return dropSession(member, change.session)
  const state: PackedState =
    change.kind === 'suspect' ? 'suspect' : change.kind === 'away' ? 'away' : 'online'
  putSession(member, change.session, state)
  return true
}

// True when something is not as it was.
function merge(member: Member, { name, type, profile }: Details): boolean {
  let changed = false
  if (name !== undefined && name !== member.name) {
    member.name = name
    changed = true
  }
  if (type !== undefined && type !== member.type) {
    member.type = type
    changed = true
  }
  if (profile !== undefined && !sameJson(profile, member.profile)) {
    member.profile = profile
    changed = true
  }
  return changed
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
