// A WebSocket client over a bare TCP socket: a test decides every byte, the way the socket ends, and when it reads.
// By itself it only answers pings and closes, as a browser does; both can be switched off.
import net from 'node:net'
import tls from 'node:tls'
import {
  closePayload,
  encodeFrame,
  type Frame,
  type FrameOptions,
  FrameReader,
  OPCODES,
} from './raw-frames.ts'

export interface RawOptions {
  readonly path?: string
  readonly host?: string
  readonly method?: string
  readonly protocols?: readonly string[]
  /** Added to the handshake; `null` leaves a header of ours out. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Speaks TLS, with whomever. */
  readonly tls?: boolean
  /** Address to come from, of this machine. */
  readonly from?: string
  /** Sent in the same packet as the handshake. */
  readonly early?: Buffer
  /** @default true */
  readonly autoPong?: boolean
  /** Answers the server's close frame. @default true */
  readonly autoClose?: boolean
}

/** The server answered the handshake with something other than 101. */
export class RefusedUpgrade extends Error {
  readonly status: number
  readonly body: string
  /** Seconds; `null`: the answer does not say. */
  readonly retryAfter: number | null

  constructor(status: number, body: string, retryAfter: number | null) {
    super(`the upgrade was refused: ${status} ${body}`)
    this.status = status
    this.body = body
    this.retryAfter = retryAfter
  }
}

export class RawSocket {
  readonly tcp: net.Socket
  /** Chosen subprotocol; `null` when the answer names none. */
  readonly protocol: string | null
  /** How it ended, once the socket is closed: the server's code, 1006 without a close frame. */
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #options: RawOptions
  readonly #reader = new FrameReader()
  readonly #frames: Frame[] = []
  #waiting: ((frame: Frame | undefined) => void)[] = []
  #ended = false
  #end = { code: 1006, reason: '' }
  #closeSent = false

