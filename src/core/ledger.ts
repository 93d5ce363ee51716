// The judge of members: session changes in, transitions with versions out. A member is as well as its best session.
// It knows no connection and no clock; the times in a change are the times it tells.

import type { MemberState } from '../protocol/words.ts'
import { Catalog, filingOf } from './catalog.ts'
import type { SessionChange } from './change.ts'
import { NEVER } from './clock.ts'
import { describe } from './describe.ts'
import { Member } from './member.ts'
import { bestState, dropSession, putSession, sessionCount } from './member-sessions.ts'
import { endGroups, enterGroup, exitGroup } from './memberships.ts'
import { seenGroups, seenOf, Tallies, without } from './tally.ts'
import { type News, noNews, type SettledState, type Step, stepOf, tellStep } from './transition.ts'

/** Options of the ledger. */
export interface LedgerOptions {
  /** This run of the log; grows with every start. */
  readonly epoch: number
  /** Versions of this run are above it. @default epoch x 2^32 */
  readonly after?: number
  /** The dialect whose members are listed in order of their first beat. */
  readonly listing?: string
}

const EPOCH = 2 ** 32
/** No session's doing. */
const STANDING = 0

/**
 * Invariants: `member.state === bestState(member)` between commits; `counts[s]` = members in state s;
 * `offline` holds exactly the offline members, longest offline first; versions only grow; `catalog` and
 * `tallies` equal a recount.
 */
export class Ledger {
  readonly members = new Map<string, Member>()
  readonly offline = new Set<Member>()
  /** Members of the listing dialect, in order of their first beat. */
  listed: Member[] = []
  readonly counts: Record<MemberState, number> = { online: 0, away: 0, suspect: 0, offline: 0 }
  /** What they truly are. */
  readonly catalog = new Catalog()
  /** What others see. */
  readonly tallies = new Tallies()
  readonly #listing: string | undefined
  #version: number
  #listedNo = 0

  constructor({ epoch, after = epoch * EPOCH, listing }: LedgerOptions) {
    this.#version = after
    this.#listing = listing
  }

  /** Applies changes in order and returns what they made of the members. */
  commit(changes: readonly SessionChange[]): Step[] {
    const out: Step[] = []
    for (const change of changes) this.#apply(change, out)
    return out
  }

  /** Puts back a member read from the file, in any order; fastest in that of their ids. */
  restore(member: Member): void {
    this.catalog.file(this.#add(member), null)
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

  #apply(change: SessionChange, out: Step[]): void {
    const known = this.members.get(change.member)
    if (change.kind === 'erase') return this.#erase(known)
    if (known === undefined && change.kind === 'exit') return
    const filed = known === undefined ? null : filingOf(known)
    const member = known ?? this.#add(new Member(change.member, change.since))
    if (change.session !== STANDING) {
      member.lastEvidenceAt = Math.max(member.lastEvidenceAt, change.lastEvidenceAt)
      member.lastBeatAt = Math.max(member.lastBeatAt, change.lastBeatAt)
    }
    if (change.kind === 'begin' && change.dialect === this.#listing) this.#list(member)
    const was = seenOf(member)
    const groups = seenGroups(member)
    const news = noNews(groups)
    if (place(member, change, news)) {
      this.#tell(member, change, news, out)
      this.tallies.change(member, was, groups)
    }
    this.catalog.file(member, filed)
  }

  // What comes with a join is told with it; elsewhere details are a step of their own, after the one of the state.
  #tell(member: Member, change: SessionChange, news: News, out: Step[]): void {
    const kind = stepOf(member.state, bestState(member))
    if (kind !== null) {
      const hid = kind === 'join' && learn(member, change, news)
      this.#turn(member, change, news)
      this.#emit(kind, member, change, news, hid, out)
      if (kind === 'leave') member.joinedAt = NEVER
      if (change.details === null && member.status === null) return
    }
    const more = kind === null ? news : noNews(seenGroups(member))
    const hid = learn(member, change, more)
    if (more.detailed || more.regrouped || !sameGroups(more.seenGroups, seenGroups(member)))
      this.#emit('update', member, change, more, hid, out)
  }

  // Takes the member into the state of its best session.
  #turn(member: Member, change: SessionChange, news: News): void {
    const { state: from, settledState, settledSince } = member
    const to = bestState(member)
    this.counts[from]--
    this.counts[to]++
    member.state = to
    // a suspicion is told late and tells when it began: another session may have held the state up since then
    member.since = Math.max(member.since, change.since)
    if (from === 'offline') member.joinedAt = change.at
    member.reason = to === 'offline' || change.kind === 'suspect' ? change.reason : null
    if (to === 'offline') this.offline.add(member)
    if (from === 'offline') this.offline.delete(member)
    const settled = settle(settledState, member)
    news.settledChanged = settled !== settledState
    member.settle(settled, news.settledChanged ? member.since : settledSince)
  }

  #emit(kind: Step['kind'], member: Member, change: SessionChange, news: News, hid: boolean, out: Step[]) {
    const version = ++this.#version
    const previous = member.version
    member.version = version
    if (hid) member.status = { ...member.status!, version }
    out.push(tellStep(kind, member, change, news, previous))
  }

  #list(member: Member): void {
    if (member.listedNo > 0) return
    member.listedNo = ++this.#listedNo
    this.listed.push(member)
  }

  #add(member: Member): Member {
    this.members.set(member.id, member)
    this.counts[member.state]++
    if (member.state === 'offline') this.offline.add(member)
    this.tallies.know(member)
    return member
  }

  // Who has sessions is here, and has yet to leave.
  #erase(member: Member | undefined): void {
    if (member === undefined || sessionCount(member) > 0) return
    this.#drop(member)
    // no step has it: it is for those who are told that nothing is known any more
    this.#version++
    if (member.listedNo > 0) this.listed.splice(this.listed.indexOf(member), 1)
  }

  #drop(member: Member): void {
    this.members.delete(member.id)
    this.catalog.forget(member)
    this.offline.delete(member)
    this.counts[member.state]--
    this.tallies.forget(member)
  }
}

// Brings the member's sessions and groups up to the change; false when it tells of a session the member does not have.
function place(member: Member, change: SessionChange, news: News): boolean {
  const { kind, session, membership } = change
  switch (kind) {
    case 'update':
      return true
    case 'enter':
    case 'exit':
      if (session !== STANDING && bestState(member, session) === 'offline') return false
      if (membership === null) return false
      news.regrouped =
        kind === 'exit'
          ? exitGroup(member, session, membership.group)
          : enterGroup(member, session, membership)
      return true
    case 'end':
      if (!dropSession(member, session)) return false
      news.regrouped = endGroups(member, session).length > 0
      return true
    default:
      putSession(member, session, kind === 'suspect' || kind === 'away' ? kind : 'online')
      return true
  }
}

// Describes the member anew; true when it hid or showed itself by that.
function learn(member: Member, { details, at }: SessionChange, news: News): boolean {
  const { changed, hid } = describe(member, details, at)
  news.detailed = changed
  return hid
}

function sameGroups(a: readonly string[], b: readonly string[]): boolean {
  return without(a, b).length + without(b, a).length === 0
}

// A suspicion settles nothing; a member that comes as a suspect came.
function settle(before: SettledState, { state }: Member): SettledState {
  if (state !== 'suspect') return state
  return before === 'offline' ? 'online' : before
}
