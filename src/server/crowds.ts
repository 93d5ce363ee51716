// Counts per address what a single one must not have too much of: connections, undecided ones, new ones a second. It keeps
// nothing of an address that has none of these. A network of IPv6 counts as one: who has an address there has 2^64.

import { networkOf } from '../core/network-of.ts'
import { UNLIMITED } from './options/option-kinds.ts'

/** How many of a thing each address has. `most`: as many as it may have. */
export class Crowd {
  readonly #counts = new Map<string, number>()

  /** Addresses that have some. */
  get size(): number {
    return this.#counts.size
  }

  isFull(address: string, most: number): boolean {
    return most !== UNLIMITED && (this.#counts.get(networkOf(address)) ?? 0) >= most
  }

  enter(address: string, most: number): void {
    if (most === UNLIMITED) return
    const network = networkOf(address)
    this.#counts.set(network, (this.#counts.get(network) ?? 0) + 1)
  }

  leave(address: string, most: number): void {
    if (most === UNLIMITED) return
    const network = networkOf(address)
    const left = (this.#counts.get(network) ?? 0) - 1
    if (left > 0) this.#counts.set(network, left)
    else this.#counts.delete(network)
  }
}

/** How many times as many may come at once as in a second. */
const BURST = 5

/** How fast each address brings something: a virtual schedule for each, as in flood.ts. */
export class Pace {
  /** When the schedule of an address is used up to. */
  readonly #ahead = new Map<string, number>()

  /** Addresses that are not quiet. */
  get size(): number {
    return this.#ahead.size
  }

  /** 0: one more of `perSecond` may pass at `at`, and did; else in how many ms one may. */
  admit(address: string, at: number, perSecond: number): number {
    if (perSecond === UNLIMITED) return 0
    const network = networkOf(address)
    const ahead = Math.max(this.#ahead.get(network) ?? at, at) + 1_000 / perSecond
    const late = ahead - at - BURST * 1_000
    if (late > 0) return late
    this.#ahead.set(network, ahead)
    return 0
  }

  /** Forgets who has been quiet for long enough to owe nothing. */
  tick(at: number): void {
    for (const [network, ahead] of this.#ahead) if (ahead <= at) this.#ahead.delete(network)
  }
}
