// What the store and its file's thread say to each other. Data only; the thread answers in the order it was asked.

import type { Book } from '../notebook.ts'
import type { Value } from './columns.ts'
import type { RunStart } from './log-cursor.ts'
import type { Durability } from './options.ts'

/** One piece of a batch, in the form of rows.ts. A batch is one transaction, over with the piece that is `last`. */
export interface Piece {
  readonly members: readonly Value[]
  readonly sessions: readonly Value[]
  /** lastEvidenceAt, lastBeatAt, session id; row after row. */
  readonly evidence: readonly Value[]
  /** Ids of sessions that ended. */
  readonly ended: readonly number[]
  /** Rows of members that were forgotten. */
  readonly forgotten: readonly number[]
  readonly transitions: readonly Value[]
  /** Version of the last step of each member that is erased; carried out after everything above. */
  readonly erased: readonly number[]
  /** Largest number of any session of the batch. */
  readonly lastSession: number
  readonly last: boolean
}

/** A run of the log: which log it is, and which run. */
export interface RunId {
  readonly log: string
  readonly epoch: number
}

/** What the file says of its log. */
export interface Run extends RunId {
  /** Last version of each earlier epoch. */
  readonly ends: readonly (readonly [epoch: number, last: number])[]
  /** Everything up to this version is no longer kept. */
  readonly trimmed: number
  /** Largest number any session had. */
  readonly lastSession: number
  /** Largest row of any member. */
  readonly lastRow: number
}

/** What is answered with rows. */
export type Question =
  /** Transitions with after < version <= upTo, oldest first. */
  | { readonly do: 'read'; readonly after: number; readonly upTo: number; readonly limit: number }
  /** Of the chain of steps of `member` that begins at `from`: those below `before`, newest first. */
  | {
      readonly do: 'chain'
      readonly member: string
      readonly from: number
      readonly before: number
      readonly limit: number
    }
  /** One value, or none. */
  | { readonly do: 'note'; readonly book: Book; readonly key: string }
  /** Key, value; note after note. */
  | { readonly do: 'notes'; readonly book: Book; readonly after: string | null; readonly limit: number }
  /** The key, where a note was taken away. `value`: JSON; `null`: none from now on. */
  | { readonly do: 'put'; readonly book: Book; readonly key: string; readonly value: string | null }

/** `at`: of a chain: where it goes on; 0: nowhere. */
export interface Rows {
  readonly rows: readonly Value[]
  readonly at: number
}

export type Request =
  /** `run`: go on with that one, after a failure. `least`: what a new run may begin with where there was none before. */
  | {
      readonly do: 'open'
      readonly path: string
      readonly durability: Durability
      readonly now: number
      readonly least: RunStart
      readonly run: RunId | null
    }
  | { readonly do: 'load' }
  | { readonly do: 'write'; readonly batch: number; readonly piece: Piece }
  | (Question & { readonly ask: number })
  /** Deletes the oldest transitions told before `before` or of a version up to `upTo`. */
  | { readonly do: 'trim'; readonly before: number; readonly upTo: number; readonly limit: number }
  | { readonly do: 'close' }

/** What SQLite or the system said. `code`: SQLite's primary result code, 0 where it was not SQLite. */
export interface Failure {
  readonly code: number
  readonly message: string
}

export type Answer =
  | { readonly on: 'opened'; readonly run: Run }
  | { readonly on: 'sessions' | 'members'; readonly rows: readonly Value[] }
  | { readonly on: 'loaded' | 'closed' }
  | { readonly on: 'written'; readonly batch: number }
  | ({ readonly on: 'rows'; readonly ask: number } & Rows)
  | { readonly on: 'trimmed'; readonly version: number; readonly more: boolean }
  | {
      readonly on: 'failed'
      readonly request: Request['do']
      readonly ask: number
      readonly failure: Failure
    }
