// What every part of the hub works with. Data and doors; no behaviour.

import type { Store } from '../../stores/store.ts'
import type { Views } from '../views.ts'
import type { Cadence } from './cadence.ts'
import type { Rounds } from './rounds.ts'

export interface House {
  readonly store: Store
  readonly views: Pick<Views, 'member'>
  readonly rounds: Rounds
  readonly cadence: Cadence
  /** Names this run of the server in cursors. */
  readonly run: string
  /** Rights differ: what a diff tells of somebody who leaves is no more than that. */
  readonly guarded: boolean
  /** Bytes in a send queue above which what can wait does. */
  readonly highWater: number
  /** Milliseconds that never fall. */
  now(): number
  /** Milliseconds since 1970. */
  wall(): number
  /** Version of the last step that was told. */
  version(): number
  /** Version of the last erasure in this run. */
  erasedAt(): number
  /** Hands a frame to the runtime for every link that is subscribed to `topic`. */
  publish(topic: string, text: string): void
  /** Resolves at the next tick. */
  nextTick(): Promise<void>
  count(name: string): void
}

/** Which lists there are: of all who are present, or of a group. */
export type ListScope = { readonly of: 'all' } | { readonly of: 'group'; readonly group: string }
