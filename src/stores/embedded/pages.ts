// Answers who is here, out of memory, a bounded number of members a turn: a page of rare ones among a million never
// blocks the loop.

import type { Wanted } from '../../core/catalog.ts'
import { NEVER } from '../../core/clock.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import { sessionCount, shownState } from '../../core/member-sessions.ts'
import { seenGroups, seenOf } from '../../core/tally.ts'
import type { SettledState } from '../../core/transition.ts'
import type { EvidenceRecord, MemberRecord, Page, PageQuery } from '../store.ts'
import { fetchAhead } from './fetch-ahead.ts'

const NONE: readonly string[] = []
/** Members looked at in one turn; well below 5 ms on both engines. */
const SLICE = 2_000

/** What an answer says of a member. One who was not seen since the start is suspect since then. */
export function recordOf(member: Member, startedAt: number): MemberRecord {
  const state = shownState(member)
  const unproven = state !== member.state
  const { memberships } = member
  return {
    id: member.id,
    name: member.name,
    type: member.type,
    profile: member.profile,
    state,
    since: unproven ? startedAt : member.since,
    joinedAt: orNull(member.joinedAt),
    lastEvidenceAt: orNull(member.lastEvidenceAt),
    lastBeatAt: orNull(member.lastBeatAt),
    reason: unproven ? 'node_lost' : member.reason,
    version: member.version,
    sessions: sessionCount(member),
    status: member.status,
    groups: memberships?.all() ?? NONE,
    seenGroups: memberships === null ? NONE : seenGroups(member),
    settledState: member.settledState,
    settledSince: member.settledSince,
    unproven,
  }
}

/** The little that is asked of very many: no list is copied, and nothing that lies elsewhere in memory is read. */
export function evidenceOf(id: string, member: Member, startedAt: number, details: boolean): EvidenceRecord {
  const state = shownState(member)
  const unproven = state !== member.state
  const evidence = {
    id,
    state,
    since: unproven ? startedAt : member.since,
    lastEvidenceAt: orNull(member.lastEvidenceAt),
    lastBeatAt: orNull(member.lastBeatAt),
    reason: unproven ? 'node_lost' : member.reason,
    version: member.version,
  } as const
  return details ? { ...evidence, name: member.name, type: member.type } : evidence
}

/** One page. It is read on from the key of the last member looked at, so changes in between do no harm. */
export async function pageOf(ledger: Ledger, query: PageQuery, startedAt: number): Promise<Page> {
  const { limit } = query
  const members: MemberRecord[] = []
  let after = query.after
  let looked = 0
  for (let wanted = limit; ; wanted *= 2) {
    const most = Math.min(wanted, SLICE - looked)
    const slice = membersAfter(ledger, query, after, most)
    fetchAhead(slice)
    for (const member of slice) {
      after = query.order === 'id' ? member.id : String(member.listedNo)
      if (isAskedFor(member, query)) members.push(recordOf(member, startedAt))
      if (members.length >= limit)
        return { members, next: membersAfter(ledger, query, after, 1).length > 0 ? after : null }
    }
    if (slice.length < most) return { members, next: null }
    looked += slice.length
    if (looked < SLICE) continue
    await nextTurn()
    looked = 0
  }
}

function isAskedFor(member: Member, query: PageQuery): boolean {
  const { state, type, group, memberOf, here, present, seen } = query
  if (state !== undefined && (seen === true ? seenState(member) : shownState(member)) !== state) return false
  if (type !== undefined && (seen === true ? seenOf(member).type : member.type) !== type) return false
  if (memberOf !== undefined && member.memberships?.has(memberOf) !== true) return false
  if (group !== undefined && !seenGroups(member).includes(group)) return false
  if (here !== undefined && member.sessions === null) return false
  return present === undefined || seenOf(member).as !== 'offline'
}

function membersAfter(
  ledger: Ledger,
  query: PageQuery,
  after: string | null,
  limit: number,
): readonly Member[] {
  if (query.order === 'listed') return listedAfter(ledger, after, limit)
  const { prefix = '' } = query
  const list = ledger.catalog.find(wantedBy(query))
  if (list === null) return []
  if (prefix === '') return list.after(after, limit)
  const found = after === null || after < prefix ? list.after(prefix, limit, true) : list.after(after, limit)
  return found.at(-1)?.id.startsWith(prefix) !== false
    ? found
    : found.filter(({ id }) => id.startsWith(prefix))
}

// What every one that is asked for is truly: a hidden one may be offline to others only.
function wantedBy({ state, type, group, memberOf, here, present, seen }: PageQuery): Wanted {
  const wanted = { type, group: memberOf ?? group, here: here ?? present }
  if (seen === undefined) return { ...wanted, state }
  return state === undefined || state === 'offline' ? wanted : { ...wanted, here: true }
}

function seenState(member: Member): SettledState {
  return member.status?.visibility === 'hidden' ? 'offline' : member.settledState
}

function listedAfter({ listed }: Ledger, after: string | null, limit: number): Member[] {
  const rank = Number(after ?? 0)
  let low = 0
  let high = listed.length
  while (low < high) {
    const mid = (low + high) >>> 1
    if (listed[mid]!.listedNo <= rank) low = mid + 1
    else high = mid
  }
  return listed.slice(low, low + limit)
}

function orNull(time: number): number | null {
  return time === NEVER ? null : time
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
