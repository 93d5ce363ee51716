// Answers who is here, out of memory, a bounded number of members a turn: a page of rare ones among a million never
// blocks the loop.

import { NEVER } from '../../core/clock.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import { sessionCount, shownState } from '../../core/member-sessions.ts'
import type { MemberRecord, Page, PageQuery } from '../store.ts'

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
  }
}

/** One page. It is read on from the key of the last member looked at, so changes in between do no harm. */
export async function pageOf(ledger: Ledger, query: PageQuery, startedAt: number): Promise<Page> {
  const { order, limit, state } = query
  const members: MemberRecord[] = []
  let after = query.after
  for (;;) {
    const wanted = state === undefined ? Math.min(SLICE, limit - members.length) : SLICE
    const slice = order === 'id' ? ledger.inOrder.after(after, wanted) : listedAfter(ledger, after, wanted)
    for (const member of slice) {
      after = order === 'id' ? member.id : String(member.listedNo)
      if (state === undefined || shownState(member) === state) members.push(recordOf(member, startedAt))
      if (members.length >= limit) return { members, next: hasMore(ledger, order, after) ? after : null }
    }
    if (slice.length < wanted) return { members, next: null }
    await nextTurn()
  }
}

function hasMore(ledger: Ledger, order: PageQuery['order'], after: string): boolean {
  return (order === 'id' ? ledger.inOrder.after(after, 1) : listedAfter(ledger, after, 1)).length > 0
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
