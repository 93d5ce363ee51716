// One connection: which dialect it speaks, which sessions are on it, and whether it sends too much. It hands frames
// to its dialect and evidence to the detector; it judges nothing and keeps no timer.
// Invariant: an open connection has at least one session, one without a member where nobody is named.

import type { DetachCause, Details } from '../core/change.ts'
import { lastEvidenceAt, type Session } from '../core/session.ts'
import type { Terms } from '../core/terms.ts'
import type { PublishedTerms } from '../dialects/published-terms.ts'
import { sniff } from '../dialects/sniff.ts'
import type { BadInput, Dialect, Wire } from '../dialects/wire.ts'
import { CLOSE, type CloseCause } from '../protocol/close-codes.ts'
import { parseObject } from '../protocol/json.ts'
import type { Link } from '../transports/transport.ts'
import type { Board } from './board.ts'
import { admitFrame, type FloodState } from './flood.ts'
import type { Port } from './port.ts'

/** Ids that one connection may beat for. */
const MOST_MEMBERS = 64
const NOBODY = { member: null, instance: null, epoch: 0, details: null } as const

export class Connection implements Wire, FloodState {
  readonly port: Port
  readonly address: string
  memory: unknown = null
  dialect: Dialect | null
  link: Link<Connection> | null = null
  /** The only session, or the first of several; `null` only before `open` and after the end. */
  session: Session<Connection> | null = null
  /** Further sessions of a connection that beats for several members. */
  more: Session<Connection>[] | null = null
  /** `gateway` only. */
  clientId: string | null = null
  /** Nothing came yet that says what it speaks. */
  undecided = false
  floodAhead = -1
  floodSince = -1
  floodLast = -1
  readonly #board: Board<Connection>

  constructor(board: Board<Connection>, port: Port, address: string) {
    this.#board = board
    this.port = port
    this.address = address
    this.dialect = port.dialect
  }

  // --- what the transport tells

  open(link: Link<Connection>, at: number): void {
    this.link = link
    this.undecided = this.dialect?.name !== 'gateway'
    this.#nameless(this.undecided ? this.port.waiting : this.port.published.gateway.unheard, at, at)
  }

