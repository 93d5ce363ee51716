// Sends a message to open connections, and says truthfully whom it reached. Nothing is queued for those who are not
// there. A message to many is spread over turns.

import type { Clock } from '../core/clock.ts'
import type { Detector } from '../core/detector.ts'
import type { Session } from '../core/session.ts'
import { SystoleError } from '../errors.ts'
import type { MemberState } from '../protocol/words.ts'
import type { Store, Visit, Walk } from '../stores/store.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { PushResult, PushTargets } from './api.ts'
import type { Connection } from './connection.ts'
import { fetchConnections, fetchSockets } from './fetch-ahead.ts'
import { Parcel } from './parcel.ts'
import { nextTurn } from './turn.ts'

/** What it works with. */
export interface PushParts {
  readonly store: Store
  readonly detector: Detector<Connection>
  readonly clock: Clock
  readonly acknowledgements: Acknowledgements
}

/** Messages sent in one turn: some 3 ms. */
const SENT_A_TURN = 500
/** Members looked at in one turn: most may be offline. */
const LOOKED_AT = 2_000
/** Members found before it is sent to any of them. */
const CONVOY = 100
const DAY = 86_400_000

/** One push under way. */
interface Delivery {
  readonly parcel: Parcel
  readonly tally: { reached: number; suspect: number; offline: number; unknown: number }
  readonly except: ReadonlySet<string>
  /** Members that were counted; `null`: none comes twice. */
  readonly counted: Set<string> | null
  /** Connections it went to are marked with this number; where `sent` is not `null` they are in there instead. */
  readonly mark: number
  readonly sent: Set<Connection> | null
  /** `tally.reached` when this turn is used up. */
  pause: number
  /** Connections it goes to next, in this turn. */
  readonly convoy: Connection[]
}

/** Members with what the store says of them. */
interface Found {
  readonly ids: string[]
  readonly states: MemberState[]
}

export class Push {
  readonly #parts: PushParts
  #last = 0
  /** A push that marks connections is under way. To mark costs a fiftieth of a set, but only one can at a time. */
  #marking = false

  constructor(parts: PushParts) {
    this.#parts = parts
  }

  /** To the members in any of `targets`, and to `nameless` connections. With `ack` it waits so many ms for native ones. */
  async to(
    targets: PushTargets,
    nameless: Iterable<Connection> | null,
    data: unknown,
    ack?: number,
  ): Promise<PushResult> {
    checkAck(ack)
    const delivery = beginDelivery(targets, data, ++this.#last, this.#marking)
    const { parcel, tally } = delivery
    if (ack === undefined) {
      await this.#deliver(targets, nameless, delivery)
      return tally
    }
    const { acknowledgements, clock } = this.#parts
    const id = acknowledgements.open()
    parcel.id = id
    try {
      await this.#deliver(targets, nameless, delivery)
      return { ...tally, acked: await acknowledgements.settle(id, clock.now() + ack) }
    } finally {
      acknowledgements.close(id)
    }
  }

  async #deliver(
    targets: PushTargets,
    nameless: Iterable<Connection> | null,
    delivery: Delivery,
  ): Promise<void> {
    const marks = delivery.sent === null
    if (marks) this.#marking = true
    try {
      await this.#spread(targets, nameless, delivery)
    } finally {
      if (marks) this.#marking = false
    }
  }

