// Who is on a connection: its sessions, what they do, and what was proved of them. Frames are read elsewhere, and what
// becomes of a session the detector says.

import type { Details } from '../core/change.ts'
import type { Session } from '../core/session.ts'
import type { Terms } from '../core/terms.ts'
import type { PublishedTerms } from '../dialects/published-terms.ts'
import type { Dialect } from '../dialects/wire.ts'
import type { Board } from './board.ts'
import type { Connection } from './connection.ts'
import { Line } from './line.ts'
import type { Pass } from './pass.ts'
import type { Port } from './port.ts'

export abstract class Seats extends Line {
  readonly port: Port
  /** `null`: nothing came yet that says what it speaks. */
  dialect: Dialect | null
  /** The only session, or the first of several; `null` only before `open` and after the end. */
  session: Session<Connection> | null = null
  /** Further sessions of a connection that beats for several members. */
  more: Session<Connection>[] | null = null
  /** What it proved; `null`: nothing, or nothing has to be proved. */
  pass: Pass | null = null
  protected readonly board: Board<Connection>

  constructor(board: Board<Connection>, port: Port, address: string) {
    super(address)
    this.board = board
    this.port = port
    this.dialect = port.dialect
  }

  /** Itself, as others call it. */
  protected abstract get self(): Connection

  get members(): number {
    if (this.session === null || this.session.member === null) return 0
    return 1 + (this.more?.length ?? 0)
  }

  has(member: string): boolean {
    return this.#find(member) !== null
  }

  taken(member: string): boolean {
    const { dialect } = this.terms().member
    let session = this.board.detector.table.of(member)
    while (session !== null && (session.link === null || session.terms.dialect !== dialect))
      session = session.next
    return session !== null && session.link !== this.self
  }

  beat(at: number): void {
    if (this.session !== null) this.board.detector.beat(this.session, at)
  }

  beatOf(member: string, at: number): boolean {
    const session = this.#find(member)
    if (session === null) return false
    this.board.detector.beat(session, at)
    return true
  }

  /** Begins or continues a session of `member`, where it may have one here. */
  bind(member: string, terms: Terms, details: Details | null, at: number, lastEvidence: number): void {
    const nameless = this.session?.member === null ? this.session : null
    const request = { member, instance: null, epoch: 0, terms, link: this.self, nameless, details }
    this.board.gate.begin({ ...request, lastEvidenceAt: lastEvidence }, at)
  }

  update(member: string, details: Details, at: number): void {
    const session = this.#find(member)
    if (session !== null) this.board.apply({ type: 'update', session, details: this.own(details) ?? {} }, at)
  }

  leave(member: string, at: number): void {
    const session = this.#find(member)
    if (session !== null) this.board.apply({ type: 'end', session, reason: 'left' }, at)
  }

  hide(hidden: boolean, at: number): void {
    const { session } = this
    if (session !== null) this.board.apply({ type: hidden ? 'hide' : 'show', session }, at)
  }

  describe(details: Details, at: number): void {
    const { session } = this
    if (session !== null) this.board.apply({ type: 'update', session, details: this.own(details) ?? {} }, at)
  }

  /** Puts its member into a group, or takes it out, as the session's doing. */
  move(change: 'enter' | 'exit', group: string, at: number): void {
    const { session } = this
    if (session !== null) this.board.apply({ type: change, session, group }, at)
  }

  /** Of the published dialect it speaks. */
  terms(): PublishedTerms {
    const name = this.dialect?.name
    return this.port.published[name === undefined || name === 'native' ? 'members' : name]
  }

  *sessions(): Generator<Session<Connection>> {
    if (this.session !== null) yield this.session
    if (this.more !== null) yield* this.more
  }

  /** What it says of its member, as far as its pass does not know better. */
  own(details: Details | null): Details | null {
    return this.pass === null ? details : this.pass.own(details)
  }

  /** Goes on by other terms; what led to that was a sign of life. */
  protected settle(terms: Terms, at: number): void {
    const { session } = this
    if (session === null) return
    this.board.apply({ type: 'terms', session, terms }, at)
    this.board.detector.frame(session, at)
  }

  #find(member: string): Session<Connection> | null {
    if (this.session?.member === member) return this.session
    return this.more?.find(session => session.member === member) ?? null
  }
}
