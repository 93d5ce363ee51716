// Ids of members and groups as a program gives them (PROTOCOL.md, ids). The rule of `protocol/ids.ts`, written anew for
// places without TextEncoder and `isWellFormed`, such as mini-programs; a test proves the two equal.

import type { Id } from './types.ts'

/** As it goes out. Throws `TypeError` for what cannot be meant: numbers beyond 2^53 have lost digits already. */
export function textOf(id: Id): string {
  if (typeof id === 'string' || Number.isSafeInteger(id)) return `${id}`
  throw new TypeError(`${id} is no id: give a text, or an integer below 2^53`)
}

/** 1-256 bytes without control characters. */
export function isId(text: string): boolean {
  try {
    return !/^$|\p{Cc}/u.test(text) && encodeURIComponent(text).replace(/%../g, '.').length <= 256
  } catch {
    // half a surrogate pair
    return false
  }
}
