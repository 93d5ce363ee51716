// What a store is: it holds what must survive, runs the ledger at `commit`, and answers who is here. It never hears
// of a beat. Two kinds: embedded (memory, and a file behind it) and, later, Redis.

import type { SessionChange } from '../core/change.ts'
import type { Transition } from '../core/transition.ts'
import type { MemberState, Reason } from '../protocol/words.ts'

/** A value now, or a promise of it: a store in memory answers at once and costs no turn. */
export type Awaitable<T> = T | Promise<T>

/** One member as the store knows it. Times in ms since 1970; `null`: never, or not now. */
export interface MemberRecord {
  readonly id: string
  readonly name: string | null
  readonly type: string | null
  readonly profile: unknown
  readonly state: MemberState
  readonly since: number
  readonly joinedAt: number | null
  /** As last written; for sessions of this node the detector knows better. */
  readonly lastEvidenceAt: number | null
  readonly lastBeatAt: number | null
  readonly reason: Reason | null
  readonly version: number
  /** Open sessions. */
  readonly sessions: number
}

/** One open session as it was written last. */
export interface SessionRecord {
  readonly id: number
  readonly member: string
  readonly instance: string | null
  readonly epoch: number
  readonly dialect: string
  readonly lastEvidenceAt: number
  readonly lastBeatAt: number | null
}

/** What a store found when it was opened. */
export interface Opened {
  /** This run of the log; durable before `open` resolves. */
  readonly epoch: number
  /** Larger than the number of any session this store remembers. */
  readonly firstSessionId: number
  /** Sessions that were open when the last run ended, in order of their id. */
  readonly sessions: readonly SessionRecord[]
  /** Notes the evidence of sessions that stay open, writes everything and closes the store. */
  close(open: readonly SessionRecord[]): Promise<void>
}

/** A page of members. */
export interface PageQuery {
  /** `id`: every member, by id; `listed`: those that ever came by the listing dialect, in order of their first beat. */
  readonly order: 'id' | 'listed'
  /** The `next` of the page before; `null`: from the start. For `id` any id will do. */
  readonly after: string | null
  readonly limit: number
  /** Only members in this state. */
  readonly state?: MemberState
}

export interface Page {
  readonly members: readonly MemberRecord[]
  /** Where to go on; `null`: this was the last page. */
  readonly next: string | null
}

/** A piece of the log, oldest first. */
export interface LogBatch {
  readonly transitions: readonly Transition[]
  /** Opaque; give it back to read on. */
  readonly cursor: string
  /** The cursor given was of another log, or of an older epoch past its durable end: start from a snapshot. */
  readonly reset: boolean
}

/** Whether the store still writes what must survive. */
export interface StoreHealth {
  readonly degraded: boolean
  /** What is wrong, with the file and the remedy; '' when nothing is. */
  readonly problem: string
  /** Transitions committed but not yet durable. */
  readonly pending: number
}

/**
 * MUST: `commit` applies changes in the order given and returns what they made of the members; it never throws:
 * a store that cannot write says so in `health` and keeps what it holds.
 * MUST: `readLog` tells only what is durable; `commit` may return before that.
 * MUST NOT: change anything because of a read.
 * Times in changes and records are wall-clock ms (`at`), never the detector's.
 */
export interface Store {
  /** Called once, before anything else. Rejects with `SystoleError` `store_*` naming the file and the remedy. */
  open(): Promise<Opened>
  commit(changes: readonly SessionChange[]): Awaitable<readonly Transition[]>
  /** One answer per id, in order; `null` for the unknown. */
  lookup(ids: readonly string[]): Awaitable<readonly (MemberRecord | null)[]>
  /** Spread over turns where it would block the loop. */
  page(query: PageQuery): Promise<Page>
  /**
   * `null`: from the oldest kept. At most 1,000 at once; an empty answer means: read to the end. A `reset` tells
   * nothing; take a snapshot, then read on from its cursor. Rejects with `bad_cursor`, with `cursor_ahead`, or with
   * `store_failed` while the log cannot be read.
   */
  readLog(cursor: string | null, limit: number): Promise<LogBatch>
  readonly health: StoreHealth
  /** Members by state, as `page` would show them. */
  readonly counts: Readonly<Record<MemberState, number>>
}
