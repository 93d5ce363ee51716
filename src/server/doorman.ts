// Decides at the upgrade who may become a connection: host and origin, how many from one address have not yet said
// what they speak, and which subprotocol is chosen. Keeps only counts.

import { SUBPROTOCOL } from '../protocol/version.ts'
import type { UpgradeAnswer, UpgradeRequest } from '../transports/transport.ts'
import type { Connection } from './connection.ts'
import type { Counters } from './counters.ts'
import { type GuardOptions, guard, isLoopback } from './guard.ts'

/** What the doorman goes by. */
export interface DoormanOptions extends GuardOptions {
  /** Undecided connections per address; `null`: 100, and no limit on loopback. */
  readonly maxUndecided: number | null
}

const MOST_UNDECIDED = 100

export class Doorman {
  readonly #options: DoormanOptions
  readonly #counters: Counters
  readonly #undecided = new Map<string, number>()
  /** What passed last: a wave of connections asks the same thing over and over. */
  #passedHost: string | null = null
  #passedOrigin: string | null = null

  constructor(options: DoormanOptions, counters: Counters) {
    this.#options = options
    this.#counters = counters
  }

  /** `null` when the request may pass; else the answer to give. */
  refuses(
    host: string | null,
    origin: string | null,
    address: string,
  ): { status: number; body: string } | null {
    if (host !== null && host === this.#passedHost && origin === this.#passedOrigin) return null
    const refused = guard(this.#options, host, origin)
    if (refused === null) {
      this.#passedHost = host
      this.#passedOrigin = origin
      return null
    }
    this.#counters.warn('refused', refused.message, { address })
    return { status: 403, body: `${refused.message}\n` }
  }

  /** Lets an upgrade in, as what `make` makes of it. */
  upgrade(request: UpgradeRequest, native: boolean, make: () => Connection): UpgradeAnswer<Connection> {
    const { address } = request
    const refused = this.refuses(request.header('host'), request.header('origin'), address)
    if (refused !== null) return { accept: false, ...refused }
    if ((this.#undecided.get(address) ?? 0) >= this.#most(address)) {
      this.#counters.warn('too_many_undecided', 'upgrade refused: too many connections that say nothing', {
        address,
      })
      return {
        accept: false,
        status: 429,
        body: 'too many connections from this address have sent nothing yet\n',
      }
    }
    const chosen = native && request.protocols.includes(SUBPROTOCOL)
    return { accept: true, data: make(), ...(chosen && { protocol: SUBPROTOCOL }) }
  }

  /** A connection opened that has not said what it speaks. */
  enter(address: string): void {
    this.#undecided.set(address, (this.#undecided.get(address) ?? 0) + 1)
  }

  /** It has, or it is gone. */
  leave(address: string): void {
    const left = (this.#undecided.get(address) ?? 0) - 1
    if (left > 0) this.#undecided.set(address, left)
    else this.#undecided.delete(address)
  }

  #most(address: string): number {
    return this.#options.maxUndecided ?? (isLoopback(address) ? Number.POSITIVE_INFINITY : MOST_UNDECIDED)
  }
}
