// How a native connection is told that something was refused, or why it ends: an error frame with a stable code. Which
// close follows stands in the table of the protocol and nowhere else.

import { ERRORS, type ErrorCode } from '../protocol/errors.ts'
import type { MessageId } from '../protocol/messages.ts'
import { encode } from '../protocol/server-codec.ts'

/** Why the server ends a connection whatever it said last. */
export type Ending = {
  [C in ErrorCode]: (typeof ERRORS)[C]['close'] extends number ? C : never
}[ErrorCode]

/** What an error is about. */
export interface About {
  /** `t` of the message that was refused. */
  readonly re?: string | null | undefined
  readonly id?: MessageId | null | undefined
  readonly field?: string | null | undefined
}

/** An error frame. */
export function errorFrame(code: ErrorCode, message: string, { re, id, field }: About = {}): string {
  return encode({
    t: 'error',
    code,
    message,
    ...(re != null && { re }),
    ...(id != null && { id }),
    ...(field != null && { field }),
  })
}

/** The close that follows the refusal of a first message. */
export function closeOfFirst(code: ErrorCode): number {
  const { close, inHello } = { inHello: null, ...ERRORS[code] }
  return inHello ?? close ?? ERRORS.hello_expected.close
}
