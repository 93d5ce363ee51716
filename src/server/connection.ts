// One connection: which dialect it speaks, and what it may do. It hands frames to its dialect, evidence to the detector,
// and to the gate whoever has to be let in; it judges nothing and keeps no timer.

import type { Details } from '../core/change.ts'
import { lastEvidenceAt, type Session } from '../core/session.ts'
import type { Terms } from '../core/terms.ts'
import { native } from '../dialects/native.ts'
import { type About, type Ending, errorFrame } from '../dialects/native-errors.ts'
import type { AskedTiming, NativeTerms } from '../dialects/native-terms.ts'
import type { HubRequest, Stage } from '../dialects/native-wire.ts'
import { sniff } from '../dialects/sniff.ts'
import type { BadInput, Wire } from '../dialects/wire.ts'
import { CLOSE, type CloseCause } from '../protocol/close-codes.ts'
import { ERRORS } from '../protocol/errors.ts'
import { parseObject } from '../protocol/json.ts'
import type { Hello, MessageId } from '../protocol/messages.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Link } from '../transports/transport.ts'
import type { Approach } from './approach.ts'
import type { Board } from './board.ts'
import { enterGateway, enterList, enterNative, enterPublished } from './entrance.ts'
import { admitFrame, isOverBytes } from './flood.ts'
import type { Held } from './held.ts'
import type { Sight } from './hub/sight.ts'
import type { Watcher } from './hub/watcher.ts'
import type { Port } from './port.ts'
import { seatNobody } from './seating.ts'
import { Seats } from './seats.ts'

/** Ids that one connection may beat for. */
const MOST_MEMBERS = 64
/** A frame that may hold a token is in no log. */
const SECRET = /token/i

export class Connection extends Seats implements Wire {
  memory: unknown = null
  /** `gateway` only. */
  clientId: string | null = null
  /** Nothing came yet that says what it speaks. */
  undecided = false
  /** What came with its upgrade; `null` where nobody asks, and once it is known who this is. */
  approach: Approach | null
  /** Frames that wait until it is known who this is. */
  held: Held | null = null
  /** Of native connections, as is all that follows. */
  stage: Stage = 'new'
  /** What its hello said of where it left off. */
  cursor: string | null = null
  /** Belongs to the hub. */
  watcher: Watcher | null = null

  constructor(board: Board<Connection>, port: Port, address: string, approach: Approach | null = null) {
    super(board, port, address)
    this.approach = approach
  }

  protected get self(): Connection {
    return this
  }

  // --- what the transport tells