  text(text: string, at: number): void {
    if (this.more === null && this.session !== null) this.#board.detector.frame(this.session, at)
    if (!this.#admit(at)) return
    if (this.undecided) return this.#first(text, at)
    this.dialect?.text(this, text, at)
  }

  binary(at: number): void {
    if (this.control(at)) this.bad('binary', '')
  }

  /** False when it was over the rate. */
  control(at: number): boolean {
    if (this.more === null && this.session !== null) this.#board.detector.control(this.session, at)
    return this.#admit(at)
  }

  closed(cause: CloseCause, at: number): void {
    this.link = null
    for (const session of this.sessions())
      this.#board.apply({ type: 'broke', session, link: this, cause }, at)
    this.session = null
    this.more = null
  }

  // --- what the dialect asks

  get members(): number {
    if (this.session === null || this.session.member === null) return 0
    return 1 + (this.more?.length ?? 0)
  }

  has(member: string): boolean {
    return this.#find(member) !== null
  }

  taken(member: string): boolean {
    const { dialect } = this.#terms().member
    let session = this.#board.detector.table.of(member)
    while (session !== null && (session.link === null || session.terms.dialect !== dialect))
      session = session.next
    return session !== null && session.link !== this
  }

  beat(at: number): void {
    if (this.session !== null) this.#board.detector.beat(this.session, at)
  }

  beatOf(member: string, at: number): boolean {
    const session = this.#find(member)
    if (session === null) return false
    this.#board.detector.beat(session, at)
    return true
  }

  identify(member: string, details: Details | null, beat: boolean, at: number): boolean {
    if (this.members >= MOST_MEMBERS) return false
    const { member: terms } = this.#terms()
    const nameless = this.session?.member === null ? this.session : null
    const request = { member, instance: null, epoch: 0, terms, link: this, nameless, details, beat }
    this.#board.apply({ type: 'begin', request }, at)
    return true
  }

  update(member: string, details: Details, at: number): void {
    const session = this.#find(member)
    if (session !== null) this.#board.apply({ type: 'update', session, details }, at)
  }

  leave(member: string, at: number): void {
    const session = this.#find(member)
    if (session !== null) this.#board.apply({ type: 'end', session, reason: 'left' }, at)
  }

  trustControl(at: number): void {
    const { member, nameless } = this.#terms()
    this.#agree(this.members > 0 ? member : nameless, at)
  }

  send(text: string): void {
    this.link?.send(text)
  }

  sendList(): void {
    this.#board.sendList(this)
  }

  bad(what: BadInput, detail: string): void {
    this.#board.badInput(what, detail, this)
  }

  refuse(code: number, reason: string): void {
    this.link?.close(code, reason)
  }

  // --- what the detector decided

  /** A session began or goes on here. */
  attach(session: Session<Connection>, at: number): void {
    const before = this.session
    if (before === null || before.member === null) {
      this.session = session
      if (before !== null && before !== session)
        this.#board.apply({ type: 'end', session: before, reason: 'left' }, at)
    } else if (before !== session && this.more?.includes(session) !== true) {
      this.more = [...(this.more ?? []), session]
      this.#retermAll(this.#terms().hub, at)
    }
  }

  /** A session is no longer here; the connection goes on. */
  detach(session: Session<Connection>, why: DetachCause, at: number): void {
    this.lose(session, at)
    if (why === 'moved') this.memory = null
    if (this.session !== null || this.link === null) return
    const { nameless, unheard } = this.#terms()
    const terms = session.terms === unheard ? unheard : nameless
    // to lose its member is no sign of life
    this.#nameless(terms, at, lastEvidenceAt(session))
  }

  /** Forgets a session without putting anything in its place. */
  lose(session: Session<Connection>, at: number): void {
    if (session !== this.session && this.more?.includes(session) !== true) return
    const left = [...this.sessions()].filter(other => other !== session)
    const [first = null, ...rest] = left
    this.session = first
    this.more = rest.length > 0 ? rest : null
    if (left.length === 1 && first?.member != null) this.#retermAll(this.#terms().member, at)
  }

  /** Asks for a sign of life. */
  probe(): void {
    this.link?.ping()
    if (this.port.pingData !== '') this.link?.send(this.port.pingData)
  }

  *sessions(): Generator<Session<Connection>> {
    if (this.session !== null) yield this.session
    if (this.more !== null) yield* this.more
  }

  // --- inside

  #find(member: string): Session<Connection> | null {
    if (this.session?.member === member) return this.session
    return this.more?.find(session => session.member === member) ?? null
  }

  #terms(): PublishedTerms {
    const name = this.dialect?.name
    return this.port.published[name === undefined || name === 'native' ? 'members' : name]
  }

  // The first text decides the dialect, or shows that the fixed one is spoken.
  #first(text: string, at: number): void {
    const message = parseObject(text)
    this.dialect ??= sniff(text, message)
    if (this.dialect === null) return this.bad('undecided', text)
    this.#board.decided(this)
    this.dialect.text(this, text, at, message)
    if (this.session?.terms === this.port.waiting) this.#agree(this.#terms().nameless, at)
  }

  #nameless(terms: Terms, at: number, lastEvidence: number): void {
    const request = { ...NOBODY, terms, link: this, lastEvidenceAt: lastEvidence }
    this.#board.apply({ type: 'begin', request }, at)
  }

  #agree(terms: Terms, at: number): void {
    const { session } = this
    if (session === null) return
    this.#board.apply({ type: 'terms', session, terms }, at)
    this.#board.detector.frame(session, at)
  }

  #retermAll(terms: Terms, at: number): void {
    for (const session of this.sessions()) this.#board.apply({ type: 'terms', session, terms }, at)
  }

  #admit(at: number): boolean {
    const verdict = admitFrame(this, at, this.#board.rate)
    if (verdict === 'pass') return true
    this.#board.rateDropped(this)
    if (verdict === 'cut') this.refuse(CLOSE.tooFast, 'too many frames')
    return false
  }
}
