// What others see of a member, and which steps they hear of. The one place that knows that suspicions are told only
// to those who asked, and that a hidden member is offline since it hid and looks as it did then. It reads; it keeps
// nothing.

import { NEVER } from '../../core/clock.ts'
import type { MemberStatus, Step } from '../../core/transition.ts'
import type { Entry } from '../../protocol/messages.ts'
import type { MemberState, Reason } from '../../protocol/words.ts'
import type { MemberAnswer } from '../api.ts'

/** What records and steps have in common. A time may be `null` or `NEVER`. */
interface Facts {
  readonly state: MemberState
  readonly since: number
  readonly settledState: MemberState
  readonly settledSince: number
  readonly joinedAt: number | null
  readonly lastEvidenceAt: number | null
  readonly lastBeatAt: number | null
  readonly reason: Reason | null
  readonly version: number
  readonly name: string | null
  readonly type: string | null
  readonly profile: unknown
  readonly status: MemberStatus | null
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** An answer's entry. `suspect`: suspicions were asked for. */
export function recordEntry(record: MemberAnswer, suspect: boolean): Entry {
  const entry = entryOf(record.id, record, suspect && !record.unproven)
  if (record.held === true && !isHidden(record.status)) entry.held = true
  return entry
}

/** A diff's entry. `listed`: the member belongs in the list that the diff is of. */
export function stepEntry(step: Step, suspect: boolean, listed: boolean): Entry {
  const entry = entryOf(step.member, step, suspect)
  if (listed) return entry
  entry.gone = true
  // the version of a hidden member stands still: those who hold it would take this for a repeat
  entry.version = step.version
  return entry
}

/** Whether a step changes what others see of the member. */
export function isHeard(step: Step, suspect: boolean): boolean {
  const { status } = step
  // it hid, or is shown again, by this very step
  if (status !== null && status.version === step.version) return true
  if (isHidden(status)) return false
  return step.detailed || step.settledChanged || (suspect && step.kind !== 'update')
}

/** Whether others see the member as here. */
export function isPresent({ status, settledState }: Pick<Facts, 'status' | 'settledState'>): boolean {
  return settledState !== 'offline' && !isHidden(status)
}

export function isHidden(status: MemberStatus | null): boolean {
  return status?.visibility === 'hidden'
}

function entryOf(member: string, facts: Facts, suspect: boolean): Writable<Entry> {
  const { status } = facts
  const curtain = status !== null && isHidden(status) ? status : null
  const entry = curtain === null ? shown(member, facts, suspect) : hidden(member, facts, curtain)
  const { name, type, profile } = curtain?.shownAs ?? facts
  if (name !== null) entry.name = name
  if (type !== null) entry.type = type
  if (profile !== null) entry.profile = profile
  return entry
}

// Nothing of what it does behind the curtain may show: neither evidence nor versions move on.
function hidden(member: string, facts: Facts, { since, version, shownAs }: MemberStatus): Writable<Entry> {
  const { lastEvidenceAt, lastBeatAt } = shownAs ?? facts
  return {
    member,
    state: 'offline',
    since,
    lastEvidenceAt: orNull(lastEvidenceAt),
    lastBeatAt: orNull(lastBeatAt),
    reason: 'left',
    version,
  }
}

function shown(member: string, facts: Facts, suspect: boolean): Writable<Entry> {
  const { status, joinedAt, version } = facts
  const state = suspect ? facts.state : facts.settledState
  // for others a stay begins when the member is shown
  const visible = status?.since ?? 0
  const since = suspect ? facts.since : facts.settledSince
  const entry: Writable<Entry> = {
    member,
    state,
    since: state === 'offline' ? since : Math.max(since, visible),
    lastEvidenceAt: orNull(facts.lastEvidenceAt),
    lastBeatAt: orNull(facts.lastBeatAt),
    version,
  }
  const joined = orNull(joinedAt)
  if (state !== 'offline' && joined !== null) entry.joinedAt = Math.max(joined, visible)
  if ((state === 'offline' || state === 'suspect') && facts.reason !== null) entry.reason = facts.reason
  if (status !== null && status.text !== null) entry.status = { text: status.text, until: status.until }
  return entry
}

function orNull(time: number | null): number | null {
  return time === NEVER ? null : time
}
