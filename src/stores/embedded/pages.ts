// Answers who is here, out of memory, a bounded number of members a turn: a page of rare ones among a million never
// blocks the loop.

import { NEVER } from '../../core/clock.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import { sessionCount, shownState } from '../../core/member-sessions.ts'
import { seenGroups, seenOf } from '../../core/tally.ts'
import type { MemberRecord, Page, PageQuery } from '../store.ts'

const NONE: readonly string[] = []
/** Members looked at in one turn; well below 5 ms on both engines. */
const SLICE = 2_000

/** What an answer says of a member. One who was not seen since the start is suspect since then. */
export function recordOf(member: Member, startedAt: number): MemberRecord {
  const state = shownState(member)
  const unproven = state !== member.state
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
    groups: member.memberships?.all() ?? NONE,
    seenGroups: seenGroups(member),
    settledState: member.settledState,
    settledSince: member.settledSince,
    unproven,
  }
}

/** One page. It is read on from the key of the last member looked at, so changes in between do no harm. */
export async function pageOf(ledger: Ledger, query: PageQuery, startedAt: number): Promise<Page> {
  const { limit, state, present } = query
  const members: MemberRecord[] = []
  let after = query.after
  for (;;) {
    const all = state === undefined && present === undefined
    const wanted = all ? Math.min(SLICE, limit - members.length) : SLICE
    const slice = membersAfter(ledger, query, after, wanted)
    for (const member of slice) {
      after = query.order === 'id' ? member.id : String(member.listedNo)
      if (isAskedFor(member, query)) members.push(recordOf(member, startedAt))
      if (members.length >= limit)
        return { members, next: membersAfter(ledger, query, after, 1).length > 0 ? after : null }
    }
    if (slice.length < wanted) return { members, next: null }
    await nextTurn()
  }
}

function isAskedFor(member: Member, { state, present }: PageQuery): boolean {
  if (state !== undefined && shownState(member) !== state) return false
  return present === undefined || seenOf(member).as !== 'offline'
}

// A group that nobody is in any more is as good as empty.
function membersAfter(
  ledger: Ledger,
  { order, group }: PageQuery,
  after: string | null,
  limit: number,
): readonly Member[] {
  if (order === 'listed') return listedAfter(ledger, after, limit)
  if (group === undefined) return ledger.inOrder.after(after, limit)
  return ledger.tallies.groups.get(group)?.inOrder.after(after, limit) ?? []
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
