// What a store is: it holds what must survive, runs the ledger at `commit`, and answers who is here. It never hears
// of a beat. Two kinds: embedded (memory, and a file behind it) and, later, Redis.

import type { SessionChange } from '../core/change.ts'
import type { Timing } from '../core/timing.ts'
import type { MemberStatus, Step, Transition } from '../core/transition.ts'
import type { MemberState, Reason } from '../protocol/words.ts'
import type { Notebook } from './notebook.ts'

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
  readonly status: MemberStatus | null
  /** In no order. */
  readonly groups: readonly string[]
  /** Those in which others find it: while it is hidden, only those it stands in. */
  readonly seenGroups: readonly string[]
  /** State and its begin as those see it who did not ask for suspicions. */
  readonly settledState: 'online' | 'away' | 'offline'
  readonly settledSince: number
  /** `state` is `suspect` only because nobody was heard of since the start; of that nobody is told. */
  readonly unproven: boolean
}

/** The little that is asked of very many at once; as in `MemberRecord`. */
export type Standing = Pick<MemberRecord, 'id' | 'state' | 'version' | 'name' | 'type' | 'profile'>

/** Which members are walked through, in the order of their ids. */
export interface Walk {
  /** Goes on behind this id; `null`: from the start. */
  readonly after: string | null
  /** Members looked at, at most. */
  readonly limit: number
  /** Those who are not offline, of a type, or in a group by whatever makes them so; hidden ones too. */
  readonly among: 'here' | { readonly type: string } | { readonly group: string }
}

/** Is shown one member; false: no further one now. */
export type Visit = (id: string, state: MemberState) => boolean

/** How a member is, and how that is known. */
export interface EvidenceRecord
  extends Pick<
    MemberRecord,
    'id' | 'state' | 'since' | 'lastEvidenceAt' | 'lastBeatAt' | 'reason' | 'version'
  > {
  readonly name?: string | null
  readonly type?: string | null
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
  /** It was told as away. */
  readonly away: boolean
  /** What was agreed with this session alone. */
  readonly timing: Timing | null
  /** Groups it is in by this session. */
  readonly groups: readonly string[]
}

/** Something that lapses by itself. */
export type Lapse =
  | { readonly what: 'status'; readonly member: string; readonly until: number }
  | { readonly what: 'membership'; readonly member: string; readonly group: string; readonly until: number }

/** What a store found when it was opened. */
export interface Opened {
  /** This run of the log; durable before `open` resolves. */
  readonly epoch: number
  /** Larger than the number of any session this store remembers. */
  readonly firstSessionId: number
  /** Sessions that were open when the last run ended, in order of their id. */
  readonly sessions: readonly SessionRecord[]
  /** What will lapse: nobody has said so in this run. */
  readonly lapses: readonly Lapse[]
  /** Notes the evidence of sessions that stay open, writes everything and closes the store. Their groups it knows. */
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
  /** Only members whom others find in this group; with order `id`. */
  readonly group?: string
  /** Only members of this type; with order `id`. */
  readonly type?: string
  /** Only members whose id begins so; with order `id`. */
  readonly prefix?: string
  /** Only members that are in this group by whatever makes them so, also hidden ones; with order `id`. */
  readonly memberOf?: string
  /** Only members whom others see as not offline, suspicions apart; with order `id`. */
  readonly present?: true
  /** Only members that are not offline, also hidden ones; with order `id`. */
  readonly here?: true
  /**
   * `state` and `type` are meant as others see them, suspicions apart; with order `id`. One that changed its type while
   * it is hidden is found by neither.
   */
  readonly seen?: true
}

export interface Page {
  readonly members: readonly MemberRecord[]
  /** Where to go on; `null`: this was the last page. */
  readonly next: string | null
}

/**
 * Members as others see them, by state. Hidden members count as offline. A suspect counts by what it was before, so
 * that one count serves both those who asked for suspicions and those who did not.
 */
export interface SeenCounts {
  readonly online: number
  readonly away: number
  readonly suspectOnline: number
  readonly suspectAway: number
  readonly offline: number
}

/** Members by state and by type; only what has members is in a map. */
export interface GroupTally {
  readonly seen: SeenCounts
  readonly types: ReadonlyMap<string, SeenCounts>
}

/** Counts of all members, and of each group. Kept up with every commit: a view, not a copy. */
export interface Tally extends GroupTally {
  readonly groups: ReadonlyMap<string, GroupTally>
}

/** How many members are truly in which state, as `page` shows them: hidden members as what they are. */
export interface Counted {
  readonly counts: Readonly<Record<MemberState, number>>
}

/** And by type; only what has members is in the map. */
export interface GroupCensus extends Counted {
  readonly name: string
  readonly types: ReadonlyMap<string, Counted>
}

/** Counts of all members and of each group, for the host. Kept up with every commit: a view, not a copy. */
export interface Census extends Omit<GroupCensus, 'name'> {
  /** `null`: it has no members. */
  group(name: string): GroupCensus | null
  /** Groups by name, from the one after `name` on (`null`: from the start). */
  groupsAfter(name: string | null, limit: number): readonly GroupCensus[]
}

/** A piece of one member's history, newest first. */
export interface HistoryPage {
  readonly transitions: readonly Transition[]
  /** Version to go on before; `null`: nothing older is kept. */
  readonly next: number | null
}

/** Where a reader of the log stands: a cursor, or one of its ends. `newest`: everything that is told from now on. */
export type LogPlace = string | 'oldest' | 'newest'

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
  readonly notebook: Notebook
  /** Called once, before anything else. Rejects with `SystoleError` `store_*` naming the file and the remedy. */
  open(): Promise<Opened>
  commit(changes: readonly SessionChange[]): Awaitable<readonly Step[]>
  /** The little that is asked of very many: one answer per id, in order; name and type only with `details`. */
  evidence(ids: readonly string[], details: boolean): Awaitable<readonly (EvidenceRecord | null)[]>
  /** One answer per id, in order; `null` for the unknown. */
  lookup(ids: readonly string[]): Awaitable<readonly (MemberRecord | null)[]>
  /** The lean form of `lookup`: for beats, of which there are very many. */
  standings(ids: readonly string[]): Awaitable<readonly (Standing | null)[]>
  /** Shows members to `visit`, and answers behind which id to go on; `null`: these were all. Makes no record of any. */
  walk(walk: Walk, visit: Visit): Awaitable<string | null>
  /** Spread over turns where it would block the loop. */
  page(query: PageQuery): Promise<Page>
  /**
   * At most 1,000 at once; an empty answer means: read to the end. A `reset` tells nothing; take a snapshot, then
   * read on from its cursor. Rejects with `bad_cursor`, with `cursor_ahead`, or with `store_failed` while the log
   * cannot be read. What was told last is answered out of memory.
   */
  readLog(place: LogPlace, limit: number): Promise<LogBatch>
  /**
   * Transitions of one member with a version below `before` (`null`: all), newest first, at most 1,000; like `lookup`
   * also what is not durable yet. It costs what it tells, not what the log holds. Rejects with `store_failed` while the log cannot be read.
   */
  history(member: string, before: number | null, limit: number): Promise<HistoryPage>
  /** Calls `listener` whenever more of the log can be read, at most once a batch. Returns how to stop. */
  onLogged(listener: () => void): () => void
  readonly health: StoreHealth
  /** Members by state, as `page` would show them. */
  readonly counts: Readonly<Record<MemberState, number>>
  readonly tally: Tally
  readonly census: Census
}
