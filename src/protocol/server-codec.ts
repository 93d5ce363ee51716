// Writes the messages of the server. Never throws for what messages.ts allows; keys that are undefined are left out.

import type { ServerMessage } from './messages.ts'

/** The frame of a message. */
export function encode(message: ServerMessage): string {
  return JSON.stringify(message)
}

/** The answer to a beat, by far the most frequent frame. `now`: ms since 1970. */
export function beatAnswer(now: number): string {
  return `{"t":"beat","now":${now}}`
}
