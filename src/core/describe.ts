// Brings up to date what a member says of itself: name, type, profile, status. It decides what is a change and what
// only says the same again, when a status is none, and what others go on seeing of a member that hides; of sessions
// and states it knows nothing.

import type { Details, Status } from './change.ts'
import type { Member } from './member.ts'
import type { ShownAs } from './transition.ts'

const SHOWN: Status = { visibility: 'shown', text: null, until: null }

const NEVER_HID = { since: 0, version: 0, shownAs: null }

/** `hid`: it hid or showed itself, and its status waits for the version of the step that tells of it. */
export interface Described {
  readonly changed: boolean
  readonly hid: boolean
}

const SAME: Described = { changed: false, hid: false }

/** Puts in what `details` say at `at`; a status that has lapsed by then is none. */
export function describe(member: Member, details: Details | null, at: number): Described {
  const { status: before } = member
  if (details === null && before?.until == null) return SAME
  const said = details?.status === undefined ? before : details.status
  const named = details !== null && rename(member, details)
  const status = said === null || isOver(said, at) ? SHOWN : said
  if (sameStatus(status, before ?? SHOWN)) return named ? { changed: true, hid: false } : SAME
  const hid = status.visibility !== (before ?? SHOWN).visibility
  const kept = before ?? NEVER_HID
  const none = status === SHOWN && !hid && kept.version === NEVER_HID.version
  const since = hid ? at : kept.since
  const shownAs = status.visibility === 'shown' ? null : hid ? seenSince(member, at) : kept.shownAs
  member.status = none ? null : { ...status, since, version: kept.version, shownAs }
  return { changed: true, hid }
}

/** What others see of a member that hid at `at`, as far as it is known now. */
export function seenSince(member: Member, at: number): ShownAs {
  const { name, type, profile, lastEvidenceAt, lastBeatAt } = member
  return {
    name,
    type,
    profile,
    lastEvidenceAt: Math.min(at, lastEvidenceAt),
    lastBeatAt: Math.min(at, lastBeatAt),
  }
}

// Shown without a text is what everybody is.
function isOver({ visibility, text, until }: Status, at: number): boolean {
  return (until !== null && until <= at) || (visibility === 'shown' && text === null)
}

function sameStatus(a: Status, b: Status): boolean {
  return a.visibility === b.visibility && a.text === b.text && a.until === b.until
}

function rename(member: Member, { name, type, profile }: Details): boolean {
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
