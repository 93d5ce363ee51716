// Links over Bun.serve. Maps the engine's quirks to the contract: it leaves no timer to the engine (its idle timeout
// is reset by our own sends), names every subprotocol itself, and reads the true close code out of the reason text.
import type { Server, ServerWebSocket } from 'bun'
import { frameBytes } from './backlog.ts'
import { BaseLink } from './base-link.ts'
import { bindError } from './bind-error.ts'
import { Desk, STOPPED } from './desk.ts'
import { AskedBy, chosenProtocol, isUpgrade, plainAddress, readOffer } from './handshake.ts'
import { QueueCheck } from './queue-check.ts'
import { refusalHeaders } from './refusal.ts'
import type { Topic } from './topics.ts'
import type { Closed, Handlers, Listener, ListenOptions, Pem, Refusal, Transport } from './transport.ts'

type Socket<T> = ServerWebSocket<BunLink<T>>

/** The engine must never drop by itself: our own cap is judged after every send (see Backlog). */
const ENGINE_QUEUE = 2 ** 31 - 1
/** How long an answer may be silent that has to be waited for, in seconds. */
const PATIENCE = 45
/** Ending 10,000 links costs 100-130 ms in one go; in pieces of this many the worst block measured is 14 ms. */
const ENDING_BUDGET = 8

export const bunTransport: Transport = {
  name: 'bun',
  async listen<T>(options: ListenOptions, handlers: Handlers<T>): Promise<Listener> {
    const desk = new Desk(options, handlers, ENDING_BUDGET)
    try {
      return new BunListener(desk, options, serve(await bound(options), desk))
    } catch (error) {
      throw bindError(error, options.host, options.port)
    }
  },
}

class BunLink<T> extends BaseLink<T> {
  /** Set in `open`, before anybody sees the link. */
  socket!: Socket<T>

  override get queued(): number {
    return this.socket.getBufferedAmount()
  }

  override ping(): void {
    if (this.ending === undefined) this.socket.ping()
  }

  protected override joined(topic: string): void {
    this.socket.subscribe(topic)
  }

  protected override left(topic: string): void {
    this.socket.unsubscribe(topic)
  }

  override endSocket(how: Closed): void {
    if (how.code === 1006) this.socket.terminate()
    else this.socket.close(how.code, how.reason)
  }

  /** An empty text gives 0 though it is sent; so does any on a socket whose end is about to be told. */
  protected override write(text: string): number {
    const result = this.socket.sendText(text)
    return result === 0 && (text === '' || this.socket.readyState !== 1) ? 1 : result
  }
}

class BunListener<T> implements Listener {
  readonly host: string
  readonly port: number
  readonly #desk: Desk<T>
  readonly #options: ListenOptions
  readonly #queues: QueueCheck<BaseLink<unknown>>
  /** The one that accepts. */
  #server: Server<BunLink<T>>
  /** Those before it, whose certificate was replaced, for as long as they have links. */
  readonly #former = new Set<Server<BunLink<T>>>()

  constructor(desk: Desk<T>, options: ListenOptions, server: Server<BunLink<T>>) {
    this.#desk = desk
    this.#options = options
    this.#server = server
    this.#queues = new QueueCheck(desk.maxQueued, () => performance.now(), setImmediate)
    this.host = server.hostname ?? ''
    this.port = server.port ?? 0
  }

  get links(): number {
    return this.#desk.links
  }

  get slowCuts(): number {
    return this.#desk.slowCuts
  }

