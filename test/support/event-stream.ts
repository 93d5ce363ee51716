// The client's side of an event stream at its lowest: one socket of our own for the way down, so that a test decides
// when it is read and how it ends, and a request for each way up, sent as one likes.

import { connect, type Socket } from 'node:net'
import { waitFor } from './wait.ts'

export interface StreamEvent {
  /** '' where it has none: it carries a frame. */
  readonly name: string
  readonly data: string
}

export interface OpenOptions {
  /** @default 127.0.0.1 */
  readonly host?: string
  /** With its query. @default '/' */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Nothing is read after the first event. */
  readonly deaf?: boolean
}

export class EventStream {
  readonly events: StreamEvent[] = []
  /** Of the answer. */
  status = 0
  headers: Readonly<Record<string, string>> = {}
  /** What came besides events: comments, and the body of a refusal. */
  rest = ''
  comments = 0
  /** The answer is whole. */
  whole = false
  /** The socket is gone. */
  gone = false
  stream = ''
  readonly #socket: Socket
  readonly #origin: string
  readonly #path: string
  #raw = Buffer.alloc(0)
  #lines = ''
  #deaf: boolean

  constructor(port: number, { host = '127.0.0.1', path = '/', headers = {}, deaf = false }: OpenOptions) {
    this.#origin = `http://${host}:${port}`
    this.#path = `${path}${path.includes('?') ? '&' : '?'}transport=sse`
    this.#deaf = deaf
    const lines = { host: `${host}:${port}`, accept: 'text/event-stream', ...headers }
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#socket = connect(port, host)
    this.#socket.on('connect', () => this.#socket.write(`GET ${this.#path} HTTP/1.1\r\n${head.join('')}\r\n`))
    this.#socket.on('data', bytes => this.#take(bytes))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.gone = true
    })
  }

  /** Texts of the frames that came. */
  get texts(): string[] {
    return this.events.flatMap(({ name, data }) => (name === '' ? [data] : []))
  }

  /** What the server said as it closed. */
  get closed(): { code: number; reason: string } | null {
    const event = this.events.find(({ name }) => name === 'close')
    return event === undefined ? null : JSON.parse(event.data)
  }

  async text(nth = 0, withinMs?: number): Promise<string> {
    return (
      await waitFor(`text ${nth}`, () => this.texts[nth] !== undefined && [this.texts[nth]], withinMs)
    )[0]!
  }

  /** Ends it as a page does that is gone. */
  abort(): void {
    this.#socket.destroy()
  }

  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** Reads on. */
  hear(): void {
    this.#deaf = false
    this.#socket.resume()
  }

  /** Frames up. */
  post(body: BodyInit, headers: Record<string, string> = {}, query = ''): Promise<Response> {
    return this.up(`&stream=${this.stream}${query}`, { method: 'POST', body, headers })
  }

  close(code: number | string, body = ''): Promise<Response> {
    return this.post(body, {}, `&close=${code}`)
  }

  up(query: string, init: RequestInit): Promise<Response> {
    return fetch(`${this.#origin}${this.#path}${query}`, init)
  }

  #take(bytes: Buffer): void {
    this.#raw = Buffer.concat([this.#raw, bytes])
    if (this.status === 0 && !this.#readHead()) return
    if (this.headers['transfer-encoding'] === 'chunked') while (this.#readChunk());
    else this.rest = this.#raw.toString()
    if (this.#deaf && this.events.length > 0) this.#socket.pause()
  }

  #readHead(): boolean {
    const end = this.#raw.indexOf('\r\n\r\n')
    if (end < 0) return false
    const [first = '', ...lines] = this.#raw.subarray(0, end).toString().split('\r\n')
    this.status = Number(first.split(' ')[1])
    this.headers = Object.fromEntries(
      lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    )
    this.#raw = this.#raw.subarray(end + 4)
    return true
  }

  #readChunk(): boolean {
    const line = this.#raw.indexOf('\r\n')
    const size = Number.parseInt(this.#raw.subarray(0, line).toString(), 16)
    if (line < 0 || this.#raw.length < line + 2 + size + 2) return false
    if (size === 0) this.whole = true
    this.#event(this.#raw.subarray(line + 2, line + 2 + size).toString('latin1'))
    this.#raw = this.#raw.subarray(line + 4 + size)
    return size > 0
  }

  // Bytes stay bytes until an event is whole: a chunk may end within a character.
  #event(bytes: string): void {
    const blocks = (this.#lines + bytes).split('\n\n')
    this.#lines = blocks.pop()!
    for (const block of blocks) {
      const lines = Buffer.from(block, 'latin1').toString().split('\n')
      const of = (field: string) =>
        lines.filter(line => line.startsWith(`${field}: `)).map(line => line.slice(field.length + 2))
      if (lines[0]?.startsWith(':')) this.comments++
      else this.events.push({ name: of('event').join(), data: of('data').join('\n') })
    }
    this.stream = this.stream || JSON.parse(this.events[0]?.data ?? '{}').stream
  }
}

/** Resolves once the stream has its name. */
export async function openStream(port: number, options: OpenOptions = {}): Promise<EventStream> {
  const stream = await askStream(port, options)
  await waitFor('the stream to be open', () => stream.stream !== '')
  return stream
}

/** Resolves once there is an answer. */
export async function askStream(port: number, options: OpenOptions = {}): Promise<EventStream> {
  const stream = new EventStream(port, options)
  await waitFor('an answer', () => stream.status > 0)
  return stream
}
