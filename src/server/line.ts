// The line of a connection: its link, how much comes in over it, and how long the way there and back is. It knows
// neither sessions nor what is said on it.

import type { Link } from '../transports/transport.ts'
import type { Connection } from './connection.ts'
import type { FloodState } from './flood.ts'

export class Line implements FloodState {
  readonly address: string
  /** `null` before it is open, and once it is gone. */
  link: Link<Connection> | null = null
  floodAhead = -1
  bytesAhead = -1
  floodSince = -1
  floodLast = -1
  /** Round trip of the last ping that was measured, in ms. */
  rtt: number | null = null
  pingedAt = 0
  /** Number of the push that went to it last. */
  pushedIn = 0
  awaitsPong = false

  constructor(address: string) {
    this.address = address
  }

  send(text: string): void {
    this.link?.send(text)
  }

  /** Closes with one of our codes. */
  refuse(code: number, reason: string): void {
    this.link?.close(code, reason)
  }

  /** Sends a ping whose answer tells the round trip. */
  measure(at: number): void {
    this.pingedAt = at
    this.awaitsPong = true
    this.link?.ping()
  }

  /** Asks for a sign of life, and measures how long it takes, from the first time it was asked. */
  probe(at: number): void {
    if (!this.awaitsPong) this.pingedAt = at
    this.awaitsPong = true
    this.link?.ping()
  }

  /** A pong came in. */
  protected ponged(at: number): void {
    if (!this.awaitsPong) return
    this.awaitsPong = false
    this.rtt = at - this.pingedAt
  }
}
