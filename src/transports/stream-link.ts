// A link whose way down is the body of an HTTP response: server-sent events, written as fast as the runtime reads them.
// It keeps what the runtime has not asked for yet, and must never hand over more: what it holds is what counts as slow.

import { BaseLink, type LinkOwner } from './base-link.ts'
import type { Closed } from './transport.ts'

/** What a runtime can do with a request. */
export interface Exchange {
  /** The answer may be silent for 45 s. Not there: it may be anyway. */
  wait?(): void
  /** The answer is there as a whole: what comes next on this connection is waited for no longer than ever. */
  answered?(): void
  /** The answer may be silent for ever. Not there: it may be anyway. */
  endure?(): void
  /** Cuts the connection. Not there: an error of the body does. */
  cut?(): void
}

/** How long a closed stream may wait to be read to its end, in milliseconds. */
const CLOSE_TIMEOUT = 2_000
/**
 * How long the last request of a page that went away may be on its way, in milliseconds: its stream breaks at once,
 * while what it said as it went may need a connection of its own.
 */
const LINGER = 1_000

const encoder = new TextEncoder()
/** Says nothing, and keeps a proxy from taking the stream for idle. */
const COMMENT = encoder.encode(':\n\n')

/** The event that carries one text frame; a line break within it arrives as a line feed. */
export function frameEvent(text: string): Uint8Array {
  const data = /[\r\n]/.test(text) ? text.replace(/\r\n?|\n/g, '\ndata: ') : text
  return encoder.encode(`data: ${data}\n\n`)
}

export class StreamLink<T> extends BaseLink<T> {
  /** Names the link to whoever it belongs to, and to nobody else. */
  readonly secret: string
  readonly body: ReadableStream<Uint8Array>
  readonly #exchange: Exchange
  readonly #gone: (link: StreamLink<T>) => void
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #waiting: Uint8Array[] = []
  #bytes = 0
  /** The runtime has nothing of ours left to send. */
  #wanted = false
  /** Our last event is among what waits, or was sent. */
  #closing = false
  /** The other side let go of the stream. */
  #broken = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `gone` is told once, when nothing more can be sent. */
  constructor(
    owner: LinkOwner,
    data: T,
    address: string,
    protocol: string,
    secret: string,
    exchange: Exchange,
    gone: (link: StreamLink<T>) => void,
  ) {
    super(owner, data, address, protocol)
    this.secret = secret
    this.#exchange = exchange
    this.#gone = gone
    this.body = new ReadableStream(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => this.#pull(),
        cancel: () => this.broke(),
      },
      { highWaterMark: 0 },
    )
    this.#push(encoder.encode(`event: open\ndata: ${JSON.stringify({ stream: secret })}\n\n`))
  }

  override get pings(): boolean {
    return false
  }

  override get queued(): number {
    return this.#bytes
  }

  override ping(): void {
    if (this.ending === undefined && this.#bytes === 0) this.#push(COMMENT)
  }

  override endSocket(how: Closed): void {
    if (this.#broken) return this.#finish()
    if (how.code === 1006) return this.#cut()
    const { code, reason } = how
    this.#closing = true
    this.#timer = setTimeout(() => this.#cut(), CLOSE_TIMEOUT)
    this.#push(encoder.encode(`event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`))
  }

  /** The other side let go of the stream: nothing more is sent. Twice is once. */
  broke(): void {
    if (this.#broken || this.done) return
    this.#broken = true
    this.#drop()
    if (this.#closing) this.#finish()
    else this.#timer = setTimeout(() => this.#finish(), LINGER)
    try {
      this.#controller.close()
    } catch {
      // Whoever read it has closed it.
    }
  }

  protected override write(text: string, event?: Uint8Array): number {
    return this.#push(event ?? frameEvent(text)) ? 1 : -1
  }

  /** False: it waits. */
  #push(bytes: Uint8Array): boolean {
    if (this.#broken) return true
    this.#bytes += bytes.length
    this.#waiting.push(bytes)
    if (this.#wanted) this.#handOver()
    return this.#bytes === 0
  }

  /** The runtime has sent what it was given and asks for more. */
  #pull(): void {
    this.#wanted = true
    if (this.#bytes > 0) this.#handOver()
    else if (this.#closing) {
      this.#finish()
      this.#controller.close()
    }
  }

  #handOver(): void {
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting)
    this.#wanted = false
    this.#drop()
    this.#controller.enqueue(bytes)
  }

  #cut(): void {
    this.#finish()
    if (this.#exchange.cut !== undefined) return this.#exchange.cut()
    try {
      // Any other value is printed by the runtime.
      this.#controller.error(undefined)
    } catch {
      // The other side was quicker: the stream is closed.
    }
  }

  #drop(): void {
    this.#bytes = 0
    this.#waiting = []
  }

  #finish(): void {
    clearTimeout(this.#timer)
    this.#drop()
    this.#gone(this)
  }
}
