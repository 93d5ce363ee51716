// Sends a message to the open connections of members, and says truthfully whom it reached. Nothing is queued for
// those who are not there. A message to many is spread over turns.

import type { MemberRecord, Store } from '../stores/store.ts'
import type { PushResult } from './api.ts'
import type { Connection } from './connection.ts'
import { nextTurn } from './turn.ts'
import type { Views } from './views.ts'

/** Members looked at in one turn: some 3 ms of sending. */
const SLICE = 500

interface Tally {
  reached: number
  suspect: number
  offline: number
  unknown: number
}

export class Push {
  readonly #store: Store
  readonly #views: Views

  constructor(store: Store, views: Views) {
    this.#store = store
    this.#views = views
  }

  async toMember(id: string, data: unknown): Promise<PushResult> {
    const tally = none()
    const [record] = await this.#store.lookup([id])
    if (record == null) tally.unknown++
    else this.#deliver(record, textOf(data), tally, new Set())
    return tally
  }

  /** To every member that `wanted` picks. */
  async toMembers(wanted: (record: MemberRecord) => boolean, data: unknown): Promise<PushResult> {
    const text = textOf(data)
    const tally = none()
    const sent = new Set<Connection>()
    let after: string | null = null
    do {
      const page = await this.#store.page({ order: 'id', after, limit: SLICE })
      for (const record of page.members) if (wanted(record)) this.#deliver(record, text, tally, sent)
      after = page.next
      if (after !== null) await nextTurn()
    } while (after !== null)
    return tally
  }

  /** To connections that nobody has named. */
  async toNameless(connections: Iterable<Connection>, data: unknown): Promise<number> {
    const text = textOf(data)
    let reached = 0
    for (const connection of [...connections]) {
      if (connection.link === null || connection.members > 0) continue
      connection.send(text)
      if (++reached % SLICE === 0) await nextTurn()
    }
    return reached
  }

  // A connection that beats for several members gets a message to all of them once.
  #deliver(record: MemberRecord, text: string, tally: Tally, sent: Set<Connection>): void {
    if (record.state === 'offline') {
      tally.offline++
      return
    }
    let reached = false
    for (const { link } of this.#views.sessionsOf(record.id)) {
      if (link === null) continue
      reached = true
      if (sent.has(link)) continue
      if (link.more !== null) sent.add(link)
      link.send(text)
      tally.reached++
    }
    if (!reached) tally.suspect++
  }
}

function none(): Tally {
  return { reached: 0, suspect: 0, offline: 0, unknown: 0 }
}

function textOf(data: unknown): string {
  return typeof data === 'string' ? data : (JSON.stringify(data) ?? 'null')
}
