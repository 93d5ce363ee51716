// Sends a message to open connections, and says truthfully whom it reached. Nothing is queued for those who are not
// there. A message to many is spread over turns.

import type { Clock } from '../core/clock.ts'
import { SystoleError } from '../errors.ts'
import type { MemberRecord, PageQuery, Store } from '../stores/store.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { PushResult } from './api.ts'
import type { Connection } from './connection.ts'
import { Parcel } from './parcel.ts'
import { nextTurn } from './turn.ts'
import type { Views } from './views.ts'

/** To whom: members of all or of a group, and connections that nobody has named. */
export interface Audience {
  readonly group?: string
  readonly type?: string
  readonly nameless?: Iterable<Connection>
}

/** What it works with. */
export interface PushParts {
  readonly store: Store
  readonly views: Views
  readonly clock: Clock
  readonly acknowledgements: Acknowledgements
}

/** Members looked at in one turn: some 3 ms of sending. */
const SLICE = 500
const DAY = 86_400_000

/** One push under way. */
interface Delivery {
  readonly parcel: Parcel
  readonly tally: { reached: number; suspect: number; offline: number; unknown: number }
  /** Those it must not reach twice. */
  readonly sent: Set<Connection>
}

export class Push {
  readonly #parts: PushParts

  constructor(parts: PushParts) {
    this.#parts = parts
  }

  /** With `ack` it waits so many ms for native connections to say that they took it. */
  async toMember(id: string, data: unknown, ack?: number): Promise<PushResult> {
    return this.#carry(data, ack, async delivery => {
      const [record] = await this.#parts.store.lookup([id])
      if (record == null) delivery.tally.unknown++
      else this.#deliver(record, delivery)
    })
  }

  async toMany({ group, type, nameless }: Audience, data: unknown, ack?: number): Promise<PushResult> {
    return this.#carry(data, ack, async delivery => {
      let after: string | null = null
      do {
        const query: PageQuery = { order: 'id', after, limit: SLICE, ...(group !== undefined && { group }) }
        const page = await this.#parts.store.page(query)
        for (const record of page.members)
          if (type === undefined || record.type === type) this.#deliver(record, delivery)
        after = page.next
        if (after !== null) await nextTurn()
      } while (after !== null)
      if (nameless !== undefined) await this.#toNameless(nameless, delivery)
    })
  }

  async #carry(
    data: unknown,
    ack: number | undefined,
    deliver: (delivery: Delivery) => Promise<void>,
  ): Promise<PushResult> {
    checkAck(ack)
    const tally = { reached: 0, suspect: 0, offline: 0, unknown: 0 }
    const delivery = { parcel: new Parcel(data), tally, sent: new Set<Connection>() }
    if (ack === undefined) {
      await deliver(delivery)
      return tally
    }
    const { acknowledgements, clock } = this.#parts
    const id = acknowledgements.open()
    delivery.parcel.id = id
    try {
      await deliver(delivery)
      return { ...tally, acked: await acknowledgements.settle(id, clock.now() + ack) }
    } finally {
      acknowledgements.close(id)
    }
  }

  // A connection that beats for several members gets a message to all of them once.
  #deliver(record: MemberRecord, delivery: Delivery): void {
    const { tally, sent } = delivery
    if (record.state === 'offline') {
      tally.offline++
      return
    }
    let reached = false
    for (const { link } of this.#parts.views.sessionsOf(record.id)) {
      if (link === null) continue
      reached = true
      if (!sent.has(link)) this.#send(link, delivery)
    }
    if (!reached) tally.suspect++
  }

  async #toNameless(connections: Iterable<Connection>, delivery: Delivery): Promise<void> {
    let sent = 0
    for (const connection of [...connections]) {
      if (connection.link === null || connection.members > 0 || !connection.greeted) continue
      this.#send(connection, delivery)
      if (++sent % SLICE === 0) await nextTurn()
    }
  }

  #send(connection: Connection, { parcel, tally, sent }: Delivery): void {
    if (connection.more !== null) sent.add(connection)
    if (parcel.id !== null) this.#parts.acknowledgements.expect(parcel.id, connection)
    connection.send(parcel.textFor(connection))
    tally.reached++
  }
}

function checkAck(ack: number | undefined): void {
  if (ack !== undefined && (!Number.isInteger(ack) || ack < 1 || ack > DAY))
    throw new SystoleError('bad_option', `ack ${ack} must be a whole number of milliseconds from 1 to ${DAY}`)
}
