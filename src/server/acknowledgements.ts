// Counts who says that it took a pushed message. Whoever pushed waits until all have, or its time is over; a
// connection that ends will not any more. Nothing is sent again: whether to is the host's business.

import type { MessageId } from '../protocol/messages.ts'
import type { Connection } from './connection.ts'

/** One message. */
interface Awaited {
  /** Who has not said so yet. */
  readonly from: Set<Connection>
  acked: number
  until: number
  resolve: ((acked: number) => void) | null
}

export class Acknowledgements {
  readonly #awaited = new Map<MessageId, Awaited>()
  #last = 0

  /** Begins to listen for one more message, and gives it an id. */
  open(): string {
    const id = `m${++this.#last}`
    this.#awaited.set(id, { from: new Set(), acked: 0, until: Number.POSITIVE_INFINITY, resolve: null })
    return id
  }

  /** The message goes to `connection`; counted only where the native protocol is spoken. */
  expect(id: string, connection: Connection): void {
    if (connection.stage !== 'new') this.#awaited.get(id)?.from.add(connection)
  }

  /** Resolves with how many acknowledged it: when all have, or at `until`. */
  settle(id: string, until: number): Promise<number> {
    const awaited = this.#awaited.get(id)
    if (awaited === undefined) return Promise.resolve(0)
    awaited.until = until
    return new Promise(resolve => {
      awaited.resolve = resolve
      this.#finish(id, awaited)
    })
  }

  /** Nobody waits for it any more. */
  close(id: string): void {
    this.#awaited.delete(id)
  }

  /** `connection` took message `id`; twice is once, and what nobody waits for is nothing. */
  take(connection: Connection, id: MessageId): void {
    const awaited = this.#awaited.get(id)
    if (awaited?.from.delete(connection) !== true) return
    awaited.acked++
    this.#finish(id, awaited)
  }

  /** `connection` ended. */
  gone(connection: Connection): void {
    for (const [id, awaited] of this.#awaited) if (awaited.from.delete(connection)) this.#finish(id, awaited)
  }

  tick(at: number): void {
    for (const [id, awaited] of this.#awaited)
      if (at >= awaited.until) {
        awaited.from.clear()
        this.#finish(id, awaited)
      }
  }

  #finish(id: MessageId, { from, acked, resolve }: Awaited): void {
    if (resolve === null || from.size > 0) return
    this.#awaited.delete(id)
    resolve(acked)
  }
}
