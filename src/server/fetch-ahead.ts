// Brings what a message to many needs into the processor's cache before it is sent to one after another: each send goes
// through the system and leaves little of the cache. In loops this tight memory is waited for many at a time.

import type { Session } from '../core/session.ts'
import type { Connection } from './connection.ts'

/** Read by nobody; keeps an engine from leaving the loops out. */
const sink = { sum: 0 }

/** Touches the connections of `sessions`. */
export function fetchConnections(sessions: readonly (Session<Connection> | null)[]): void {
  let sum = 0
  for (const session of sessions) if (session !== null && session.link !== null) sum += session.link.pushedIn
  sink.sum = sum
}

/** Touches their sockets, down to what the engine keeps of them. */
export function fetchSockets(connections: readonly Connection[]): void {
  let sum = 0
  for (const { link } of connections) if (link !== null && link.protocol !== '') sum++
  for (const { link } of connections) if (link !== null) sum += link.queued
  sink.sum = sum
}
