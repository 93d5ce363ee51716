// One link, as far as both runtimes agree: what may be sent when, when a reader is too slow, and how an end is asked
// for. It holds a handful of fields and no closure, and never ends the socket inside a call: that is the desk's queue.
import { Backlog, frameBytes } from './backlog.ts'
import { publishedTo, type Subscriber, type Topic, type Topics } from './topics.ts'
import type { Closed, Link } from './transport.ts'

/** What a link needs from the listener it belongs to. */
export interface LinkOwner {
  /** Bytes that may wait behind the frame being sent. */
  readonly maxQueued: number
  readonly topics: Topics<BaseLink<unknown>>
  /** The link has an `ending`: its socket is to be ended on a later turn. */
  endSoon(link: BaseLink<unknown>): void
  countSlow(): void
}

const TERMINATED: Closed = { code: 1006, reason: '', by: 'us' }
const TOO_SLOW: Closed = { code: 1006, reason: '', by: 'slow' }
const THREW: Closed = { code: 1011, reason: 'internal error', by: 'us' }
const MAX_REASON_BYTES = 123

export abstract class BaseLink<T> implements Link<T>, Subscriber<BaseLink<unknown>> {
  readonly data: T
  readonly address: string
  readonly protocol: string
  readonly owner: LinkOwner
  /** Set once the end is decided or has come: from then on the link is mute both ways. */
  ending: Closed | undefined = undefined
  /** `closed` was told. */
  done = false
  topics: Topic<BaseLink<unknown>>[] | undefined = undefined
  unheard = 0
  #backlog: Backlog | undefined = undefined

  constructor(owner: LinkOwner, data: T, address: string, protocol: string) {
    this.owner = owner
    this.data = data
    this.address = address
    this.protocol = protocol
  }

  get pings(): boolean {
    return true
  }

  abstract get queued(): number
  abstract ping(): void
  /**
   * Hands one text frame to the engine: above 0 all of it left this process, -1 some waits, 0 it was dropped. `frame`
   * is the same as it stands on the wire of this kind of link, where one was built for many.
   */
  protected abstract write(text: string, frame?: Uint8Array): number
  /** Ends the socket as `how` says. Called at most once, never after `done`. MUST NOT throw. */
  abstract endSocket(how: Closed): void
  /** Where the engine fans out by itself, it is told here. MUST NOT throw. */
  protected joined(_topic: string): void {}
  protected left(_topic: string): void {}

  send(text: string, frame?: Uint8Array): void {
    if (this.ending !== undefined) return
    const before = this.#backlog === undefined ? 0 : this.queued
    const result = this.write(text, frame)
    if (result > 0) this.#backlog = undefined
    else if (result === 0) this.#cutSlow()
    else this.#queuedUp(before, frameBytes(text))
  }

  subscribe(topic: string): void {
    if (this.ending === undefined && this.owner.topics.join(this, topic)) this.joined(topic)
  }

  unsubscribe(topic: string): void {
    if (this.owner.topics.leave(this, topic)) this.left(topic)
  }

  close(code: number, reason = ''): void {
    if (this.ending === undefined) this.#end({ code: wireCode(code), reason: wireReason(reason), by: 'us' })
  }

  terminate(): void {
    if (this.ending === undefined) this.#end(TERMINATED)
  }

  /** A handler of this link threw. */
  fail(): void {
    if (this.ending === undefined) this.#end(THREW)
  }

  /** The other side closed the link, or broke the protocol, where no engine says so. */
  peerEnded(code: number, reason: string): void {
    if (this.ending === undefined) this.#end({ code, reason, by: 'peer' })
  }

  /**
   * The engine queues pongs and what is published by itself: a reader that never reads must not grow the queue for
   * ever.
   */
  checkQueue(): void {
    if (this.ending !== undefined) return
    const queued = this.queued
    if (queued > this.owner.maxQueued && this.#waiting(queued) > this.owner.maxQueued) this.#cutSlow()
  }

  #queuedUp(before: number, size: number): void {
    const published = publishedTo(this)
    if (before === 0 || this.#backlog === undefined) this.#backlog = new Backlog(published)
    this.#backlog.add(size, this.queued, published)
    this.checkQueue()
  }

  #waiting(queued: number): number {
    return this.#backlog === undefined ? queued : this.#backlog.waiting(queued, publishedTo(this))
  }

  #cutSlow(): void {
    if (this.ending !== undefined) return
    this.owner.countSlow()
    this.#end(TOO_SLOW)
  }

  /** It stays in its topics until its socket is ended, on a later turn; what is published until then is not for it. */
  #end(how: Closed): void {
    this.ending = how
    this.owner.endSoon(this)
  }
}

/** A code that may stand on the wire (RFC 6455 §7.4); anything else would make an engine throw or send none. */
function wireCode(code: number): number {
  const known = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006
  return known || (code >= 3000 && code <= 4999) ? Math.trunc(code) : 1000
}

function wireReason(reason: string): string {
  if (reason.length * 3 <= MAX_REASON_BYTES) return reason
  const bytes = new TextEncoder().encode(reason)
  if (bytes.length <= MAX_REASON_BYTES) return reason
  let end = MAX_REASON_BYTES
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return new TextDecoder().decode(bytes.subarray(0, end))
}
