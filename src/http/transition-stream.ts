// The log as server-sent events (WHATWG HTML, section 9.2): reads on only when the other side has room, so that a slow
// reader costs one piece of the log and no more; leaves nothing behind when the other side goes. When the server stops it
// ends behind the id of what was sent last.

import type { TransitionLog } from '../server/api.ts'
import type { LogBatch } from '../stores/store.ts'
import { API_HEADERS } from './reply.ts'
import { type Filter, textsOf } from './transition-texts.ts'

export interface StreamOptions {
  readonly filter: Filter
  readonly limit: number
  /** Aborted when the request is over. */
  readonly signal: AbortSignal
  /** Monotonic ms. @default that of the process */
  readonly now?: () => number
}

/** A stream that says nothing for so long says so, lest a proxy takes it for dead. */
const SILENCE = 15_000
/** At most one id in so many ms. */
const BETWEEN_IDS = 1_000

const encoder = new TextEncoder()

/** Begins with what was read already. */
export function eventStream(log: TransitionLog, first: LogBatch, options: StreamOptions): Response {
  const { signal } = options
  const gone = new AbortController()
  const reader = new Reader(log, first, options, gone.signal)
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const end = () => {
    if (gone.signal.aborted) return
    gone.abort()
    signal.removeEventListener('abort', end)
    try {
      controller.close()
    } catch {
      // whoever read it has closed it
    }
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: given => {
        controller = given
      },
      pull: async () => {
        const text = await reader.next().catch(() => null)
        if (gone.signal.aborted) return
        if (text) controller.enqueue(encoder.encode(text))
        // it cannot be read now: the other side comes back with the last id it saw
        if (text === null || reader.over) end()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
  // a request that is over may never read the body, nor let go of it
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  return new Response(body, {
    headers: { ...API_HEADERS, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
  })
}

class Reader {
  readonly #log: TransitionLog
  readonly #options: StreamOptions
  readonly #gone: AbortSignal
  readonly #now: () => number
  #first: LogBatch | null
  #cursor: string
  /** The cursor that was sent last, and when. */
  #sent = ''
  #sentAt = Number.NEGATIVE_INFINITY
  /** The last wait was a whole one, not only for the next id. */
  #waited = false
  #over = false

  constructor(log: TransitionLog, first: LogBatch, options: StreamOptions, gone: AbortSignal) {
    this.#log = log
    this.#options = options
    this.#gone = gone
    this.#now = options.now ?? (() => performance.now())
    this.#first = first
    this.#cursor = first.cursor
  }

  /** There is no more to be asked for. */
  get over(): boolean {
    return this.#over
  }

  /** What to send next, when there is something. */
  async next(): Promise<string> {
    while (!this.#gone.aborted) {
      if (this.#log.stopped) return this.#last()
      const batch = await this.#read()
      this.#cursor = batch.cursor
      if (batch.reset) return this.#event('reset', JSON.stringify({ cursor: batch.cursor }), true)
      const texts = textsOf(batch, this.#options.filter)
      const last = texts.pop()
      if (last !== undefined)
        return (
          texts.map(text => this.#event('transition', text)).join('') +
          this.#event('transition', last, this.#mayId)
        )
      if (batch.transitions.length > 0) continue
      if (this.#sent !== this.#cursor && this.#mayId) return `${this.#id()}\n`
      if (this.#waited && !this.#log.stopped) return ':\n\n'
    }
    return ''
  }

  // Of what was read only now nothing was sent, so its cursor is no place to come back to.
  #last(): string {
    this.#over = true
    return this.#first !== null || this.#sent === this.#cursor ? '' : `${this.#id()}\n`
  }

  async #read(): Promise<LogBatch> {
    const first = this.#first
    this.#first = null
    if (first !== null) return first
    const pending = this.#sent !== this.#cursor
    const ms = pending ? Math.max(0, BETWEEN_IDS - (this.#now() - this.#sentAt)) : SILENCE
    const batch = await this.#log.wait(this.#cursor, this.#options.limit, Math.ceil(ms), this.#gone)
    this.#waited = !pending
    return batch
  }

  get #mayId(): boolean {
    return this.#now() - this.#sentAt >= BETWEEN_IDS
  }

  #event(type: string, data: string, withId = false): string {
    return `event: ${type}\ndata: ${data}\n${withId ? this.#id() : ''}\n`
  }

  #id(): string {
    this.#sent = this.#cursor
    this.#sentAt = this.#now()
    return `id: ${this.#cursor}\n`
  }
}
