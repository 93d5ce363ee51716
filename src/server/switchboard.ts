// Where everything that happens to a session passes: events go to the detector, and what it wants done is done here
// and nowhere else. Changes go to the committer; links are pinged, cut and told.

import type { DetectorEvent, Effect } from '../core/change.ts'
import { Detector, type DetectorOptions } from '../core/detector.ts'
import type { Session } from '../core/session.ts'
import type { BadInput } from '../dialects/wire.ts'
import type { Board, NativeHouse } from './board.ts'
import type { Committer } from './committer.ts'
import type { Connection } from './connection.ts'
import type { Counters } from './counters.ts'
import type { Rate } from './flood.ts'
import type { Gate } from './gate.ts'
import type { Log } from './log.ts'
import { attach, detach, lose } from './seating.ts'

/** What the switchboard works with. */
export interface SwitchboardParts {
  readonly detector: DetectorOptions
  readonly committer: Committer
  readonly counters: Counters
  readonly log: Log
  readonly rate: Rate
  readonly profileBytes: number
  /** Updates of one member that are told per second. */
  readonly updates: number
  readonly gate: Gate
  readonly native: NativeHouse<Connection>
  /** Answers a GetHeartbeat. */
  sendList(connection: Connection): void
  /** A connection said what it speaks. */
  decided(connection: Connection): void
  /** A session is over. */
  ended(session: string): void
}

interface Admitted {
  readonly connection: Connection
  readonly session: Session<Connection>
  readonly resumed: boolean
}

const SECOND = 1_000

export class Switchboard implements Board<Connection> {
  readonly detector: Detector<Connection>
  readonly rate: Rate
  readonly profileBytes: number
  readonly gate: Gate
  readonly native: NativeHouse<Connection>
  readonly #parts: SwitchboardParts
  /** Sessions that stand by a pass, of which the gate is not told yet: only when they are committed. */
  #admitted: Admitted[] = []

  constructor(parts: SwitchboardParts, at: number) {
    this.#parts = parts
    this.rate = parts.rate
    this.profileBytes = parts.profileBytes
    this.gate = parts.gate
    this.native = parts.native
    this.detector = new Detector(parts.detector, at)
    this.detector.updates.spacing = Math.ceil(SECOND / parts.updates)
  }

  /** Tells the detector and does what follows. */
  apply(event: DetectorEvent<Connection>, at: number): void {
    for (const effect of this.detector.apply(event, at)) this.#do(effect, at)
    if (this.#admitted.length > 0) this.#admit(at)
  }

  admitted(connection: Connection, session: Session<Connection>, resumed: boolean): void {
    this.#admitted.push({ connection, session, resumed })
  }

  sendList(connection: Connection): void {
    this.#parts.sendList(connection)
  }

  decided(connection: Connection): void {
    this.#parts.decided(connection)
  }

  badInput(what: BadInput, detail: string, connection: Connection): void {
    const { counters } = this.#parts
    counters.count('bad_input')
    counters.warn(`bad_input_${what}`, `frame refused: ${what}`, { detail, address: connection.address })
  }

  rateDropped({ address }: Connection, bytes: boolean): void {
    const name = bytes ? 'bytes_dropped' : 'rate_dropped'
    const limit = bytes ? 'limit of bytes' : 'rate limit'
    this.#parts.counters.warn(name, `frame dropped: over the ${limit}`, { address })
  }

  failed(error: unknown): void {
    this.#parts.log.error(
      { err: error, stage: 'native' },
      'failed at native: this connection ends, others go on',
    )
  }

  #do(effect: Effect<Connection>, at: number): void {
    switch (effect.type) {
      case 'begun':
        if (effect.link !== null) attach(this, effect.link, effect.session, effect.resumed, at)
        return
      case 'refused':
        return effect.link.dismiss(effect.why, effect.why, { re: 'hello' })
      case 'waiting':
        return
      case 'probe':
        return effect.link.probe(at)
      case 'cut':
        return this.#cut(effect.link, effect.session, at)
      case 'replaced':
        lose(this, effect.link, effect.session, at)
        return effect.link.dismiss('replaced', 'replaced')
      case 'detached':
        return detach(this, effect.link, effect.session, effect.why, at)
      case 'change':
        if (effect.change.kind === 'end') this.#ended(effect.change.session)
        return this.#parts.committer.add(effect.change)
      case 'breaker':
        return this.#breaker(effect.held, effect.silent, effect.sessions)
    }
  }

  // What a token says of groups comes after the begin it belongs to.
  #admit(at: number): void {
    for (const { connection, session, resumed } of this.#admitted.splice(0))
      this.gate.admitted(connection, session, resumed, at)
  }

  #ended(session: number): void {
    this.gate.ended(session)
    this.#parts.ended(String(session))
  }

  #cut(connection: Connection, session: Session<Connection>, at: number): void {
    const { counters } = this.#parts
    const isLate = connection.lacksHello(session)
    lose(this, connection, session, at)
    // a session that is on another connection by now was not silent
    counters.count(session.link === null ? 'silent_cut' : 'taken_over')
    if (isLate) connection.dismiss('hello_late', 'no hello came in time')
    else connection.cut(at)
  }

  #breaker(held: boolean, silent: number, sessions: number): void {
    const { counters, log } = this.#parts
    if (held) counters.count('breaker_trips')
    const message = held
      ? 'many sessions fell silent at once: held, nothing is told until it is calm'
      : 'hold is over: sessions that are still silent end now'
    log.warn({ silent, sessions }, message)
  }
}
