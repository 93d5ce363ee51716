// What a running server offers to the rooms above it (HTTP, command line) and to a program that embeds it.
// Shapes only. Times in ms since 1970; `null`: never, or not now.

import type { Details } from '../core/change.ts'
import type { LazyText } from '../core/lazy.ts'
import type { Transition } from '../core/transition.ts'
import type { MemberState, Reason } from '../protocol/words.ts'
import type {
  Awaitable,
  Census,
  EvidenceRecord,
  HistoryPage,
  LogBatch,
  LogPlace,
  MemberRecord,
  Tally,
} from '../stores/store.ts'
import type { OnMessage } from './message-listeners.ts'

/** A member with the freshest evidence this node has. */
export interface MemberAnswer extends MemberRecord {
  /** Present and true while the breaker withholds its end. */
  readonly held?: true
}

/** How a member is, with the freshest evidence this node has. */
export interface EvidenceAnswer extends EvidenceRecord {
  /** Present and true while the breaker withholds its end. */
  readonly held?: true
}

/** One open session. */
export interface SessionAnswer {
  readonly id: string
  /** `null`: a connection nobody has named. */
  readonly member: string | null
  /** Of `gateway` links: their client id, 20 hex digits. */
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
  /** The node that holds it. */
  readonly node: string
  /** When its token ends; `null`: it has none, or one without an end. */
  readonly expires: number | null
  /** What the host keeps with it; `null`: nothing. */
  readonly data: unknown
  readonly held?: true
}

/** Orders of a member list besides that of the ids: latest or earliest change first, by name, latest evidence first. */
export const MEMBER_ORDERS = ['id', 'since', '-since', 'name', '-lastEvidenceAt'] as const
export type MemberOrder = (typeof MEMBER_ORDERS)[number]

/** Which members, and where to go on. At most one of group, type, node and prefix, besides a state. */
export interface MembersQuery {
  /** The `next` of the page before, of the same query; `null`: from the start. */
  readonly after: string | null
  readonly limit: number
  readonly state?: MemberState
  readonly group?: string
  readonly type?: string
  /** Those who have a session on the node of this name. */
  readonly node?: string
  /** Those whose id begins so. */
  readonly prefix?: string
  /** Others than `id` only where fewer than 10,000 are hit: else it rejects with `too_many_hits`. @default 'id' */
  readonly order?: MemberOrder
  /** As others see them: state and type without suspicions, hidden members offline and only in groups they stand in. */
  readonly seen?: true
}

export interface SessionsQuery {
  /** Session id; with `anonymous`, too. */
  readonly after: string | null
  readonly limit: number
  /** Only connections without a member; otherwise only sessions with one. */
  readonly anonymous: boolean
}

/** A group, and how many of its members are in which state. */
export interface GroupAnswer {
  readonly group: string
  readonly members: Readonly<Record<MemberState, number>>
}

/** What a push goes to: those who are in any of these, each once. */
export interface PushTargets {
  readonly members?: readonly string[]
  readonly groups?: readonly string[]
  readonly types?: readonly string[]
  /** Every open connection that has a member. */
  readonly all?: boolean
  /** With `all`: the others too. */
  readonly anonymous?: boolean
  /** Not to these members. */
  readonly except?: readonly string[]
}

/** A member that may not come. Times in ms since 1970. */
export interface Ban {
  readonly member: string
  readonly since: number
  /** `null`: until it is lifted. */
  readonly until: number | null
  readonly reason: string | null
}

/** Who is kept out. A ban is in force, also over restarts, once `ban` has resolved. */
export interface Bans {
  /** `null`: it may come. Cheap: asked at every identification. */
  of(member: string): Ban | null
  /** Kicks too. Rejects with `bad_id`, `not_running`, or `store_failed` where it would not survive a restart. */
  ban(member: string, options: { readonly for?: number; readonly reason?: string }): Promise<Ban>
  /** False: there was none. */
  lift(member: string): Promise<boolean>
  /** By member id. */
  list(after: string | null, limit: number): { readonly bans: readonly Ban[]; readonly next: string | null }
}

/** One beat that came by HTTP. Durations in ms. */
export interface HttpBeat {
  readonly id: string
  /** How often it means to beat; kept until it says another. @default 60_000 */
  readonly period?: number
  /** How much later than that is too late. @default 30_000 */
  readonly grace?: number
  readonly name?: string
  readonly type?: string
  readonly profile?: unknown
  /** Goodbye: it ends as `left`. */
  readonly bye?: true
}

/** What a beat is answered: `sinceLast`: ms since the one before, `null`: it is the first. */
export type BeatAnswer =
  | {
      readonly id: string
      readonly state: MemberState
      readonly sinceLast: number | null
      readonly version: number
    }
  | { readonly id: string; readonly error: 'banned' | 'unknown_member' }

