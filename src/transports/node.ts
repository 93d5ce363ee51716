// Links over node:http and ws. Maps the library's quirks to the contract: it chooses no subprotocol by itself, puts no
// closure on a link (shared functions find it by the socket), and ends a link whose other side no longer answers.
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import {
  createServer as createSecureServer,
  type ServerOptions as SecureOptions,
  type Server as SecureServer,
} from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { frameBytes } from './backlog.ts'
import { BaseLink } from './base-link.ts'
import { bindError } from './bind-error.ts'
import { Desk, STOPPED } from './desk.ts'
import { chosenProtocol, type HeaderOf, isUpgrade, plainAddress, readOffer } from './handshake.ts'
import { refusalHeaders } from './refusal.ts'
import type {
  Closed,
  Handlers,
  Listener,
  ListenOptions,
  Pem,
  Refusal,
  Transport,
  UpgradeRequest,
} from './transport.ts'

/** How long a closed link may wait for the other side's close, in milliseconds. */
const CLOSE_TIMEOUT = 2_000
/** How often Node looks for half-open requests, in milliseconds: they are cut this much late at worst. */
const CHECK_INTERVAL = 1_000
/** Most of the cost of an end comes after `terminate` returns, in the same turn: 8 ms here gave blocks of 24-37 ms. */
const ENDING_BUDGET = 3

export const nodeTransport: Transport = {
  name: 'node',
  async listen<T>(options: ListenOptions, handlers: Handlers<T>): Promise<Listener> {
    const desk = new Desk(options, handlers, ENDING_BUDGET)
    const server = serve(desk, options.tls)
    const links = new Set<NodeLink<T>>()
    const sockets = acceptor(desk.maxMessage)
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgrade(request, socket, head, desk, sockets, links)
    })
    try {
      await bind(server, options)
    } catch (error) {
      throw bindError(error, options.host, options.port)
    }
    return new NodeListener(desk, server, links)
  },
}

class NodeLink<T> extends BaseLink<T> {
  readonly socket: LinkSocket<T>
  readonly stream: Duplex
  readonly desk: Desk<T>
  readonly links: Set<NodeLink<T>>
  /** The close code of a broken protocol rule; the library keeps it to itself. */
  fault = 0
  faultText = ''

  constructor(
    socket: LinkSocket<T>,
    stream: Duplex,
    desk: Desk<T>,
    links: Set<NodeLink<T>>,
    data: T,
    address: string,
  ) {
    super(desk, data, address, socket.protocol)
    this.socket = socket
    this.stream = stream
    this.desk = desk
    this.links = links
  }

  override get queued(): number {
    return this.socket.bufferedAmount
  }

  override ping(): void {
    if (this.ending === undefined && this.socket.readyState === this.socket.OPEN) this.socket.ping()
  }

  override endSocket(how: Closed): void {
    if (how.code === 1006) this.socket.terminate()
    else this.socket.close(how.code, how.reason)
  }

  /**
   * A ready frame goes past the library, which would build it again for each link (8.4 instead of 11.8 us of CPU): it
   * writes whole frames at once, as nothing here is compressed, so this one cannot fall into another.
   */
  protected override write(text: string, frame?: Uint8Array): number {
    if (this.socket.readyState !== this.socket.OPEN) return 1
    if (frame === undefined) this.socket.send(text)
    else this.stream.write(frame)
    return this.socket.bufferedAmount === 0 ? 1 : -1
  }
}

type LinkSocket<T> = WebSocket & { link?: NodeLink<T> }

class NodeListener<T> implements Listener {
  readonly host: string
  readonly port: number
  readonly #desk: Desk<T>
  readonly #server: Server | SecureServer
  readonly #links: Set<NodeLink<T>>
  #closed: Promise<void> | undefined

  constructor(desk: Desk<T>, server: Server | SecureServer, links: Set<NodeLink<T>>) {
    const bound = server.address() as AddressInfo
    this.host = bound.address
    this.port = bound.port
    this.#desk = desk
    this.#server = server
    this.#links = links
  }

  get links(): number {
    return this.#desk.links
  }

  get slowCuts(): number {
    return this.#desk.slowCuts
  }

  publish(topic: string, text: string): void {
    this.#desk.streams?.publish(topic, text)
    const found = this.#desk.topics.get(topic)
    if (found !== undefined) this.#desk.sendAll(found.links, text, framed(text))
  }

