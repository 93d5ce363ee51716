// The answer to GetHeartbeat: one text for all who ask, made in pieces over several turns and kept for a second.
// With a hundred thousand members it is several megabytes; nobody's question may stop the beats of the others.

import type { Clock } from '../core/clock.ts'
import { heartbeatEntry } from '../dialects/heartbeat.ts'
import type { Store } from '../stores/store.ts'
import type { Connection } from './connection.ts'
import { nextTurn } from './turn.ts'

const PIECE = 1_000
const FRESH = 1_000
/** A list this short is made anew after every change: nobody sees an old one. */
const SHORT = 1_000

export class HeartbeatList {
  readonly #store: Store
  readonly #clock: Clock
  #text = '[]'
  #size = 0
  #madeAt = Number.NEGATIVE_INFINITY
  #asking = new Set<Connection>()
  #answering = false

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** A member changed. */
  outdate(): void {
    if (this.#size <= SHORT) this.#madeAt = Number.NEGATIVE_INFINITY
  }

  /** Sends the list to `connection`, once however often it asked meanwhile; those who ask meanwhile share it. */
  async send(connection: Connection): Promise<void> {
    this.#asking.add(connection)
    if (this.#answering) return
    this.#answering = true
    try {
      while (this.#asking.size > 0) await this.#answer()
    } finally {
      this.#answering = false
      // after a failure nobody waits on: who still wants to know asks again
      this.#asking.clear()
    }
  }

  async #answer(): Promise<void> {
    if (this.#clock.now() - this.#madeAt >= FRESH) await this.#make()
    const asking = this.#asking
    this.#asking = new Set()
    for (const connection of asking) {
      connection.send(this.#text)
      if (this.#size > SHORT) await nextTurn()
    }
  }

  async #make(): Promise<void> {
    // before the first page is read: what changes meanwhile may outdate it again
    this.#madeAt = this.#clock.now()
    const pieces = ['[']
    let after: string | null = null
    let size = 0
    do {
      const page = await this.#store.page({ order: 'listed', after, limit: PIECE })
      const entries = page.members.map(({ id, name, state }) => heartbeatEntry(id, name, state !== 'offline'))
      // a page may be empty: who was on it has been forgotten meanwhile
      if (entries.length > 0) pieces.push(size > 0 ? ',' : '', bytewise(entries.join(',')))
      size += entries.length
      after = page.next
      if (after !== null) await nextTurn()
    } while (after !== null)
    pieces.push(']')
    // putting together and sending each take some ms: not in one turn
    if (size > SHORT) await nextTurn()
    const text = pieces.join('')
    if (size > SHORT) await nextTurn()
    this.#text = text
    this.#size = size
  }
}

// An engine goes on keeping two bytes a unit of what was made from such a string, also when it is ASCII by now.
function bytewise(ascii: string): string {
  return Buffer.from(ascii, 'latin1').toString('latin1')
}
