// What is told of members that are beyond a right: no more than of those there are not.

import type { Step } from '../../core/transition.ts'
import type { Entry } from '../../protocol/messages.ts'

/** An entry of a member that is unknown, or not theirs to see. */
export function unknownEntry(member: string): Entry {
  return { member, state: 'unknown' }
}

/** A diff's entry of a member that left a list, and with that the right of some who watch it. */
export function goneEntry({ member, version }: Step): Entry {
  return { member, state: 'unknown', version, gone: true }
}
