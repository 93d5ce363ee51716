// What the hub keeps of one connection that watches or asks. Plain data, and two queues: one after the other for
// what it watches, another for what it asks, so that neither parts nor answers are mixed up.

import type { CountsFeed } from './counts-feed.ts'
import type { Feed } from './feed.ts'
import type { Roster } from './roster.ts'
import type { Subscriber } from './shards.ts'

/** A connection, as far as the hub knows it. */
export interface Recipient {
  /** `null` once it is gone. */
  readonly link: (Subscriber & { readonly queued: number }) | null
  /** Owned by the hub. */
  watcher: Watcher | null
  /** What the hello gave; `null`: nothing. */
  readonly cursor: string | null
  send(text: string): void
}

/** One connection's place in one feed. */
export interface Berth<F extends Feed | CountsFeed = Feed | CountsFeed> {
  readonly feed: F
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