  constructor(tcp: net.Socket, protocol: string | null, options: RawOptions) {
    this.tcp = tcp
    this.protocol = protocol
    this.#options = options
    tcp.on('data', chunk => this.#received(chunk as Buffer))
    tcp.on('end', () => tcp.end())
    this.closed = new Promise(resolve => {
      tcp.once('close', () => {
        this.#ended = true
        for (const wake of this.#waiting.splice(0)) wake(undefined)
        resolve(this.#end)
      })
    })
  }

  sendText(text: string | Uint8Array, options?: FrameOptions): void {
    this.sendFrame(OPCODES.text, text, options)
  }

  sendBinary(bytes: Uint8Array, options?: FrameOptions): void {
    this.sendFrame(OPCODES.binary, bytes, options)
  }

  sendPing(payload: string | Uint8Array = ''): void {
    this.sendFrame(OPCODES.ping, payload)
  }

  sendPong(payload: string | Uint8Array = ''): void {
    this.sendFrame(OPCODES.pong, payload)
  }

  sendFrame(opcode: number, payload: string | Uint8Array, options?: FrameOptions): void {
    this.tcp.write(encodeFrame(opcode, payload, options))
  }

  sendRaw(bytes: Uint8Array): void {
    this.tcp.write(bytes)
  }

  /** Sends a close frame, without a code if none is given, and resolves when the socket is gone. */
  close(code?: number, reason = ''): Promise<{ code: number; reason: string }> {
    this.#closeSent = true
    this.sendFrame(OPCODES.close, code === undefined ? '' : closePayload(code, reason))
    return this.closed
  }

  /** Ends with a FIN and no close frame, as a process that goes away does. */
  destroy(): void {
    this.tcp.end()
    this.tcp.destroy()
  }

  /** Ends with a RST. */
  reset(): void {
    this.tcp.resetAndDestroy()
  }

  /** Stops reading: the kernel's buffers fill, then the server's queue. */
  pause(): void {
    this.tcp.pause()
  }

  resume(): void {
    this.tcp.resume()
  }

  /** The next frame, in order; rejects when none comes within the deadline or the socket has ended. */
  next(withinMs = 5_000): Promise<Frame> {
    const ready = this.#frames.shift()
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#ended) return Promise.reject(new Error(`the socket has ended (${this.#end.code})`))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => wake(undefined), withinMs)
      const wake = (frame: Frame | undefined): void => {
        clearTimeout(timer)
        this.#waiting = this.#waiting.filter(other => other !== wake)
        if (frame !== undefined) resolve(frame)
        else
          reject(
            new Error(this.#ended ? `the socket has ended (${this.#end.code})` : 'no frame came in time'),
          )
      }
      this.#waiting.push(wake)
    })
  }

  /** The next frame of this kind; others before it are dropped. */
  async nextOf(kind: Frame['kind'], withinMs?: number): Promise<Frame> {
    for (;;) {
      const frame = await this.next(withinMs)
      if (frame.kind === kind) return frame
    }
  }

  /** Frames until the socket ends. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    while (!this.#ended || this.#frames.length > 0) {
      const frame = await this.next(2 ** 30).catch(() => undefined)
      if (frame === undefined) return
      yield frame
    }
  }

  #received(chunk: Buffer): void {
    for (const frame of this.#reader.read(chunk)) {
      if (frame.kind === 'ping' && this.#options.autoPong !== false) this.sendPong(frame.payload)
      if (frame.kind === 'close') this.#closing(frame)
      const wake = this.#waiting.shift()
      if (wake === undefined) this.#frames.push(frame)
      else wake(frame)
    }
  }

  #closing(frame: Frame): void {
    this.#end = { code: frame.code, reason: frame.reason }
    if (this.#options.autoClose === false) return
    if (!this.#closeSent) this.sendFrame(OPCODES.close, frame.payload)
    this.tcp.end()
  }
}

/** Opens a link; rejects with `RefusedUpgrade` when the answer is not 101. */
export function connect(port: number, options: RawOptions = {}): Promise<RawSocket> {
  const tcp = dial(port, options)
  const handshake = Buffer.from(handshakeOf(port, options))
  tcp.write(options.early === undefined ? handshake : Buffer.concat([handshake, options.early]))
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0)
    const failed = (error: Error): void => reject(error)
    const ended = (): void => reject(refusal(head))
    const onData = (chunk: Buffer | string): void => {
      head = Buffer.concat([head, chunk as Buffer])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0 || !isComplete(head, end)) return
      tcp.off('data', onData).off('error', failed).off('close', ended)
      if (!head.toString('latin1').startsWith('HTTP/1.1 101')) {
        tcp.destroy()
        return reject(refusal(head))
      }
      tcp.on('error', () => {})
      const socket = new RawSocket(tcp, headerIn(head.subarray(0, end), 'sec-websocket-protocol'), options)
      if (head.length > end + 4) tcp.emit('data', head.subarray(end + 4))
      resolve(socket)
    }
    tcp.on('data', onData).on('error', failed).on('close', ended)
  })
}

function dial(port: number, { host = '127.0.0.1', from, tls: secure }: RawOptions): net.Socket {
  const place = { port, host, ...(from !== undefined && { localAddress: from }) }
  if (secure === true) return tls.connect({ ...place, rejectUnauthorized: false })
  return net.connect({ ...place, noDelay: true })
}

function handshakeOf(port: number, options: RawOptions): string {
  const { path = '/', host = '127.0.0.1', method = 'GET', protocols = [], headers = {} } = options
  const all: Record<string, string | null> = {
    Host: `${host}:${port}`,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': protocols.length === 0 ? null : protocols.join(', '),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** A 101 has no body; any other answer is awaited up to its Content-Length. */
function isComplete(head: Buffer, end: number): boolean {
  if (head.toString('latin1', 0, 12) === 'HTTP/1.1 101') return true
  return head.length >= end + 4 + Number(headerIn(head.subarray(0, end), 'content-length') ?? 0)
}

function headerIn(head: Buffer, name: string): string | null {
  for (const line of head.toString('latin1').split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    if (line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim()
  }
  return null
}

function refusal(head: Buffer): RefusedUpgrade {
  const text = head.toString()
  const end = text.indexOf('\r\n\r\n')
  const retryAfter = headerIn(head.subarray(0, end), 'retry-after')
  return new RefusedUpgrade(
    Number(text.slice(9, 12)) || 0,
    text.slice(end + 4),
    retryAfter === null ? null : Number(retryAfter),
  )
}