/** Sessions of those who have no socket. */
export interface Beats {
  /** Bytes that a profile may have as JSON. */
  readonly mostProfile: number
  /** One answer per beat, in order. Ids, durations and sizes have been checked. */
  beat(beats: readonly HttpBeat[]): Awaitable<readonly BeatAnswer[]>
  /** Ends the HTTP session of a member as `left`; false: it has none. */
  end(member: string): boolean
}

/** The log of transitions, for those who read it at their own pace. */
export interface TransitionLog {
  /** The server stops: nobody waits any more, and whoever reads on and on ends where it stands. */
  readonly stopped: boolean
  /** See `Store.readLog`. */
  read(place: LogPlace, limit: number): Promise<LogBatch>
  /** As `read`; where nothing is there yet it waits for it, at most so many ms, or until `signal` says no. */
  wait(place: LogPlace, limit: number, ms: number, signal?: AbortSignal): Promise<LogBatch>
}

/**
 * Whom a push reached: open connections, suspect members, offline members, unknown ids. A member that is here by HTTP beats
 * alone has nothing that could be reached, and is in no number.
 */
export interface PushResult {
  readonly reached: number
  readonly suspect: number
  readonly offline: number
  readonly unknown: number
  /** Connections that acknowledged in time; there when it was asked for. */
  readonly acked?: number
}

/** How a member is sent away. */
export interface KickOptions {
  /** For people; at most 120 bytes are sent. @default 'kicked' */
  readonly reason?: string
  /** It may come back. @default false */
  readonly mayReturn?: boolean
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
  /** As `lookup`, and cheaper: what is asked of very many. Name and type only with `details`. */
  evidence(ids: readonly string[], details: boolean): Awaitable<readonly (EvidenceAnswer | null)[]>
  /** One answer per id, in order; `null`: unknown. Up to 10,000 ids. */
  lookup(ids: readonly string[]): Awaitable<readonly (MemberAnswer | null)[]>
  /** Newest first; see `Store.history`. */
  history(member: string, before: number | null, limit: number): Promise<HistoryPage>
  /** Groups that have members, by name. */
  groups(
    after: string | null,
    limit: number,
  ): { readonly groups: readonly GroupAnswer[]; readonly next: string | null }
  /** What others see, counted. */
  readonly tally: Tally
  /** The truth, counted. */
  readonly census: Census
  readonly log: TransitionLog
  readonly bans: Bans
  readonly beats: Beats
  /** Name of this node. */
  readonly node: string
  /** `null`: there is no such open session. */
  session(id: string): SessionAnswer | null
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
  /** To those who are in any of the targets, each connection once. */
  push(targets: PushTargets, data: unknown, options?: PushOptions): Promise<PushResult>
  /**
   * Sets what is known of a member: of name, type and profile those that are given; told at once. Also of one that was
   * never seen. Rejects with `bad_id` or `not_running`.
   */
  describe(memberId: string, details: Pick<Details, 'name' | 'type' | 'profile'>): Promise<MemberAnswer>
  /**
   * Ends its sessions as `kicked`, lifts its ban, and forgets it, with what the log says of it (see `erase` in
   * core/change.ts). False: it was unknown. Rejects with `not_running`.
   */
  erase(memberId: string): Promise<boolean>
  /**
   * Keeps JSON of at most 4 KiB with a session, as long as it lasts; `null` takes it away. False: there is no such
   * session. Rejects with `bad_data` or `store_failed`.
   */
  setSessionData(session: string, data: unknown): Promise<boolean>
  /** Gives a `gateway` link a member. Throws `unknown_client`, `bad_id` or `not_running`. */
  bind(clientId: string, memberId: string): void
  /** Takes it away again. Throws `unknown_client` or `not_running`. */
  unbind(clientId: string): void
  /**
   * Ends all sessions of a member as `kicked`, and their connections with 4500, or with 4430 where it may come back at
   * once; none of these sessions can be resumed.
   * A connection that beats for other members too stays. Resolves with how many sessions there were; rejects with
   * `not_running`.
   */
  kick(memberId: string, options?: KickOptions): Promise<number>
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
  /**
   * Reads certificate and key again: newcomers are shown the new certificate, connections live on. Rejects with
   * `bad_option` naming the file, and then the old one stays. Without TLS it does nothing.
   */
  reload(): Promise<void>
  /** Stops accepting, tells native connections when to come back, closes all with 1012, writes everything. */
  stop(): Promise<void>
}

export type { LazyText } from '../core/lazy.ts'

/** Answers a plain HTTP request. `address`: the client's IP address; it can be found out only in this call. */
export type RequestHandler = (request: Request, address: LazyText) => Response | Promise<Response>
