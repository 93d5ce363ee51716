// What stands behind the memory of the embedded store: a file, or nothing. The store tells it what commits changed;
// it tells the store how much of the log is durable.

import type { SessionChange } from '../../core/change.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import type { Step, Transition } from '../../core/transition.ts'
import type { Notebook } from '../notebook.ts'
import type { SessionRecord } from '../store.ts'
import type { LogBounds, RunStart } from './log-cursor.ts'

/** What a journal knew when it was opened. */
export interface Found {
  readonly epoch: number
  /** Versions of this run are above it. */
  readonly after: number
  readonly lastSession: number
}

/** A piece of the chain of steps of one member, newest first. */
export interface Chain {
  readonly transitions: readonly Transition[]
  /** Version to go on with; 0: there is no more. */
  readonly at: number
}

export interface Journal {
  readonly notebook: Notebook
  /** '' when all is well. */
  readonly problem: string
  /** Transitions not yet durable. */
  readonly pending: number
  readonly bounds: LogBounds
  /** `least`: what this run may begin with where nothing is known of one before. Rejects with `store_*`. */
  open(least: RunStart): Promise<Found>
  /** Puts every member and session back; returns the sessions in order of their id. */
  load(ledger: Ledger): Promise<SessionRecord[]>
  /** Called before the ledger applies `changes`, and after. */
  before(changes: readonly SessionChange[], ledger: Ledger): void
  record(changes: readonly SessionChange[], told: readonly Step[], ledger: Ledger): void
  forgotten(member: Member): void
  /** It was erased: forgets what the log says of it, too. To be called before anything else is recorded. */
  erased(member: Member): void
  /** Lets go of transitions told before `at`, and of the oldest beyond `most`, in slices. */
  trim(at: number, most: number): void
  /** Durable transitions with `after` < version, oldest first. Rejects with `store_failed`. */
  read(after: number, limit: number): Promise<Transition[]>
  /** One that is in memory: not yet durable, or told last. */
  recent(version: number): Transition | undefined
  /** Steps of `member` below `before`, along the chain that begins at `from`, not in memory. Rejects with `store_failed`. */
  chain(member: string, from: number, before: number, limit: number): Promise<Chain>
  /** Notes evidence, writes everything. Never rejects; what could not be written goes to `onError`. */
  close(open: readonly SessionRecord[], ledger: Ledger): Promise<void>
}
