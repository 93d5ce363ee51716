// The connections of `gateway` listeners by their client id, and the host's way to give one a member or take it away.
// Client ids are 20 hex digits of randomness that is passed in; they are never guessed or reused.

import { lastEvidenceAt, type Session } from '../core/session.ts'
import { SystoleError } from '../errors.ts'
import { parseId } from '../protocol/ids.ts'
import type { Bans } from './api.ts'
import type { Connection } from './connection.ts'
import type { Switchboard } from './switchboard.ts'

const ID_BYTES = 10

export class GatewayLinks {
  readonly #board: Switchboard
  readonly #random: (bytes: number) => Uint8Array
  readonly #bans: Pick<Bans, 'of'>
  readonly #links = new Map<string, Connection>()

  constructor(board: Switchboard, bans: Pick<Bans, 'of'>, random: (bytes: number) => Uint8Array) {
    this.#board = board
    this.#bans = bans
    this.#random = random
  }

  /** Gives a new connection its client id. */
  add(connection: Connection): void {
    const hex = Array.from(this.#random(ID_BYTES), byte => byte.toString(16).padStart(2, '0'))
    connection.clientId = hex.join('')
    this.#links.set(connection.clientId, connection)
  }

  remove(connection: Connection): void {
    if (connection.clientId !== null) this.#links.delete(connection.clientId)
  }

  /** Begins or continues a session of `member` on the link. */
  bind(clientId: string, member: string, at: number): void {
    const { link, session } = this.#find(clientId)
    if (typeof member !== 'string')
      throw new SystoleError('bad_id', `member id ${member} is no text: pass a string`)
    const id = parseId(member)
    if (!id.ok)
      throw new SystoleError(
        'bad_id',
        `member id ${JSON.stringify(member.slice(0, 80))} is no id: ${id.code}`,
      )
    if (this.#bans.of(member) !== null)
      throw new SystoleError('banned', `member ${JSON.stringify(member)} is banned: lift the ban first`)
    if (link.has(member)) return
    const { member: heard, unheard } = link.port.published.gateway
    const request = {
      member,
      instance: null,
      epoch: 0,
      // a name given by the host proves nothing: until its first text, only text will
      terms: session.terms === unheard ? unheard : heard,
      link,
      details: null,
      lastEvidenceAt: lastEvidenceAt(session),
    }
    this.#release(link, at)
    const nameless = link.session?.member === null ? link.session : null
    this.#board.apply({ type: 'begin', request: { ...request, nameless } }, at)
  }

  /** Ends the member's session on the link as `left`; the link stays. */
  unbind(clientId: string, at: number): void {
    this.#release(this.#find(clientId).link, at)
  }

  #release(link: Connection, at: number): void {
    const { session } = link
    if (session !== null && session.member !== null) link.leave(session.member, at)
  }

  // A link that was cut has no session any more, although its end may still be on the way.
  #find(clientId: string): { link: Connection; session: Session<Connection> } {
    const link = this.#links.get(clientId)
    if (link?.session != null) return { link, session: link.session }
    throw new SystoleError(
      'unknown_client',
      `no open gateway connection has the client id ${JSON.stringify(clientId)}`,
    )
  }
}
