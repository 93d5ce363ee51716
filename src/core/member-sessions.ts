// The packing of a member's sessions. A member with one session costs no array: each session is one number, its id
// times 8 plus the code of its state. Nothing else reads or writes `member.sessions`.

import type { MemberState } from '../protocol/words.ts'
import type { Member } from './member.ts'

const CODES = ['online', 'away', 'suspect'] as const
const UNPROVEN = 4

/** State of a session as the store was told it. */
export type PackedState = (typeof CODES)[number]

/** How many open sessions a member has. */
export function sessionCount({ sessions }: Member): number {
  return sessions === null ? 0 : typeof sessions === 'number' ? 1 : sessions.length
}

/** Adds a session or sets its state. `unproven`: read from the file, not seen since. */
export function putSession(member: Member, id: number, state: PackedState, unproven = false): void {
  const entry = id * 8 + CODES.indexOf(state) + (unproven ? UNPROVEN : 0)
  const { sessions } = member
  if (sessions === null || (typeof sessions === 'number' && idOf(sessions) === id)) member.sessions = entry
  else if (typeof sessions === 'number') member.sessions = [sessions, entry]
  else {
    const i = sessions.findIndex(other => idOf(other) === id)
    if (i === -1) sessions.push(entry)
    else sessions[i] = entry
  }
}

/** Removes a session; false when the member has none of that id. */
export function dropSession(member: Member, id: number): boolean {
  const { sessions } = member
  if (sessions === null) return false
  if (typeof sessions === 'number') {
    if (idOf(sessions) !== id) return false
    member.sessions = null
    return true
  }
  const left = sessions.filter(entry => idOf(entry) !== id)
  if (left.length === sessions.length) return false
  member.sessions = left.length === 1 ? left[0]! : left
  return true
}

/** The best state of its sessions as told, or that of session `only`; `offline` without any. */
export function bestState(member: Member, only?: number): MemberState {
  if (only === undefined) return fold(member, entry => entry % UNPROVEN)
  const { sessions } = member
  const entries = typeof sessions === 'number' ? [sessions] : (sessions ?? [])
  const entry = entries.find(other => idOf(other) === only)
  return entry === undefined ? 'offline' : CODES[entry % UNPROVEN]!
}

/** What others see: a member of whom nobody was heard since the start is `suspect`. */
export function shownState(member: Member): MemberState {
  return fold(member, entry => (entry % 8 >= UNPROVEN ? CODES.indexOf('suspect') : entry % UNPROVEN))
}

function fold({ sessions }: Member, codeOf: (entry: number) => number): MemberState {
  if (sessions === null) return 'offline'
  if (typeof sessions === 'number') return CODES[codeOf(sessions)]!
  return CODES[sessions.reduce((best, entry) => Math.min(best, codeOf(entry)), CODES.length - 1)]!
}

function idOf(entry: number): number {
  return Math.floor(entry / 8)
}
