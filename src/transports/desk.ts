// The one place where a listener calls its owner's handlers: it counts links, drops what an ended link still brings,
// and turns a throw into 1011 for that link alone. It knows no runtime; nothing it calls may throw past it.
import type { LazyText } from '../core/lazy.ts'
import type { BaseLink, LinkOwner } from './base-link.ts'
import { EventStreams } from './event-streams.ts'
import type { Exchange } from './stream-link.ts'
import { Topics } from './topics.ts'
import type {
  Asked,
  Closed,
  Handlers,
  ListenOptions,
  Refusal,
  UpgradeAnswer,
  UpgradeRequest,
} from './transport.ts'
import { TurnQueue } from './turn-queue.ts'

const MIB = 1024 * 1024
/** Told to links that are still open when the listener is stopped. */
export const STOPPED: Closed = { code: 1001, reason: 'server stopped', by: 'us' }

export class Desk<T> implements LinkOwner {
  readonly maxQueued: number
  readonly maxMessage: number
  readonly requestTimeout: number
  readonly topics = new Topics<BaseLink<unknown>>()
  links = 0
  slowCuts = 0
  accepting = true
  /** `null`: this listener has none. */
  readonly streams: EventStreams<T> | null
  /** Links whose end is decided and whose socket still stands. */
  ending = 0
  readonly #handlers: Handlers<T>
  readonly #endings: TurnQueue<BaseLink<unknown>>
  #whenEmpty: (() => void) | undefined

  /** `endingBudget`: milliseconds of ending links that one turn of the loop may spend. */
  constructor(options: ListenOptions, handlers: Handlers<T>, endingBudget: number) {
    this.#handlers = handlers
    this.#endings = new TurnQueue(
      link => this.#endNow(link),
      () => performance.now(),
      setImmediate,
      endingBudget,
    )
    this.maxQueued = options.maxQueuedBytes ?? MIB
    this.maxMessage = options.maxMessageBytes ?? 4 * MIB
    this.requestTimeout = options.requestTimeout ?? 10_000
    const { streamProtocol } = options
    this.streams = streamProtocol === undefined ? null : new EventStreams(this, streamProtocol)
  }

  admit(request: UpgradeRequest): UpgradeAnswer<T> {
    if (!this.accepting) return { accept: false, status: 503, body: 'the server is stopping' }
    try {
      return this.#handlers.upgrade(request)
    } catch (error) {
      this.#report(error, 'upgrade')
      return { accept: false, status: 500, body: 'internal error' }
    }
  }

  /** Whether a request of an event stream may pass. */
  refuses(request: Asked): Refusal | null {
    try {
      return this.#handlers.refuses(request)
    } catch (error) {
      this.#report(error, 'upgrade')
      return { status: 500, body: 'internal error' }
    }
  }

  opened(link: BaseLink<T>): void {
    this.links++
    try {
      this.#watch(this.#handlers.open(link), link, 'open')
    } catch (error) {
      this.#failed(error, link, 'open')
    }
  }

  text(link: BaseLink<T>, text: string): void {
    if (link.ending !== undefined) return
    try {
      this.#watch(this.#handlers.text(link, text), link, 'text')
    } catch (error) {
      this.#failed(error, link, 'text')
    }
  }

  binary(link: BaseLink<T>, bytes: Uint8Array): void {
    if (link.ending !== undefined) return
    try {
      this.#watch(this.#handlers.binary(link, bytes), link, 'binary')
    } catch (error) {
      this.#failed(error, link, 'binary')
    }
  }

  control(link: BaseLink<T>, frame: 'ping' | 'pong'): void {
    if (link.ending !== undefined) return
    try {
      this.#watch(this.#handlers.control(link, frame), link, 'control')
    } catch (error) {
      this.#failed(error, link, 'control')
    }
  }

  /** The socket is gone. What we decided ourselves goes before what the engine says. */
  closed(link: BaseLink<T>, code: number, reason: string): void {
    if (link.done) return
    link.done = true
    link.ending ??= { code, reason, by: 'peer' }
    link.owner.topics.leaveAll(link)
    this.links--
    try {
      this.#watch(this.#handlers.closed(link, link.ending), link, 'closed')
    } catch (error) {
      this.#report(error, 'closed')
    }
    if (this.links === 0) this.#whenEmpty?.()
  }

  /** `exchange`: what the runtime can do with this request, should it open an event stream. */
  request(request: Request, address: LazyText, exchange: Exchange): Response | Promise<Response> {
    try {
      const response =
        this.streams?.answer(request, address, exchange) ?? this.#handlers.request(request, address)
      if (!(response instanceof Promise)) return response
      // it has come in whole: nobody can make us wait for the rest of it
      if (request.method !== 'GET') return response.catch(error => this.#broken(error))
      exchange.wait?.()
      return response.then(
        answer => {
          if (!isStream(answer)) exchange.answered?.()
          return answer
        },
        error => this.#broken(error),
      )
    } catch (error) {
      return this.#broken(error)
    }
  }

  endSoon(link: BaseLink<unknown>): void {
    this.ending++
    this.#endings.push(link)
  }

  countSlow(): void {
    this.slowCuts++
  }

  /** One frame to each, one after another, each judged by its own queue. What breaks for one is no matter of the rest. */
  sendAll(links: Iterable<BaseLink<unknown>>, text: string, frame?: Uint8Array): void {
    for (const link of links) {
      try {
        link.send(text, frame)
      } catch (error) {
        this.#failed(error, link, 'publish')
      }
    }
  }

  /** Resolves once every end that was asked for is on its way. */
  settled(): Promise<void> {
    return this.#endings.idle()
  }

  /** Resolves once every link was told `closed`. */
  empty(): Promise<void> {
    if (this.links === 0) return Promise.resolve()
    return new Promise(resolve => {
      this.#whenEmpty = resolve
    })
  }

  #endNow(link: BaseLink<unknown>): void {
    this.ending--
    link.owner.topics.leaveAll(link)
    if (!link.done) link.endSocket(link.ending!)
  }

  #broken(error: unknown): Response {
    this.#report(error, 'request')
    return new Response('internal error\n', { status: 500 })
  }

  /** An async handler's rejection is a throw that comes later. */
  #watch(result: unknown, link: BaseLink<T>, stage: string): void {
    if (result instanceof Promise) result.catch(error => this.#failed(error, link, stage))
  }

  #failed(error: unknown, link: BaseLink<unknown>, stage: string): void {
    this.#report(error, stage)
    link.fail()
  }

  #report(error: unknown, stage: string): void {
    try {
      this.#handlers.onError(error, { stage })
    } catch {
      // The last resort has failed too; the process must live on.
    }
  }
}

/** Whether the body goes on after the answer began. */
function isStream({ headers }: Response): boolean {
  return /event-stream|ndjson/.test(headers.get('content-type') ?? '')
}
