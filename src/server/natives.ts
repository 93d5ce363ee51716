// The house as native connections know it: greets them, answers their beats, and passes on what they want to whoever
// does it. It keeps what is shared by all of them and decides nothing about presence.

import type { Session } from '../core/session.ts'
import { boundOf } from '../core/timing.ts'
import { boundSentence } from '../dialects/native-terms.ts'
import type { HubRequest } from '../dialects/native-wire.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { MessageId } from '../protocol/messages.ts'
import { beatAnswer, encode } from '../protocol/server-codec.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { NativeHouse } from './board.ts'
import type { Connection } from './connection.ts'
import type { Groups } from './groups.ts'
import type { MessageListeners } from './message-listeners.ts'
import type { WallTime } from './monotonic.ts'
import { RoundTrips } from './round-trips.ts'
import type { LimitSettings } from './settings.ts'

/** What it works with. */
export interface NativesParts {
  readonly time: WallTime
  readonly groups: Groups
  readonly listeners: MessageListeners
  readonly acknowledgements: Acknowledgements
  /** Largest inbound message in bytes. */
  readonly maxMessage: number
  readonly limits: Pick<LimitSettings, 'watched' | 'groups' | 'profile' | 'updates'>
  /** To the hub. */
  request(connection: Connection, message: HubRequest, at: number): void
}

export class Natives implements NativeHouse<Connection> {
  readonly trips = new RoundTrips()
  /** Connections without a member that were greeted. */
  observers = 0
  readonly #parts: NativesParts
  #beatAt = -1
  #beatText = ''

  constructor(parts: NativesParts) {
    this.#parts = parts
  }

  // Most beats of a busy server share their millisecond with others.
  beatAnswer(at: number): string {
    if (at !== this.#beatAt) {
      this.#beatAt = at
      this.#beatText = beatAnswer(this.#parts.time.told(at))
    }
    return this.#beatText
  }

  welcome(connection: Connection, session: Session<Connection>, resumed: boolean, at: number): void {
    const { id, member, terms } = session
    const { limits, maxMessage } = this.#parts
    const { expires } = connection
    const { interval, timeout, grace } = terms.timing
    const frame = encode({
      t: 'welcome',
      session: String(id),
      member,
      timing: { interval, timeout, grace },
      evidence: terms.evidence === 'beat' ? 'beat' : 'any',
      bound: { ms: boundOf(terms.timing), words: boundSentence(terms.timing) },
      now: this.#parts.time.told(at),
      resumed,
      // its life is what is left of it after `now`
      ...(expires !== null && { tokenExpires: expires + this.#parts.time.skew }),
      limits: {
        watch: limits.watched,
        ask: LIMITS.ids,
        groups: limits.groups,
        profile: limits.profile,
        updates: limits.updates,
        message: LIMITS.dataBytes,
        frame: maxMessage,
      },
    })
    if (member === null) this.observers++
    connection.send(frame)
    this.trips.add(connection, at)
  }

  enter(connection: Connection, group: string): boolean | Promise<boolean> {
    return this.#parts.groups.enter(connection, group)
  }

  exit(connection: Connection, group: string): void | Promise<void> {
    return this.#parts.groups.exit(connection, group)
  }

  request(connection: Connection, message: HubRequest, at: number): void {
    this.#parts.request(connection, message, at)
  }

  tellHost(connection: Connection, data: unknown): boolean | Promise<boolean> {
    return this.#parts.listeners.tell(connection, data)
  }

  acknowledged(connection: Connection, id: MessageId): void {
    this.#parts.acknowledgements.take(connection, id)
  }

  /** A connection ended. */
  gone(connection: Connection): void {
    if (connection.stage === 'observer') this.observers--
    this.trips.remove(connection)
    this.#parts.acknowledgements.gone(connection)
  }
}
