// What became of a member, in words: compares an entry with the one known before. It keeps nothing and asks no clock;
// text of strangers is made visible here.

import type { Entry } from '../protocol/messages.ts'
import type { ListFrame } from './observer.ts'
import { visible } from './visible.ts'

/** How a line feels: somebody came, went, is in doubt, or something else. */
export type Tone = 'good' | 'bad' | 'doubt' | 'plain'

/** A change in words. `at`: when it happened, where the entry says so. */
export interface Said {
  readonly words: string
  readonly tone: Tone
  readonly at: number | null
}

const DETAILS = ['name', 'type', 'profile', 'status'] as const

/** `null`: nothing that is shown has changed. */
export function changeInWords(of: ListFrame['of'], before: Entry | undefined, after: Entry): Said | null {
  const state = stateInWords(of, before, after)
  const gone = of === 'group' && after.gone === true ? 'gone from the group' : null
  const updated = before === undefined || isAbsent(before) ? null : updates(before, after)
  const words = [state, gone, updated].filter(part => part !== null)
  if (words.length === 0) return null
  return {
    words: words.join(', '),
    tone: gone === null && state === null ? 'plain' : toneOf(after),
    at: state === null ? null : (after.since ?? null),
  }
}

function stateInWords(of: ListFrame['of'], before: Entry | undefined, after: Entry): string | null {
  if (after.state === 'unknown') return before === undefined || isAbsent(before) ? null : 'forgotten'
  if (after.state === 'offline') return leftInWords(of, before, after)
  if (of === 'all' && after.gone) return 'gone'
  if (before === undefined || isAbsent(before)) return inState('joined', after)
  if (before.joinedAt !== after.joinedAt) return inState('left and joined again', after)
  if (before.state === after.state && before.since === after.since) return null
  if (after.state === 'suspect') return `suspect${because(after)}`
  if (before.state === 'suspect') return inState('resumed', after)
  return after.state === 'away' ? 'away' : 'back'
}

function leftInWords(of: ListFrame['of'], before: Entry | undefined, after: Entry): string | null {
  if (before !== undefined && !isAbsent(before)) return `left${because(after)}`
  // only a member of a group can be listed and never have been here
  return before === undefined && of === 'group' && !after.gone ? 'added, offline' : null
}

function isAbsent({ state }: Entry): boolean {
  return state === 'offline' || state === 'unknown'
}

function inState(word: string, { state, reason }: Entry): string {
  if (state === 'online') return word
  return `${word}, ${state}${reason === undefined ? '' : ` (${reason})`}`
}

function because({ reason }: Entry): string {
  return reason === undefined ? '' : ` (${visible(reason)})`
}

function updates(before: Entry, after: Entry): string | null {
  if (after.gone || isAbsent(after)) return null
  const changed = DETAILS.filter(key => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
  return changed.length === 0 ? null : `updated: ${changed.map(key => detail(key, after)).join(', ')}`
}

function detail(key: (typeof DETAILS)[number], { name, type, status }: Entry): string {
  if (key === 'profile') return 'profile'
  const value = { name, type, status: status?.text }[key]
  return value === undefined ? `no ${key}` : `${key} ${visible(value)}`
}

function toneOf({ state, gone }: Entry): Tone {
  if (gone || state === 'offline' || state === 'unknown') return 'bad'
  return state === 'online' ? 'good' : 'doubt'
}
