// The form in which rows travel between the store and its file's thread: one flat array per table, row after row,
// in the order of columns.ts. Flat arrays are the cheapest thing to clone that both engines know.

import type { Membership } from '../../core/change.ts'
import { seenSince } from '../../core/describe.ts'
import { Member } from '../../core/member.ts'
import { enterGroup } from '../../core/memberships.ts'
import { type LoggedStatus, loggedStatus, type MemberStatus, type Transition } from '../../core/transition.ts'
import { COLUMNS, type Value } from './columns.ts'
import { fromJson, listToJson, toJson, toNever, toNull } from './values.ts'

/** Bytes of a transition that says nothing of its member but the name. */
const BARE = 300

/** Appends the row of a member as it stands now. */
export function pushMember(rows: Value[], m: Member): void {
  rows.push(m.row, m.id, m.name, m.type, toJson(m.profile), m.state, m.since, toNull(m.joinedAt), m.reason)
  rows.push(m.version, toNull(m.lastEvidenceAt), toNull(m.lastBeatAt), m.listedNo)
  rows.push(toJson(m.status), listToJson(m.memberships?.of(0)))
}

/** The member in the row that begins at `i`; its sessions are put in by the caller. */
export function memberAt(rows: readonly Value[], i: number): Member {
  const member = new Member(rows[i + 1] as string, rows[i + 6] as number)
  member.row = rows[i] as number
  member.name = rows[i + 2] as string | null
  member.type = rows[i + 3] as string | null
  member.profile = fromJson(rows[i + 4]!)
  member.state = rows[i + 5] as Member['state']
  member.joinedAt = toNever(rows[i + 7]!)
  member.reason = rows[i + 8] as Member['reason']
  member.version = rows[i + 9] as number
  member.lastEvidenceAt = toNever(rows[i + 10]!)
  member.lastBeatAt = toNever(rows[i + 11]!)
  member.listedNo = rows[i + 12] as number
  member.status = statusOf(member, fromJson(rows[i + 13]!) as LoggedStatus | MemberStatus | null)
  for (const standing of (fromJson(rows[i + 14]!) ?? []) as Membership[]) enterGroup(member, 0, standing)
  return member
}

// Older files do not say what others see of a hidden member: then it is what the file knows of it now.
function statusOf(member: Member, status: LoggedStatus | MemberStatus | null): MemberStatus | null {
  if (status === null || 'shownAs' in status) return status
  return { ...status, shownAs: status.visibility === 'hidden' ? seenSince(member, status.since) : null }
}

/** Appends the row of a transition; about how many bytes of memory the transition takes. */
export function pushTransition(rows: Value[], t: Transition): number {
  const [profile, status, groups] = [toJson(t.profile), toJson(loggedStatus(t.status)), listToJson(t.groups)]
  rows.push(t.version, t.kind, t.member, t.at, t.state, t.since, toNull(t.joinedAt), t.reason, t.session)
  rows.push(toNull(t.lastEvidenceAt), toNull(t.lastBeatAt), t.name, t.type, profile)
  rows.push(status, groups, t.previous)
  return BARE + (profile?.length ?? 0) + (status?.length ?? 0) + (groups?.length ?? 0)
}

/** The transitions in `rows`. */
export function transitionsIn(rows: readonly Value[]): Transition[] {
  const found: Transition[] = []
  for (let i = 0; i < rows.length; i += COLUMNS.transitions.length) found.push(transitionAt(rows, i))
  return found
}

function transitionAt(rows: readonly Value[], i: number): Transition {
  return {
    kind: rows[i + 1] as Transition['kind'],
    member: rows[i + 2] as string,
    version: rows[i] as number,
    previous: rows[i + 16] as number,
    at: rows[i + 3] as number,
    state: rows[i + 4] as Transition['state'],
    since: rows[i + 5] as number,
    joinedAt: toNever(rows[i + 6]!),
    reason: rows[i + 7] as Transition['reason'],
    session: rows[i + 8] as number,
    lastEvidenceAt: toNever(rows[i + 9]!),
    lastBeatAt: toNever(rows[i + 10]!),
    name: rows[i + 11] as string | null,
    type: rows[i + 12] as string | null,
    profile: fromJson(rows[i + 13]!),
    status: fromJson(rows[i + 14]!) as Transition['status'],
    groups: (fromJson(rows[i + 15]!) ?? []) as string[],
  }
}
