// Links without WebSocket, on any path of a listener: a GET opens a stream of events, POSTs carry frames up to it. It
// decides what such a request is answered and which pages may read the answer; it judges no silence.

import { randomBytes } from 'node:crypto'
import { type LazyText, textOf } from '../core/lazy.ts'
import type { BaseLink, LinkOwner } from './base-link.ts'
import type { Desk } from './desk.ts'
import { AskedBy, chosenProtocol } from './handshake.ts'
import { refusalHeaders } from './refusal.ts'
import { readFrames } from './stream-body.ts'
import { type Exchange, frameEvent, StreamLink } from './stream-link.ts'
import { Topics } from './topics.ts'
import type { Asked, Closed, UpgradeRequest } from './transport.ts'

const MARK = 'transport=sse'
const METHODS = 'GET, POST, OPTIONS'
const SECRET_BYTES = 24
/** How programs ask. An image, a form or a link of any page may ask in other ways, which say no origin. */
const PROGRAMS = ['cors', 'same-origin']

export class EventStreams<T> implements LinkOwner {
  readonly topics = new Topics<BaseLink<unknown>>()
  readonly #desk: Desk<T>
  readonly #protocol: string
  readonly #links = new Map<string, StreamLink<T>>()
  #whenEnded: (() => void) | undefined

  constructor(desk: Desk<T>, protocol: string) {
    this.#desk = desk
    this.#protocol = protocol
  }

  // --- what its links need

  get maxQueued(): number {
    return this.#desk.maxQueued
  }

  endSoon(link: BaseLink<unknown>): void {
    this.#desk.endSoon(link)
  }

  countSlow(): void {
    this.#desk.countSlow()
  }

  // --- what the listener asks

  /** `undefined`: the request is about something else. */
  answer(request: Request, address: LazyText, exchange: Exchange): Response | Promise<Response> | undefined {
    if (!request.url.includes(MARK)) return undefined
    const query = new URLSearchParams(request.url.slice(request.url.indexOf('?')))
    if (query.get('transport') !== 'sse') return undefined
    const asked = new AskedBy(request, textOf(address), [this.#protocol])
    const refused = this.#desk.refuses(asked)
    // Without a word to the page: its origin may not read this either.
    if (refused !== null)
      return new Response(refused.body, { status: refused.status, headers: refusalHeaders(refused) })
    if (request.method === 'OPTIONS') return preflight(asked)
    if (request.method === 'GET') return this.#open(request, asked, exchange)
    if (request.method === 'POST') return this.#up(request, asked, query)
    return reply(asked, 405, `an event stream takes ${METHODS}`, { allow: METHODS })
  }

  publish(topic: string, text: string): void {
    const found = this.topics.get(topic)
    if (found !== undefined) this.#desk.sendAll(found.links, text, frameEvent(text))
  }

  stop({ code, reason }: Closed): void {
    for (const link of this.#links.values()) link.close(code, reason)
  }

  /** Resolves once no stream is open. */
  ended(): Promise<void> {
    if (this.#links.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      this.#whenEnded = resolve
    })
  }

  // --- inside

  #open(request: Request, asked: UpgradeRequest, exchange: Exchange): Response {
    const mode = asked.header('sec-fetch-mode')
    if (mode !== null && !PROGRAMS.includes(mode))
      return reply(asked, 403, `an event stream is for programs, not for mode ${mode}`)
    const admitted = this.#desk.admit(asked)
    if (!admitted.accept) return reply(asked, admitted.status, admitted.body, refusalHeaders(admitted))
    exchange.endure?.()
    const link = new StreamLink(
      this,
      admitted.data,
      asked.address,
      chosenProtocol(admitted, asked.protocols),
      randomBytes(SECRET_BYTES).toString('base64url'),
      exchange,
      gone => this.#gone(gone),
    )
    this.#links.set(link.secret, link)
    this.#desk.opened(link)
    // A request that is over already may never read the body, nor let go of it.
    request.signal.addEventListener('abort', () => link.broke())
    if (request.signal.aborted) link.broke()
    const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', ...common(asked) }
    return new Response(link.body, { headers })
  }

  async #up(request: Request, asked: Asked, query: URLSearchParams): Promise<Response> {
    const { frames, fault } = await readFrames(request, this.#desk.maxMessage)
    const link = this.#links.get(query.get('stream') ?? '')
    if (link === undefined || link.ending !== undefined)
      return reply(asked, 404, 'there is no such stream, or no more')
    const close = query.get('close')
    if (close !== null && !mayClose(Number(close)))
      return reply(asked, 400, `close=${close}: a client closes with 1000, 1001 or 3000 to 4999`)
    for (const frame of frames) this.#desk.text(link, frame)
    if (fault === null) {
      if (close !== null) link.peerEnded(Number(close), '')
      return reply(asked, 204, null)
    }
    if (fault.code !== null) link.peerEnded(fault.code, fault.body)
    // What was not read of a body would be taken for the next request.
    return reply(asked, fault.status, fault.body, fault.status === 413 ? { connection: 'close' } : {})
  }

  #gone(link: StreamLink<T>): void {
    this.#links.delete(link.secret)
    this.#desk.closed(link, 1006, '')
    if (this.#links.size === 0) this.#whenEnded?.()
  }
}

function mayClose(code: number): boolean {
  return code === 1000 || code === 1001 || (Number.isInteger(code) && code >= 3000 && code <= 4999)
}

function preflight(asked: Asked): Response {
  return reply(asked, 204, null, {
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '600',
  })
}

function reply(asked: Asked, status: number, body: string | null, more?: Record<string, string>): Response {
  return new Response(body === null ? null : `${body.trimEnd()}\n`, {
    status,
    headers: { ...common(asked), ...more },
  })
}

/** Only for those who were let in: a page of theirs may read the answer. */
function common(asked: Asked): Record<string, string> {
  const origin = asked.header('origin')
  const always = { 'cache-control': 'no-store', vary: 'origin' }
  return origin === null ? always : { ...always, 'access-control-allow-origin': origin }
}
