// What a running server offers to the rooms above it (HTTP, command line) and to a program that embeds it.
// Shapes only. Times in ms since 1970; `null`: never, or not now.

import type { Transition } from '../core/transition.ts'
import type { MemberState, Reason } from '../protocol/words.ts'
import type { MemberRecord } from '../stores/store.ts'
import type { OnMessage } from './message-listeners.ts'

/** A member with the freshest evidence this node has. */
export interface MemberAnswer extends MemberRecord {
  /** Present and true while the breaker withholds its end. */
  readonly held?: true
}

/** One open session. */
export interface SessionAnswer {
  readonly id: string
  /** `null`: a connection nobody has named. */
  readonly member: string | null
  /** Of `gateway` links: their 20-digit client id. */
  readonly clientId: string | null
  readonly dialect: string
  readonly state: Exclude<MemberState, 'offline'>
  readonly since: number
  readonly beganAt: number
  readonly lastEvidenceAt: number
  readonly lastBeatAt: number | null
  /** Why it is suspect. */
  readonly reason: Reason | null
  /** Remote address while connected. */
  readonly address: string | null
  /** Round trip of the last measured ping in ms; `null`: none was, or the connection is gone. */
  readonly rtt: number | null
  readonly held?: true
}

export interface MembersQuery {
  readonly after: string | null
  readonly limit: number
  readonly state?: MemberState
}

export interface SessionsQuery {
  /** Session id; with `anonymous`, too. */
  readonly after: string | null
  readonly limit: number
  /** Only connections without a member; otherwise only sessions with one. */
  readonly anonymous: boolean
}

/** Whom a push reached: open connections, suspect members, offline members, unknown ids. */
export interface PushResult {
  readonly reached: number
  readonly suspect: number
  readonly offline: number
  readonly unknown: number
  /** Connections that acknowledged in time; there when it was asked for. */
  readonly acked?: number
}

/** How a push is sent. */
export interface PushOptions {
  /** Wait this long, in ms, for the connections reached to acknowledge; only the native protocol can. */
  readonly ack?: number
}

/** How the server is. */
export interface ServerStatus {
  readonly ready: boolean
  readonly degraded: boolean
  readonly problem: string
  /** The breaker is holding. */
  readonly held: boolean
  readonly members: Readonly<Record<MemberState, number>>
  readonly sessions: number
  readonly connections: number
  readonly startedAt: number
  /** Counted events by name, such as `bad_input`, `rate_dropped`, `slow_cut`. */
  readonly counters: Readonly<Record<string, number>>
}

/** Where a listener really listens. */
export interface ListenerAddress {
  readonly host: string
  readonly port: number
  readonly dialect: string
  /** The detection bound in words. */
  readonly bound: string
}

/** A running presence server. */
export interface PresenceServer {
  readonly addresses: readonly ListenerAddress[]
  members(query: MembersQuery): Promise<{ members: readonly MemberAnswer[]; next: string | null }>
  /** `null`: unknown. */
  member(id: string): Promise<{ member: MemberAnswer; sessions: readonly SessionAnswer[] } | null>
  sessions(query: SessionsQuery): { sessions: readonly SessionAnswer[]; next: string | null }
  status(): ServerStatus
  /**
   * Text, or a value sent as JSON, to every open connection of a member; native ones get it as a `message`. Every push
   * rejects with `bad_data` for what JSON cannot hold.
   */
  pushToMember(id: string, data: unknown, options?: PushOptions): Promise<PushResult>
  /** To every open connection whose member has this `type`. */
  pushToType(type: string, data: unknown, options?: PushOptions): Promise<PushResult>
  /** To every open connection whose member is in this group. */
  pushToGroup(group: string, data: unknown, options?: PushOptions): Promise<PushResult>
  /** To every open connection that has a member; with `anonymous` to the others too. */
  pushToAll(data: unknown, options?: PushOptions & { readonly anonymous?: boolean }): Promise<PushResult>
  /** Gives a `gateway` link a member. Throws `unknown_client`, `bad_id` or `not_running`. */
  bind(clientId: string, memberId: string): void
  /** Takes it away again. Throws `unknown_client` or `not_running`. */
  unbind(clientId: string): void
  /**
   * Ends all sessions of a member as `kicked`, and their connections with 4500; none of these sessions can be resumed.
   * A connection that beats for other members too stays. Resolves with how many sessions there were; rejects with
   * `not_running`.
   */
  kick(memberId: string, options?: { readonly reason?: string }): Promise<number>
  /**
   * Puts a member into a group until it is removed, or for `ttl` ms; also one that was never seen, and while it is
   * offline. Rejects with `bad_id`, `bad_option`, `too_many_groups` or `not_running`.
   */
  addToGroup(group: string, memberId: string, options?: { readonly ttl?: number }): Promise<void>
  /** Ends what `addToGroup` made; what a session made stays. Rejects with `bad_id` or `not_running`. */
  removeFromGroup(group: string, memberId: string): Promise<void>
  /** Told every message of a member, in order. Returns how to stop listening. */
  onMessage(listener: OnMessage): () => void
  /** Told what every commit returned, in order. Returns how to stop listening. */
  onTransitions(listener: (transitions: readonly Transition[]) => void): () => void
  /** Stops accepting, tells native connections when to come back, closes all with 1012, writes everything. */
  stop(): Promise<void>
}

/** Answers a plain HTTP request. */
export type RequestHandler = (request: Request) => Response | Promise<Response>
