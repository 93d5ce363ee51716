// Measures how long a ping takes to come back, once a minute per native connection, with no timer of their own: each
// tick looks at a slice of them. It is no judgement: a ping that is not answered says nothing here.

import type { Connection } from './connection.ts'

const EVERY = 60_000
/** Each connection is looked at once in so many ms. */
const ROUND = 5_000

export class RoundTrips {
  readonly #connections = new Set<Connection>()
  #round: Iterator<Connection> = this.#connections.values()
  #tickedAt = 0

  /** Measured now, and from now on. */
  add(connection: Connection, at: number): void {
    this.#connections.add(connection)
    connection.measure(at)
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection)
  }

  tick(at: number): void {
    const share = Math.min(at - this.#tickedAt, ROUND) / ROUND
    this.#tickedAt = at
    for (let left = Math.ceil(this.#connections.size * share); left > 0; left--) {
      const { done, value } = this.#round.next()
      if (done === true) {
        this.#round = this.#connections.values()
        return
      }
      if (at - value.pingedAt >= EVERY) value.measure(at)
    }
  }
}
