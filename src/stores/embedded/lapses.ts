// What of the members ends by itself. It only lists; whether something has ended by now is asked elsewhere.

import type { Member } from '../../core/member.ts'
import type { Lapse } from '../store.ts'

/** Statuses and standing memberships with an end, of all `members`. */
export function lapsesOf(members: Iterable<Member>): Lapse[] {
  const found: Lapse[] = []
  for (const { id: member, status, memberships } of members) {
    if (status !== null && status.until !== null) found.push({ what: 'status', member, until: status.until })
    for (const { group, until } of memberships?.of(0) ?? [])
      if (until !== null) found.push({ what: 'membership', member, group, until })
  }
  return found
}
