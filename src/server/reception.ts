// Where links come in: makes a connection of each, hands it what the transport brings, and keeps the set of those
// that are open. It never looks into a frame.

import type { Clock } from '../core/clock.ts'
import { textOf } from '../core/lazy.ts'
import { CLOSE, closeCause } from '../protocol/close-codes.ts'
import { encode } from '../protocol/server-codec.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Handlers, Link } from '../transports/transport.ts'
import type { RequestHandler } from './api.ts'
import { Connection } from './connection.ts'
import type { Counters } from './counters.ts'
import type { Doorman } from './doorman.ts'
import type { GatewayLinks } from './gateway-links.ts'
import type { Port } from './port.ts'
import type { Switchboard } from './switchboard.ts'

/** What the reception works with. */
export interface ReceptionParts {
  readonly clock: Clock
  readonly board: Switchboard
  readonly doorman: Doorman
  readonly gatewayLinks: GatewayLinks
  readonly counters: Counters
  /** A connection ended. */
  gone(connection: Connection): void
  onError(error: unknown, stage: string): void
}

/** Nobody is back before this after a stop: a restart takes longer. In ms. */
const COME_BACK_AFTER = 1_000
/** Connections that should come back per second from then on, and how long that takes at least, in ms. */
const COME_BACK = 500
const LEAST_SPREAD = 1_000

export class Reception {
  readonly connections = new Set<Connection>()
  /** Set when the server stops: links then end without a word to the detector, so that their sessions go on. */
  closing = false
  readonly #parts: ReceptionParts

  constructor(parts: ReceptionParts) {
    this.#parts = parts
  }

  /** What the transport calls for the links and requests of one listener. */
  handlers(port: Port, request: RequestHandler): Handlers<Connection> {
    const { clock, board, doorman } = this.#parts
    const rules = doorman.rulesOf(port.settings.host)
    return {
      upgrade: asked => {
        const address = doorman.clientOf(asked.address, asked)
        const refused = doorman.turnsAway(rules, asked, address, clock.now())
        if (refused !== null) return { accept: false, ...refused }
        const data = new Connection(board, port, address, board.gate.approach(asked))
        const isNative = port.speaksNative && asked.protocols.includes(SUBPROTOCOL)
        return isNative ? { accept: true, data, protocol: SUBPROTOCOL } : { accept: true, data }
      },
      refuses: asked => {
        const address = doorman.clientOf(asked.address, asked)
        return doorman.refuses(rules, asked.header('host'), asked.header('origin'), address)
      },
      open: link => this.#open(link),
      text: ({ data }, text) => hear(data, text, clock.now()),
      binary: ({ data }, bytes) => data.binary(clock.now(), bytes.length),
      control: ({ data }, frame) => void data.control(clock.now(), frame),
      closed: ({ data }, how) => this.#closed(data, how.code, how.by === 'slow'),
      request: (asked, from) => {
        const header = (name: string) => asked.headers.get(name)
        const address = () => doorman.clientOf(textOf(from), { header })
        const refused = doorman.refuses(rules, header('host'), header('origin'), address)
        return refused === null
          ? request(asked, address)
          : new Response(refused.body, { status: refused.status })
      },
      onError: (error, { stage }) => this.#parts.onError(error, stage),
    }
  }

  tick(at: number): void {
    this.#parts.doorman.tick(at)
  }

  /** A connection said what it speaks. */
  decided(connection: Connection): void {
    if (!connection.undecided) return
    connection.undecided = false
    this.#parts.doorman.decided(connection.address)
  }

  /** Closes every link with 1012. Greeted native ones are told first when to come back: not all at once. */
  closeAll(): void {
    this.closing = true
    const spread = Math.max(LEAST_SPREAD, Math.ceil((this.connections.size * 1_000) / COME_BACK))
    const retryAfter = { min: COME_BACK_AFTER, max: COME_BACK_AFTER + spread }
    const moved = encode({ t: 'moved', retryAfter })
    for (const connection of this.connections) {
      if (connection.stage !== 'new' && connection.greeted) connection.send(moved)
      connection.refuse(CLOSE.restart, 'server restarts')
    }
  }

  #open(link: Link<Connection>): void {
    const { data: connection } = link
    if (this.closing) return link.close(CLOSE.restart, 'server restarts')
    this.connections.add(connection)
    connection.open(link, this.#parts.clock.now())
    this.#parts.doorman.enter(connection.address, connection.undecided)
    if (connection.dialect?.name === 'gateway') this.#parts.gatewayLinks.add(connection)
  }

  #closed(connection: Connection, code: number, slow: boolean): void {
    if (!this.connections.delete(connection)) return
    this.decided(connection)
    this.#parts.doorman.leave(connection.address)
    this.#parts.gatewayLinks.remove(connection)
    this.#parts.gone(connection)
    if (slow) this.#parts.counters.count('slow_cut')
    if (code === CLOSE.tooLarge) this.#parts.counters.count('message_too_large')
    if (this.closing) connection.link = null
    else connection.closed(closeCause(code), this.#parts.clock.now())
  }
}

// The transport ends a connection whose handler threw; a native one is told why.
function hear(connection: Connection, text: string, at: number): void {
  try {
    connection.text(text, at)
  } catch (error) {
    connection.dismiss('internal', 'the server failed at this message')
    throw error
  }
}
