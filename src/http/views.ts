// What the API shows of members and transitions, as shapes.ts describes it: no instance, no place in a file, `null` for
// what never was. Callers with a key see the truth, those with a token what others see.

import type { MemberAnswer } from '../server/api.ts'
import { recordEntry } from '../server/hub/entry.ts'
import { orNull } from '../server/monotonic.ts'
import type { HistoryPage } from '../stores/store.ts'

type Transition = HistoryPage['transitions'][number]

/** A member in a list. */
export function memberRow(member: MemberAnswer): object {
  const { id, name, type, state, since, joinedAt, lastEvidenceAt, lastBeatAt } = member
  const { reason, version, sessions } = member
  const row = {
    id,
    name,
    type,
    state,
    since,
    joinedAt,
    lastEvidenceAt,
    lastBeatAt,
    reason,
    version,
    sessions,
    status: statusView(member.status),
  }
  return member.held === true ? { ...row, held: true } : row
}

/** A member with all that is known of it. */
export function memberView(member: MemberAnswer): object {
  return { ...memberRow(member), profile: member.profile ?? null, groups: member.groups }
}

/** A member as others see it: without suspicions, sessions and groups; a hidden one as it was when it hid. */
export function memberSeen(member: MemberAnswer, whole: boolean): object {
  const entry = recordEntry(member, false)
  const { state, since, lastEvidenceAt, lastBeatAt, version, status } = entry
  const seen = {
    id: member.id,
    name: entry.name ?? null,
    type: entry.type ?? null,
    state,
    since,
    joinedAt: entry.joinedAt ?? null,
    lastEvidenceAt,
    lastBeatAt,
    reason: entry.reason ?? null,
    version,
    status: status === undefined ? null : { visibility: 'shown', ...status },
    ...(whole && { profile: entry.profile ?? null }),
  }
  return entry.held === true ? { ...seen, held: true } : seen
}

/** One step of the log. */
export function transitionView(transition: Transition): object {
  const { kind, member, version, previous, at, state, since, joinedAt, reason, session } = transition
  const { lastEvidenceAt, lastBeatAt, name, type, profile, status, groups } = transition
  return {
    kind,
    member,
    version,
    previous,
    at,
    state,
    since,
    joinedAt: orNull(joinedAt),
    reason,
    session: session === 0 ? null : String(session),
    lastEvidenceAt: orNull(lastEvidenceAt),
    lastBeatAt: orNull(lastBeatAt),
    name,
    type,
    profile: profile ?? null,
    status: statusView(status),
    groups,
  }
}

function statusView(status: Transition['status']): object | null {
  if (status === null) return null
  const { visibility, text, until } = status
  return { visibility, text, until }
}
