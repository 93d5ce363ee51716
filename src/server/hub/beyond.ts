// What is told of members that are beyond a right, or were erased: no more than of those there are not.

import type { Step } from '../../core/transition.ts'
import type { Entry } from '../../protocol/messages.ts'

/** Takes the place of a step of a member that was erased. */
export interface Erased {
  readonly erased: true
  readonly member: string
  readonly version: number
}

/** An entry of a member that is unknown, or not theirs to see. */
export function unknownEntry(member: string): Entry {
  return { member, state: 'unknown' }
}

/** A diff's entry of a member that left a list, and with that the right of some who watch it; or that was erased. */
export function goneEntry({ member, version }: Step | Erased): Entry {
  return { member, state: 'unknown', version, gone: true }
}
