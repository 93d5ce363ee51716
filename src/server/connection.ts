// One connection: which dialect it speaks, which sessions are on it, and whether it sends too much. It hands frames
// to its dialect and evidence to the detector; it judges nothing and keeps no timer.
// Invariant: an open connection has at least one session, one without a member where nobody is named.

import type { DetachCause, Details } from '../core/change.ts'
import { lastEvidenceAt, type Session } from '../core/session.ts'
import type { Terms } from '../core/terms.ts'
import { native } from '../dialects/native.ts'
import { type About, type Ending, errorFrame } from '../dialects/native-errors.ts'
import type { AskedTiming } from '../dialects/native-terms.ts'
import type { HubRequest, Stage } from '../dialects/native-wire.ts'
import type { PublishedTerms } from '../dialects/published-terms.ts'
import { sniff } from '../dialects/sniff.ts'
import type { BadInput, Dialect, Wire } from '../dialects/wire.ts'
import { CLOSE, type CloseCause } from '../protocol/close-codes.ts'
import { ERRORS } from '../protocol/errors.ts'
import { parseObject } from '../protocol/json.ts'
import type { Hello, MessageId } from '../protocol/messages.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Link } from '../transports/transport.ts'
import type { Board } from './board.ts'
import { admitFrame, type FloodState, frameCost } from './flood.ts'
import type { Watcher } from './hub/watcher.ts'
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
  /** Of native connections, as is all that follows. */
  stage: Stage = 'new'
  /** What its hello said of where it left off. */
  cursor: string | null = null
  /** Belongs to the hub. */
  watcher: Watcher | null = null
  /** Round trip of the last ping that was measured, in ms. */
  rtt: number | null = null
  pingedAt = 0
  awaitsPong = false
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
    if (link.protocol === SUBPROTOCOL) this.dialect = native
    this.undecided = this.dialect?.name !== 'gateway'
    this.#nameless(this.#firstTerms(link.protocol), at, at)
  }

  text(text: string, at: number): void {
    if (this.more === null && this.session !== null) this.#board.detector.frame(this.session, at)
    if (!this.#admit(at, text.length)) return
    if (this.undecided) return this.#first(text, at)
    this.dialect?.text(this, text, at)
  }

  binary(at: number, length: number): void {
    if (!this.control(at, 'binary', length)) return
    if (this.dialect?.binary === undefined) this.bad('binary', '')
    else this.dialect.binary(this)
  }

  /** False when it was over the rate. */
  control(at: number, frame: 'ping' | 'pong' | 'binary', length = 0): boolean {
    if (this.more === null && this.session !== null) this.#board.detector.control(this.session, at)
    if (frame === 'pong' && this.awaitsPong) {
      this.awaitsPong = false
      this.rtt = at - this.pingedAt
    }
    return this.#admit(at, length)
  }

  closed(cause: CloseCause, at: number): void {
    this.link = null
    if (this.stage === 'waiting') this.#board.apply({ type: 'withdraw', link: this }, at)
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

  /** Whether it may be sent what it did not ask for. */
  get greeted(): boolean {
    return this.dialect !== native || this.stage === 'member' || this.stage === 'observer'
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

  // --- what the native dialect asks

  agree(asked: AskedTiming | undefined): Terms | null {
    return this.port.native.agree(asked, this.link?.pings)
  }

  join(member: string, hello: Hello, details: Details | null, terms: Terms, at: number): void {
    const { instance, epoch, away = false } = hello
    this.stage = 'waiting'
    this.cursor = hello.cursor ?? null
    // it may have to wait for its answer: that is no late hello
    this.#agree(terms, at)
    const request = { member, instance, epoch, terms, link: this, nameless: this.session, details, away }
    this.#board.apply({ type: 'begin', request }, at)
  }

  observe(hello: Hello, terms: Terms, at: number): void {
    this.stage = 'observer'
    this.cursor = hello.cursor ?? null
    this.#agree(terms, at)
    if (this.session !== null) this.#board.native.welcome(this, this.session, false, at)
  }

  answerBeat(at: number): void {
    this.link?.send(this.#board.native.beatAnswer(at))
  }

  hide(hidden: boolean, at: number): void {
    const { session } = this
    if (session !== null) this.#board.apply({ type: hidden ? 'hide' : 'show', session }, at)
  }

  describe(details: Details, at: number): void {
    const { session } = this
    if (session !== null) this.#board.apply({ type: 'update', session, details }, at)
  }

  enter(group: string): boolean | Promise<boolean> {
    return this.#board.native.enter(this, group)
  }

  exit(group: string): void | Promise<void> {
    return this.#board.native.exit(this, group)
  }

  request(message: HubRequest, at: number): void {
    this.#board.native.request(this, message, at)
  }

  tellHost(data: unknown): boolean | Promise<boolean> {
    return this.#board.native.tellHost(this, data)
  }

  acknowledged(id: MessageId): void {
    this.#board.native.acknowledged(this, id)
  }

  failed(error: unknown): void {
    this.#board.failed(error)
    this.dismiss('internal', 'the server failed at this message')
  }

  bye(at: number): void {
    const { session } = this
    if (this.stage === 'waiting') this.#board.apply({ type: 'withdraw', link: this }, at)
    if (session !== null) this.#board.apply({ type: 'end', session, reason: 'left' }, at)
    this.refuse(CLOSE.bye, 'bye')
  }

  // --- what the detector decided

  /** A session began or goes on here. */
  attach(session: Session<Connection>, resumed: boolean, at: number): void {
    const before = this.session
    if (before === null || before.member === null) {
      this.session = session
      if (before !== null && before !== session)
        this.#board.apply({ type: 'end', session: before, reason: 'left' }, at)
    } else if (before !== session && this.more?.includes(session) !== true) {
      this.more = [...(this.more ?? []), session]
      this.#retermAll(this.#terms().hub, at)
    }
    if (this.stage !== 'waiting' || session.member === null) return
    this.stage = 'member'
    this.#board.native.welcome(this, session, resumed, at)
  }

  /** A session is no longer here; the connection goes on. */
  detach(session: Session<Connection>, why: DetachCause, at: number): void {
    this.lose(session, at)
    if (why === 'moved') this.memory = null
    // a native connection ends with its session
    if (this.session !== null || this.link === null || this.dialect === native) return
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

  /** Puts its member into a group, or takes it out, as the session's doing. */
  move(change: 'enter' | 'exit', group: string, at: number): void {
    const { session } = this
    if (session !== null) this.#board.apply({ type: change, session, group }, at)
  }

  /** Whether `session` ends here because no hello came. */
  lacksHello(session: Session<Connection>): boolean {
    return this.dialect === native && this.stage === 'new' && session === this.session
  }

  /** Ends the connection without a word. */
  cut(at: number): void {
    if (this.stage === 'waiting') this.#board.apply({ type: 'withdraw', link: this }, at)
    this.link?.terminate()
  }

  /** Sends a ping whose answer tells the round trip. */
  measure(at: number): void {
    this.pingedAt = at
    this.awaitsPong = true
    this.link?.ping()
  }

  /** Closes with the code of `why`; says so before, where the dialect has words for it. */
  dismiss(why: Ending, message: string, about?: About): void {
    if (this.dialect === native) this.send(errorFrame(why, message, about))
    this.refuse(ERRORS[why].close, message)
  }

  /** Asks for a sign of life, and measures how long it takes. */
  probe(at: number): void {
    if (!this.awaitsPong) this.pingedAt = at
    this.awaitsPong = true
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

  #firstTerms(protocol: string): Terms {
    if (!this.undecided) return this.port.published.gateway.unheard
    return protocol === SUBPROTOCOL ? this.port.greeting : this.port.waiting
  }

  #terms(): PublishedTerms {
    const name = this.dialect?.name
    return this.port.published[name === undefined || name === 'native' ? 'members' : name]
  }

  // The first text decides the dialect, or shows that the fixed one is spoken.
  #first(text: string, at: number): void {
    const message = this.dialect === null ? parseObject(text) : undefined
    if (message !== undefined) this.dialect = sniff(text, message)
    if (this.dialect === null) return this.bad('undecided', text)
    this.#board.decided(this)
    this.dialect.text(this, text, at, message)
    if (this.dialect !== native && this.session?.terms === this.port.waiting)
      this.#agree(this.#terms().nameless, at)
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

  #admit(at: number, length: number): boolean {
    const verdict = admitFrame(this, at, this.#board.rate, frameCost(length))
    if (verdict === 'pass') return true
    this.#board.rateDropped(this)
    if (verdict === 'cut') this.dismiss('too_fast', 'too many frames')
    return false
  }
}
