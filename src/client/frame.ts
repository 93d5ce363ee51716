// What is known of a frame before it is looked at: it may come from a server of another version, or from no presence
// server at all. Whoever reads it throws for what cannot be understood.

import type { ServerMessage } from '../protocol/messages.ts'

/** A message of the server, by its `t`. */
export type Frame<T extends ServerMessage['t']> = Extract<ServerMessage, { t: T }>

/** Throws for what is no time, and no number of ms. */
export function time(value: unknown, least = 0): number {
  if (typeof value === 'number' && value >= least && value < 1e16) return value
  throw new TypeError(`${value} is no time`)
}
