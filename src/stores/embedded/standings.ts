// What beats and pushes ask of very many members: as little as they need, with no record made. It looks and changes
// nothing.

import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import { shownState } from '../../core/member-sessions.ts'
import type { MemberList } from '../../core/roll.ts'
import type { Standing, Visit, Walk } from '../store.ts'
import { fetchAhead } from './fetch-ahead.ts'

/** One per id, in order; `null`: unknown. */
export function standingsOf({ members }: Ledger, ids: readonly string[]): (Standing | null)[] {
  return ids.map(id => {
    const member = members.get(id)
    return member === undefined ? null : standingOf(member)
  })
}

/** See `Store.walk`. */
export function walkThrough(ledger: Ledger, { after, limit, among }: Walk, visit: Visit): string | null {
  const found = listOf(ledger, among)?.after(after, limit) ?? []
  fetchAhead(found, false)
  for (const member of found) if (!visit(member.id, shownState(member))) return member.id
  return found.length < limit ? null : found.at(-1)!.id
}

// Each is a list of its own, in which nobody is who does not belong there.
function listOf({ catalog }: Ledger, among: Walk['among']): MemberList | null {
  if (among === 'here') return catalog.find({ here: true })
  if ('type' in among) return catalog.types.get(among.type)?.inOrder ?? null
  return catalog.group(among.group)?.inOrder ?? null
}

function standingOf(member: Member): Standing {
  const { id, version, name, type, profile } = member
  return { id, state: shownState(member), version, name, type, profile }
}