  open(link: Link<Connection>, at: number): void {
    this.link = link
    if (link.protocol === SUBPROTOCOL) this.dialect = native
    this.undecided = this.dialect?.name !== 'gateway'
    seatNobody(this.board, this, this.#firstTerms(link.protocol), at, at)
    if (!this.undecided) enterGateway(this.board, this, at)
  }

  text(text: string, at: number): void {
    if (this.more === null && this.session !== null) this.board.detector.frame(this.session, at)
    if (!this.#admit(at, Buffer.byteLength(text))) return
    if (this.held === null || this.dialect === native) return this.#hear(text, at)
    if (!this.held.add(text, at)) this.board.gate.dropped(this)
  }

  /** It is known who this is: what waited for that is heard. */
  release({ frames }: Held): void {
    for (const { text, at } of frames) if (this.pass !== null && this.link !== null) this.#hear(text, at)
  }

  binary(at: number, length: number): void {
    if (!this.control(at, 'binary', length)) return
    if (this.dialect?.binary === undefined) this.bad('binary', '')
    else this.dialect.binary(this)
  }

  /** False when it was over the rate. */
  control(at: number, frame: 'ping' | 'pong' | 'binary', length = 0): boolean {
    if (this.more === null && this.session !== null) this.board.detector.control(this.session, at)
    if (frame === 'pong') this.ponged(at)
    return this.#admit(at, length)
  }

  closed(cause: CloseCause, at: number): void {
    this.link = null
    this.held = null
    this.board.gate.gone(this)
    if (this.stage === 'waiting') this.board.apply({ type: 'withdraw', link: this }, at)
    for (const session of this.sessions()) this.board.apply({ type: 'broke', session, link: this, cause }, at)
    this.session = null
    this.more = null
  }

  // --- what the dialect asks

  /** Whether it may be sent what it did not ask for. */
  get greeted(): boolean {
    return this.dialect !== native || this.stage === 'member' || this.stage === 'observer'
  }

  /** Tokens are asked for. */
  get guarded(): boolean {
    return this.board.gate.guarded
  }

  get profileBytes(): number {
    return this.board.profileBytes
  }

  /** When what it proved ends, in ms since 1970; `null`: never. */
  get expires(): number | null {
    return this.pass === null ? null : this.pass.grant.expires
  }

  /** Whom it may watch, and whom it may ask; `null`: everybody. */
  get sight(): Sight | null {
    return this.pass === null ? null : this.pass.watches
  }

  get asks(): Sight | null {
    return this.pass === null ? null : this.pass.asks
  }

  identify(
    member: string,
    details: Details | null,
    beat: boolean,
    at: number,
    token: string | null = null,
  ): boolean {
    if (this.members >= MOST_MEMBERS) return false
    enterPublished(this.board, this, { member, details, beat, token, at })
    return true
  }

  trustControl(at: number): void {
    const { member, nameless } = this.terms()
    this.settle(this.members > 0 ? member : nameless, at)
  }

  sendList(token: string | null, at: number): void {
    enterList(this.board, this, token, at)
  }

  bad(what: BadInput, detail: string): void {
    const shown = this.dialect === native || !(this.guarded || SECRET.test(detail)) ? detail : ''
    this.board.badInput(what, shown, this)
  }

  // --- what the native dialect asks

  agree(asked: AskedTiming | undefined): Terms | null {
    return this.nativeTerms.agree(asked, this.link?.pings)
  }

  /** What it may ask of: another address than its socket's means that a proxy stands between. */
  get nativeTerms(): NativeTerms {
    const isDirect = this.link === null || this.link.address === this.address
    return isDirect ? this.port.native : this.port.proxied
  }

  prove(hello: Hello, details: Details | null, terms: Terms, at: number): void {
    this.#awaits(hello, terms, at)
    enterNative(this.board, this, hello, details, terms, at)
  }

  refresh(token: string, id: MessageId | undefined, at: number): void {
    this.board.gate.refresh(this, token, id, at)
  }

  join(member: string, hello: Hello, details: Details | null, terms: Terms, at: number): void {
    const { instance, epoch, away = false } = hello
    this.#awaits(hello, terms, at)
    const lastEvidence = this.session === null ? at : lastEvidenceAt(this.session)
    const request = { member, instance, epoch, terms, link: this, nameless: this.session, details, away }
    this.board.gate.begin({ ...request, lastEvidenceAt: lastEvidence }, at)
  }

  observe(hello: Hello, terms: Terms, at: number): void {
    this.stage = 'observer'
    this.cursor = hello.cursor ?? null
    this.settle(terms, at)
    if (this.session !== null) this.board.native.welcome(this, this.session, false, at)
  }

  answerBeat(at: number): void {
    this.link?.send(this.board.native.beatAnswer(at))
  }

  mayEnter(group: string): boolean {
    return this.pass === null || this.pass.mayEnter(group)
  }

  enter(group: string): boolean | Promise<boolean> {
    return this.board.native.enter(this, group)
  }

  exit(group: string): void | Promise<void> {
    return this.board.native.exit(this, group)
  }

  request(message: HubRequest, at: number): void {
    this.board.native.request(this, message, at)
  }

  tellHost(data: unknown): boolean | Promise<boolean> {
    return this.board.native.tellHost(this, data)
  }

  acknowledged(id: MessageId): void {
    this.board.native.acknowledged(this, id)
  }

  failed(error: unknown): void {
    this.board.failed(error)
    this.dismiss('internal', 'the server failed at this message')
  }

  bye(at: number): void {
    const { session } = this
    this.held = null
    if (this.stage === 'waiting') this.board.apply({ type: 'withdraw', link: this }, at)
    if (session !== null) this.board.apply({ type: 'end', session, reason: 'left' }, at)
    this.refuse(CLOSE.bye, 'bye')
  }

  // --- what the server does

  /** Whether `session` ends here because no hello came. */
  lacksHello(session: Session<Connection>): boolean {
    return this.dialect === native && this.stage === 'new' && session === this.session
  }

  /** Ends the connection without a word. */
  cut(at: number): void {
    if (this.stage === 'waiting') this.board.apply({ type: 'withdraw', link: this }, at)
    this.link?.terminate()
  }

  /** Closes with the code of `why`; says so before, where the dialect has words for it. */
  dismiss(why: Ending, message: string, about?: About): void {
    this.held = null
    if (this.dialect === native) this.send(errorFrame(why, message, about))
    this.refuse(ERRORS[why].close, message)
  }

  override probe(at: number): void {
    super.probe(at)
    if (this.port.pingData !== '') this.link?.send(this.port.pingData)
  }

  // --- inside

  // It may have to wait for its answer: that is no late hello.
  #awaits({ cursor }: Hello, terms: Terms, at: number): void {
    this.stage = 'waiting'
    this.cursor = cursor ?? null
    this.settle(terms, at)
  }

  #firstTerms(protocol: string): Terms {
    if (!this.undecided) return this.port.published.gateway.unheard
    return protocol === SUBPROTOCOL ? this.port.greeting : this.port.waiting
  }

  #hear(text: string, at: number): void {
    if (this.undecided) this.#first(text, at)
    else this.dialect?.text(this, text, at)
  }

  // The first text decides the dialect, or shows that the fixed one is spoken.
  #first(text: string, at: number): void {
    const message = this.dialect === null ? parseObject(text) : undefined
    if (message !== undefined) this.dialect = sniff(text, message)
    if (this.dialect === null) return this.bad('undecided', text)
    this.board.decided(this)
    this.dialect.text(this, text, at, message)
    if (this.dialect !== native && this.session?.terms === this.port.waiting)
      this.settle(this.terms().nameless, at)
  }

  #admit(at: number, length: number): boolean {
    const { rate } = this.board
    const verdict = admitFrame(this, at, rate, length)
    if (verdict === 'pass') return true
    this.board.rateDropped(this, isOverBytes(this, at, rate, length))
    if (verdict === 'cut') this.dismiss('too_fast', 'too many frames')
    return false
  }
}
