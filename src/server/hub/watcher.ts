// What the hub keeps of one connection that watches or asks. Plain data, and two queues: one after the other for
// what it watches, another for what it asks, so that neither parts nor answers are mixed up.

import type { CountsFeed } from './counts-feed.ts'
import type { Feed } from './feed.ts'
import type { ListScope } from './house.ts'
import type { Roster } from './roster.ts'
import type { Subscriber } from './shards.ts'
import type { Sight } from './sight.ts'

/** A connection, as far as the hub knows it. */
export interface Recipient {
  /** `null` once it is gone. */
  readonly link: (Subscriber & { readonly queued: number }) | null
  /** Owned by the hub. */
  watcher: Watcher | null
  /** What the hello gave; `null`: nothing. */
  readonly cursor: string | null
  /** Whom it may watch, and whom it may ask; `null`: everybody. */
  readonly sight: Sight | null
  readonly asks: Sight | null
  send(text: string): void
}

/** What a place may be of. */
export type BerthScope = ListScope | { readonly of: 'counts'; readonly group: string | null }

/** One connection's place in one feed. */
export interface Berth<F extends Feed | CountsFeed = Feed | CountsFeed> {
  readonly feed: F
  readonly scope: BerthScope
  /** -1: still on the way in. */
  shard: number
  /** Left, or replaced by another watch: whoever is still at work for it stops. */
  over: boolean
}

/** Watches that may wait for their lists: more than one may have. Asks that may wait for their answers. */
const WATCHES = 128
const ASKS = 64

export class Watcher {
  /** By scope. */
  readonly berths = new Map<string, Berth>()
  roster: Roster | null = null
  readonly watching = new TaskQueue(WATCHES)
  readonly asking = new TaskQueue(ASKS)
}

/** Runs tasks one after the other. */
export class TaskQueue {
  readonly #most: number
  #size = 0
  #last: Promise<void> = Promise.resolve()

  constructor(most: number) {
    this.#most = most
  }

  get full(): boolean {
    return this.#size >= this.#most
  }

  /** `task` takes care of its own failures. */
  add(task: () => Promise<void>): void {
    this.#size++
    this.#last = this.#last.then(task).finally(() => {
      this.#size--
    })
  }
}