  async #spread(
    { members = [], groups = [], types = [], all = false }: PushTargets,
    nameless: Iterable<Connection> | null,
    delivery: Delivery,
  ): Promise<void> {
    await this.#toNamed([...new Set(members)], all, delivery)
    if (all) await this.#toAll(delivery)
    else {
      for (const group of new Set(groups)) await this.#walk({ group }, delivery)
      for (const type of new Set(types)) await this.#walk({ type }, delivery)
    }
    if (nameless !== null) await this.#toNameless(nameless, delivery)
  }

  /** `all`: they are reached with all others, and only the unknown are counted here. */
  async #toNamed(ids: readonly string[], all: boolean, delivery: Delivery): Promise<void> {
    const { tally, except } = delivery
    const asked = except.size === 0 ? ids : ids.filter(id => !except.has(id))
    for (let i = 0; i < asked.length; ) {
      const slice = asked.slice(i, i + CONVOY)
      const standings = await this.#parts.store.standings(slice)
      const known = standings.filter(standing => standing !== null)
      const found = { ids: known.map(({ id }) => id), states: known.map(({ state }) => state) }
      const done = all ? known.length : this.#toFound(found, delivery)
      const next = done < known.length ? slice.indexOf(known[done]!.id) : slice.length
      i += next
      tally.unknown += next - done
      if (isTurnOver(delivery)) await rest(delivery)
    }
  }

  // Those who are offline are only counted, and there may be very many of them.
  async #toAll(delivery: Delivery): Promise<void> {
    const { store } = this.#parts
    await this.#walk('here', delivery)
    const excepted = await store.standings([...delivery.except])
    const { length } = excepted.filter(standing => standing?.state === 'offline')
    delivery.tally.offline += store.counts.offline - length
  }

  async #walk(among: Walk['among'], delivery: Delivery): Promise<void> {
    const { store } = this.#parts
    const { except } = delivery
    let found: Found
    const visit: Visit = (id, state) => {
      if (except.size > 0 && except.has(id)) return true
      found.ids.push(id)
      found.states.push(state)
      return true
    }
    let after: string | null = null
    let looked = 0
    do {
      found = { ids: [], states: [] }
      after = await store.walk({ among, after, limit: CONVOY }, visit)
      const done = this.#toFound(found, delivery)
      if (done < found.ids.length) after = found.ids[done - 1]!
      looked += CONVOY
      if (after === null || (looked < LOOKED_AT && !isTurnOver(delivery))) continue
      looked = 0
      await rest(delivery)
    } while (after !== null)
  }

  /** As far as this turn goes, at least to one: answers how many of them that were. */
  #toFound({ ids, states }: Found, delivery: Delivery): number {
    const { table } = this.#parts.detector
    const sessions = ids.map((id, i) => (states[i] === 'offline' ? null : table.of(id)))
    fetchConnections(sessions)
    let done = 0
    for (; done < ids.length && (done === 0 || !isTurnOver(delivery)); done++)
      this.#toMember(ids[done]!, states[done]!, sessions[done]!, delivery)
    this.#sendOff(delivery)
    return done
  }

  // A connection that beats for several members gets a message to all of them once. Who is here by HTTP alone is neither
  // reached nor suspect nor offline.
  #toMember(id: string, state: MemberState, newest: Session<Connection> | null, delivery: Delivery): void {
    const { counted, tally } = delivery
    if (counted !== null) {
      if (counted.has(id)) return
      counted.add(id)
    }
    if (state === 'offline') {
      tally.offline++
      return
    }
    let reached = false
    let suspect = state === 'suspect'
    for (let session = newest; session !== null; session = session.next) {
      const { link } = session
      if (link !== null) {
        reached = true
        add(link, delivery)
      } else suspect ||= session.state === 'suspect'
    }
    if (!reached && suspect) tally.suspect++
  }

  async #toNameless(connections: Iterable<Connection>, delivery: Delivery): Promise<void> {
    for (const connection of [...connections]) {
      if (connection.link === null || connection.members > 0 || !connection.greeted) continue
      add(connection, delivery)
      if (!isTurnOver(delivery)) continue
      this.#sendOff(delivery)
      await rest(delivery)
    }
    this.#sendOff(delivery)
  }

  #sendOff({ convoy, parcel }: Delivery): void {
    fetchSockets(convoy)
    for (const connection of convoy) {
      if (parcel.id !== null) this.#parts.acknowledgements.expect(parcel.id, connection)
      connection.send(parcel.textFor(connection))
    }
    convoy.length = 0
  }
}

function add(connection: Connection, delivery: Delivery): void {
  if (!isFirst(connection, delivery)) return
  delivery.convoy.push(connection)
  delivery.tally.reached++
}

function isFirst(connection: Connection, { mark, sent }: Delivery): boolean {
  if (sent !== null) {
    const { size } = sent
    return sent.add(connection).size > size
  }
  if (connection.pushedIn === mark) return false
  connection.pushedIn = mark
  return true
}

function beginDelivery(
  { members = [], groups = [], types = [], all = false, except = [] }: PushTargets,
  data: unknown,
  mark: number,
  remembers: boolean,
): Delivery {
  const targets = Math.min(1, members.length) + groups.length + types.length
  return {
    parcel: new Parcel(data),
    tally: { reached: 0, suspect: 0, offline: 0, unknown: 0 },
    except: new Set(except),
    counted: targets > 1 && !all ? new Set() : null,
    mark,
    sent: remembers ? new Set() : null,
    pause: SENT_A_TURN,
    convoy: [],
  }
}

function isTurnOver({ tally, pause }: Delivery): boolean {
  return tally.reached >= pause
}

async function rest(delivery: Delivery): Promise<void> {
  await nextTurn()
  delivery.pause = delivery.tally.reached + SENT_A_TURN
}

function checkAck(ack: number | undefined): void {
  if (ack !== undefined && (!Number.isInteger(ack) || ack < 1 || ack > DAY))
    throw new SystoleError('bad_option', `ack ${ack} must be a whole number of milliseconds from 1 to ${DAY}`)
}
