// What a dialect may do with the connection it reads: name its member, note a beat, answer. The server implements
// it; a dialect never sees a socket, a session or a store.

import type { Details } from '../core/change.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { NativeWire } from './native-wire.ts'

/** Why a frame was refused. Counted by this name. */
export type BadInput =
  | 'not_json'
  | 'unknown_action'
  | 'undecided'
  | 'bad_name'
  | 'too_many_ids'
  | 'not_yours'
  // of native connections
  | ErrorCode

/** One connection as its dialect sees it. Evidence is noted before the dialect hears of a frame. */
export interface Wire extends NativeWire {
  /** Kept by the dialect for this connection; `null` at first, and again when its session moved elsewhere. */
  memory: unknown
  /** Open sessions with a member. */
  readonly members: number
  /** Somebody has to prove who they are. */
  readonly guarded: boolean
  /** Largest profile of a member, in bytes of JSON. */
  readonly profileBytes: number
  /** Whether `member` has a session on this connection. */
  has(member: string): boolean
  /** Whether another open connection speaks for `member` by this dialect. */
  taken(member: string): boolean
  /** A heartbeat of the connection's only session, or of nobody in particular. */
  beat(at: number): void
  /** A heartbeat of one of its members; false when that member is not on this connection. */
  beatOf(member: string, at: number): boolean
  /**
   * Begins or continues a session of `member`; `beat`: this frame is a heartbeat too; `token`: what it says to prove it.
   * False when it holds too many. Where it has to be found out first who this is, no frame comes before that.
   */
  identify(member: string, details: Details | null, beat: boolean, at: number, token?: string | null): boolean
  /** What a member of this connection says of itself. */
  update(member: string, details: Details, at: number): void
  /** Ends the session of `member` as `left`; the connection stays. */
  leave(member: string, at: number): void
  /** From now on pings and pongs are evidence too. */
  trustControl(at: number): void
  send(text: string): void
  /** Answers with the list of the `heartbeat` dialect; `token`: what the frame says to prove a right to it. */
  sendList(token: string | null, at: number): void
  /** Counts and logs a refused frame. `detail` says which part, never more than a short excerpt. */
  bad(what: BadInput, detail: string): void
  /** Closes with one of our close codes after an error frame. */
  refuse(code: number, reason: string): void
}

/** How frames on a connection become session events. One object for all connections of a dialect. */
export interface Dialect {
  readonly name: DialectName
  /** A complete text frame came in at `at` (monotonic ms). `read`: the JSON object in it, where that is known already. */
  text(wire: Wire, text: string, at: number, read?: JsonObject | null): void
  /** A binary frame came in; without this it is counted as bad input. */
  binary?(wire: Wire): void
}

export type DialectName = 'native' | 'heartbeat' | 'members' | 'gateway' | 'uid'
