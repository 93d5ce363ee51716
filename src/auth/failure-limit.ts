// Counts wrong keys and tokens per address and minute, so that nobody can go on guessing. Of IPv6 a /64 counts as one
// address. Remembers a bounded number of addresses; those whose minute began first go first.

import type { Clock } from '../core/clock.ts'
import { networkOf } from '../core/network-of.ts'

interface Failures {
  count: number
  readonly since: number
}

const MINUTE = 60_000
const DEFAULT = 60
const MOST_ADDRESSES = 10_000

export class FailureLimit {
  readonly #most: number | null
  readonly #isLocal: (address: string) => boolean
  readonly #clock: Clock
  readonly #reached: (address: string, most: number) => void
  readonly #failures = new Map<string, Failures>()

  /** `most`: a minute; `null`: 60, and no limit where `isLocal`. `reached`: called once for each time it is. */
  constructor(
    most: number | null,
    isLocal: (address: string) => boolean,
    clock: Clock,
    reached: (address: string, most: number) => void,
  ) {
    this.#most = most
    this.#isLocal = isLocal
    this.#clock = clock
    this.#reached = reached
  }

  get size(): number {
    return this.#failures.size
  }

  /** Milliseconds until `address` is looked at again; 0: it is. */
  wait(address: string): number {
    if (this.#failures.size === 0) return 0
    const failures = this.#failures.get(networkOf(address))
    if (failures === undefined || failures.count < this.#mostOf(address)) return 0
    return Math.max(0, failures.since + MINUTE - this.#clock.now())
  }

  failed(address: string): void {
    const count = this.#count(networkOf(address))
    const most = this.#mostOf(address)
    if (count === most) this.#reached(address, most)
  }

  #count(network: string): number {
    const now = this.#clock.now()
    const failures = this.#failures.get(network)
    if (failures !== undefined && now - failures.since < MINUTE) return ++failures.count
    this.#failures.delete(network)
    this.#failures.set(network, { count: 1, since: now })
    if (this.#failures.size > MOST_ADDRESSES) {
      const [oldest] = this.#failures.keys()
      this.#failures.delete(oldest!)
    }
    return 1
  }

  #mostOf(address: string): number {
    return this.#most ?? (this.#isLocal(address) ? Number.POSITIVE_INFINITY : DEFAULT)
  }
}
