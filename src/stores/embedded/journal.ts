// What stands behind the memory of the embedded store: a file, or nothing. The store tells it what commits changed;
// it tells the store how much of the log is durable.

import type { SessionChange } from '../../core/change.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import type { Step, Transition } from '../../core/transition.ts'
import type { SessionRecord } from '../store.ts'
import type { LogBounds } from './log-cursor.ts'

/** What a journal knew when it was opened. */
export interface Found {
  readonly epoch: number
  readonly lastSession: number
}

export interface Journal {
  /** '' when all is well. */
  readonly problem: string
  /** Transitions not yet durable. */
  readonly pending: number
  readonly bounds: LogBounds
  /** `epoch`: the least this run may have. Rejects with `store_*`. */
  open(epoch: number): Promise<Found>
  /** Puts every member and session back; returns the sessions in order of their id. */
  load(ledger: Ledger): Promise<SessionRecord[]>
  /** Called before the ledger applies `changes`, and after. */
  before(changes: readonly SessionChange[], ledger: Ledger): void
  record(changes: readonly SessionChange[], told: readonly Step[], ledger: Ledger): void
  forgotten(member: Member): void
  /** Lets go of transitions told before `at`, and of the oldest beyond `most`, in slices. */
  trim(at: number, most: number): void
  /** Durable transitions with `after` < version, oldest first. */
  read(after: number, limit: number): Promise<Transition[]>
  /** Notes evidence, writes everything. Never rejects; what could not be written goes to `onError`. */
  close(open: readonly SessionRecord[], ledger: Ledger): Promise<void>
}