  reloadTls(pem: Pem): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(secure(pem))
  }

  stopAccepting(): void {
    if (!this.#desk.accepting) return
    this.#desk.accepting = false
    this.#closed = new Promise(resolve => this.#server.close(() => resolve()))
  }

  async stop(): Promise<void> {
    this.stopAccepting()
    for (const link of this.#links) link.close(STOPPED.code, STOPPED.reason)
    this.#desk.streams?.stop(STOPPED)
    await this.#desk.empty()
    // What ends an event stream is written in the turn in which its end is told.
    await new Promise(resolve => setImmediate(resolve))
    this.#server.closeAllConnections()
    await this.#closed
  }
}

function serve<T>(desk: Desk<T>, tls: Pem | undefined): Server | SecureServer {
  const answer = getRequestListener(
    (request, { incoming: { socket } }) =>
      desk.request(request, plainAddress(socket.remoteAddress), { cut: () => socket.destroy() }),
    { overrideGlobalObjects: false },
  )
  const limits = {
    requestTimeout: desk.requestTimeout,
    headersTimeout: desk.requestTimeout,
    // Its default of 5 s would also cut a second request that is still coming in.
    keepAliveTimeout: desk.requestTimeout,
    connectionsCheckingInterval: CHECK_INTERVAL,
  }
  // Without this (Node >= 24.9) a request that offers another upgrade, as `curl --http2` does, would get no answer.
  const shouldUpgradeCallback = (request: IncomingMessage) => isUpgrade(headerOf(request))
  const options = { ...limits, shouldUpgradeCallback }
  const handle = (request: IncomingMessage, response: ServerResponse) => void answer(request, response)
  if (tls === undefined) return createServer(options, handle)
  // Its default of 120 s would let a stranger hold a socket for that long.
  return createSecureServer(
    { ...options, ...secure(tls), handshakeTimeout: desk.requestTimeout } as SecureOptions,
    handle,
  )
}

function secure({ cert, key }: Pem) {
  return { cert, key, minVersion: 'TLSv1.2' } as const
}

function bind(server: Server | SecureServer, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** `handleProtocols` has no other way to learn what was chosen for this request. */
const chosen = new WeakMap<IncomingMessage, string>()

function acceptor(maxPayload: number): WebSocketServer {
  const options: ServerOptions & { closeTimeout: number; maxPendingAutoPongs: number } = {
    noServer: true,
    // Unlimited: pongs wait in the same queue as everything else and are judged by the same cap.
    maxPendingAutoPongs: 0,
    maxPayload,
    perMessageDeflate: false,
    clientTracking: false,
    closeTimeout: CLOSE_TIMEOUT,
    handleProtocols: (_offered, request) => chosen.get(request) || false,
  }
  return new WebSocketServer(options)
}

function upgrade<T>(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  desk: Desk<T>,
  sockets: WebSocketServer,
  links: Set<NodeLink<T>>,
): void {
  const address = plainAddress(request.socket.remoteAddress)
  const header = headerOf(request)
  const offer = readOffer(request.method ?? '', header)
  if (!offer.ok) return refuse(socket, offer)
  const asked: UpgradeRequest = { url: request.url ?? '/', header, address, protocols: offer.protocols }
  const admitted = desk.admit(asked)
  if (!admitted.accept) return refuse(socket, admitted)
  chosen.set(request, chosenProtocol(admitted, offer.protocols))
  sockets.handleUpgrade(request, socket, head, (accepted: LinkSocket<T>) => {
    const link = new NodeLink(accepted, socket, desk, links, admitted.data, address)
    attach(accepted, link)
    links.add(link)
    desk.opened(link)
  })
}

function attach<T>(socket: LinkSocket<T>, link: NodeLink<T>): void {
  socket.link = link
  socket.on('message', onMessage)
  socket.on('ping', onPing)
  socket.on('pong', onPong)
  socket.on('error', onError)
  socket.on('close', onClose)
}

function onMessage(this: LinkSocket<unknown>, data: unknown, isBinary: boolean): void {
  const link = this.link!
  if (isBinary) link.desk.binary(link, data as Buffer)
  else link.desk.text(link, (data as Buffer).toString())
}

function onPing(this: LinkSocket<unknown>): void {
  const link = this.link!
  link.desk.control(link, 'ping')
  link.checkQueue()
}

function onPong(this: LinkSocket<unknown>): void {
  this.link!.desk.control(this.link!, 'pong')
}

function onError(this: LinkSocket<unknown>, error: Error & { code?: string }): void {
  const link = this.link!
  if (!error.code?.startsWith('WS_ERR_')) return
  link.fault = faultCode(error.code)
  link.faultText = error.message
}

function onClose(this: LinkSocket<unknown>, code: number, reason: Buffer): void {
  const link = this.link!
  link.links.delete(link)
  if (link.fault === 0) link.desk.closed(link, code, reason.toString())
  else link.desk.closed(link, link.fault, link.faultText)
}

/** One unmasked text frame, whole (RFC 6455 §5.2). */
function framed(text: string): Uint8Array {
  const frame = Buffer.allocUnsafe(frameBytes(text))
  const head = frame.length < 128 ? 2 : frame.length < 65_540 ? 4 : 10
  const length = frame.length - head
  frame[0] = 0x81
  frame[1] = head === 2 ? length : head === 4 ? 126 : 127
  if (head === 4) frame.writeUInt16BE(length, 2)
  if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2)
  frame.write(text, head)
  return frame
}

function faultCode(code: string): number {
  if (code.includes('UTF8')) return 1007
  if (code.endsWith('TOO_MANY_BUFFERED_PARTS')) return 1008
  return code.startsWith('WS_ERR_UNSUPPORTED_') ? 1009 : 1002
}

function refuse(socket: Duplex, refusal: Refusal): void {
  const { status, body } = refusal
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain;charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(refusalHeaders(refusal)).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

// All values of a repeated header, as on Bun: `headers` keeps only the first `Host`, which a proxy may not go by.
function headerOf(request: IncomingMessage): HeaderOf {
  return name => request.headersDistinct[name]?.join(', ') ?? null
}