  /**
   * A frame that is large against the cap goes out link by link, so that it is exempt as any large frame is (see
   * Backlog); the engine's own way is for the small ones, which it merges when several fall in one turn.
   */
  publish(topic: string, text: string): void {
    this.#desk.streams?.publish(topic, text)
    const found = this.#desk.topics.get(topic)
    if (found === undefined) return
    const bytes = frameBytes(text)
    if (text === '' || bytes > this.#desk.maxQueued / 4) return this.#desk.sendAll(found.links, text)
    if (this.#desk.ending > 0) dropEnded(found)
    this.#server.publish(topic, text)
    for (const server of this.#former) server.publish(topic, text)
    found.published += bytes
    this.#queues.note(found, bytes)
  }

  // The engine takes no other certificate for a server that runs: the next one listens beside it on the same port.
  reloadTls(tls: Pem): void {
    if (this.#options.tls === undefined || !this.#desk.accepting) return
    const former = this.#server
    this.#server = serve({ ...this.#options, host: this.host, port: this.port, tls }, this.#desk)
    this.#former.add(former)
    void former.stop().then(() => this.#former.delete(former))
  }

  stopAccepting(): void {
    if (!this.#desk.accepting) return
    this.#desk.accepting = false
    // Resolves only when every link is gone; the port is free at once.
    void this.#server.stop()
  }

  async stop(): Promise<void> {
    this.stopAccepting()
    this.#desk.streams?.stop(STOPPED)
    // Else links that were just closed with a code of their own would be told 1001 instead.
    await this.#desk.settled()
    await this.#desk.streams?.ended()
    await Promise.all([this.#server, ...this.#former].map(server => server.stop(true)))
    await this.#desk.empty()
  }
}

// Two servers on one port, as a new certificate needs, the system allows only if both say so from the start. Then it
// would also allow a second program to take half of the links: so see first that nobody is there.
async function bound(options: ListenOptions): Promise<ListenOptions> {
  if (options.tls === undefined) return options
  const probe = Bun.serve({ hostname: options.host, port: options.port, fetch: () => new Response() })
  const port = probe.port ?? 0
  await probe.stop(true)
  return { ...options, port }
}

function serve<T>(options: ListenOptions, desk: Desk<T>): Server<BunLink<T>> {
  return Bun.serve<BunLink<T>>({
    hostname: options.host,
    port: options.port,
    ...(options.tls !== undefined && { tls: { ...options.tls }, reusePort: true }),
    // The engine looks every 4 s, so 10 s means 8 to 12 s; before a connection's first request its own 10 s rule always.
    idleTimeout: idleSeconds(desk),
    fetch: (request, server) => answer(request, server, desk),
    websocket: {
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
      maxPayloadLength: desk.maxMessage,
      backpressureLimit: ENGINE_QUEUE,
      open(socket) {
        socket.data.socket = socket
        desk.opened(socket.data)
      },
      message(socket, message) {
        if (typeof message === 'string') desk.text(socket.data, message)
        else desk.binary(socket.data, message)
      },
      ping(socket) {
        desk.control(socket.data, 'ping')
        socket.data.checkQueue()
      },
      pong(socket) {
        desk.control(socket.data, 'pong')
      },
      close(socket, code, reason) {
        const link = socket.data
        if (!desk.accepting && code === 1001 && reason === 'Server closed') link.ending ??= STOPPED
        const fault = code === 1006 ? faultCode(reason) : code
        desk.closed(link, fault, fault === code ? reason : reason.replace('Received ', ''))
      },
    },
  })
}

function idleSeconds({ requestTimeout }: { readonly requestTimeout: number }): number {
  return Math.min(255, Math.max(1, Math.ceil(requestTimeout / 1000)))
}

/** Only now, not as each is ended: to unsubscribe 10,000 links from ten topics each in one turn would block for 60 ms. */
function dropEnded({ name, links }: Topic<BaseLink<unknown>>): void {
  for (const link of links) if (link.ending !== undefined) link.unsubscribe(name)
}

function answer<T>(request: Request, server: Server<BunLink<T>>, desk: Desk<T>) {
  // a twentieth of what a small request costs, and most are never asked for it
  const find = () => plainAddress(server.requestIP(request)?.address)
  const header = (name: string) => request.headers.get(name)
  if (!isUpgrade(header)) {
    const wait = () => server.timeout(request, PATIENCE)
    const answered = () => server.timeout(request, idleSeconds(desk))
    return desk.request(request, find, { wait, answered, endure: () => server.timeout(request, 0) })
  }
  const offer = readOffer(request.method, header)
  if (!offer.ok) return refuse(offer)
  const address = find()
  const asked = new AskedBy(request, address, offer.protocols)
  const admitted = desk.admit(asked)
  if (!admitted.accept) return refuse(admitted)
  const protocol = chosenProtocol(admitted, offer.protocols)
  const data = new BunLink(desk, admitted.data, address, protocol)
  // Without this header the engine answers with the first protocol the client offered; empty, it names none.
  const headers = offer.protocols.length > 0 ? { 'Sec-WebSocket-Protocol': protocol } : undefined
  const upgraded = server.upgrade(request, headers === undefined ? { data } : { data, headers })
  return upgraded ? undefined : refuse({ status: 400, body: 'not a WebSocket upgrade' })
}

function refuse(refusal: Refusal): Response {
  return new Response(refusal.body, { status: refusal.status, headers: refusalHeaders(refusal) })
}

/** The peer gets the right code, our side 1006 and a text: the text tells which protocol rule was broken. */
function faultCode(reason: string): number {
  if (!reason.startsWith('Received ')) return 1006
  if (reason.includes('too big message') || reason.includes('fit in memory')) return 1009
  return reason.includes('UTF-8') ? 1007 : 1002
}
