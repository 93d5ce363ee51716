// What a transport is: it turns a port into links (WebSocket connections and event streams) and plain HTTP requests,
// the same way on every runtime. It decides nothing about presence; it never keeps a timer per link and never judges silence.

import type { LazyText } from '../core/lazy.ts'

/** Where a request came from. */
export interface Asked {
  /** Path and query as sent: `/ws?x=1`. */
  readonly url: string
  /** Header by lower-case name; `null` when absent. */
  header(name: string): string | null
  /** Remote IP address, no port. IPv4-mapped addresses are given as IPv4. */
  readonly address: string
}

/** What becomes a link, before anything is accepted: an upgrade, or a request for an event stream. */
export interface UpgradeRequest extends Asked {
  /** Subprotocols the client offered, in its order. */
  readonly protocols: readonly string[]
}

/**
 * Answer to an upgrade: accept with the owner's object, or refuse with an HTTP status and a text body. A `protocol`
 * the client did not offer is not named in the answer. An accepted upgrade whose socket breaks before the answer is
 * out brings no `open` and no `closed`: count links there, not here.
 */
export type UpgradeAnswer<T> =
  | { readonly accept: true; readonly data: T; readonly protocol?: string }
  | ({ readonly accept: false } & Refusal)

/** An HTTP status and a text for people. */
export interface Refusal {
  readonly status: number
  readonly body: string
  /** Seconds until it is worth another try, sent as `Retry-After`. */
  readonly retryAfter?: number
}

/** A certificate chain and its private key, both as PEM. */
export interface Pem {
  readonly cert: string
  readonly key: string
}

/**
 * One accepted connection: a WebSocket, or an event stream with the requests that belong to it.
 * MUST: `send`, `ping`, `close` and `terminate` never throw, also on a finished link (then they do nothing).
 * MUST: after `terminate()` or `close()` no frame of this link reaches the handlers any more.
 * MUST: `closed` never comes from within `send`, `close` or `terminate`, but on a later turn.
 */
export interface Link<T = unknown> {
  /** What the owner gave at the upgrade. */
  readonly data: T
  readonly address: string
  /** The chosen subprotocol, or '' for none. */
  readonly protocol: string
  /** Whether the other side answers a ping. Where not, nothing but a message proves that it is there. */
  readonly pings: boolean
  /** Sends one text frame. A link whose queue is over the cap is terminated instead (`slow`). */
  send(text: string): void
  /** Sends a WebSocket ping frame without payload; where there is none, what keeps proxies from cutting the link. */
  ping(): void
  /**
   * Graceful close with a code 1000-4999 and a reason of at most 123 bytes; longer ones are cut, and a code that may
   * not stand on the wire becomes 1000. A peer that never answers is gone after 2 s at most.
   */
  close(code: number, reason?: string): void
  /**
   * Cuts the link without a close handshake. Many calls in one turn are spread over turns, so that none blocks
   * the loop for over 30 ms; `closed` follows once the link is really gone.
   */
  terminate(): void
  /** From now on also gets what is published to `topic`, in order with what is sent to it. Twice is once. */
  subscribe(topic: string): void
  /** No longer. Also when it was not subscribed. The end of a link ends its subscriptions. */
  unsubscribe(topic: string): void
  /** Bytes that wait in the send queue of this process. */
  readonly queued: number
}

/** How a link ended. */
export interface Closed {
  /**
   * RFC 6455 §7.4 code in one vocabulary on every runtime: 1006 broken, 1005 closed without code, 1009, 1007, 1002 …
   * That an event stream broke is told 1 s later: what its page said as it went may still be on its way.
   */
  readonly code: number
  readonly reason: string
  /**
   * `peer`: the other side or the network, also by breaking the protocol (1002, 1007, 1009); `us`: close, terminate or
   * stop, with the code and reason we gave (terminate: 1006), and 1011 after a throw; `slow`: cut for its send queue.
   */
  readonly by: 'peer' | 'us' | 'slow'
}

/**
 * What the owner of a transport does with what comes in. A handler that throws ends that link with 1011 and is
 * reported to `onError`; the process lives. Called in the order in which frames arrive; `open` comes first and
 * `closed` comes last, each exactly once.
 */
export interface Handlers<T> {
  upgrade(request: UpgradeRequest): UpgradeAnswer<T>
  /** Asked about each request that belongs to an event stream; `null`: it may pass. */
  refuses(request: Asked): Refusal | null
  open(link: Link<T>): void
  text(link: Link<T>, text: string): void
  /** The bytes are only valid during the call. */
  binary(link: Link<T>, bytes: Uint8Array): void
  /** A ping (already answered by the transport) or a pong came in: evidence of life, nothing else. */
  control(link: Link<T>, frame: 'ping' | 'pong'): void
  closed(link: Link<T>, how: Closed): void
  /**
   * Any request that is no upgrade. A response that keeps silent for `requestTimeout` may be cut; one to GET that does not
   * come at once, and its body, only after 45 s. `address` can be found out only in this call.
   */
  request(request: Request, address: LazyText): Response | Promise<Response>
  onError(error: unknown, context: { stage: string }): void
}

/** Settings of one listener. */
export interface ListenOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Largest inbound message in bytes, fragments added up; over it the link ends with 1009. @default 4 MiB */
  readonly maxMessageBytes?: number
  /** Send-queue cap in bytes: what may wait behind the frame that is being sent. @default 1 MiB */
  readonly maxQueuedBytes?: number
  /**
   * The subprotocol that event streams speak as if they had offered it; without it there are no event streams. They
   * are opened at any path by `?transport=sse` (PROTOCOL.md, Event streams). @default none
   */
  readonly streamProtocol?: string
  /**
   * A half-open request or upgrade is cut after this many milliseconds: up to 1 s later on Node, up to 2 s sooner or
   * later on Bun, where it holds from a connection's second request on (before the first it is always the default).
   * @default 10,000
   */
  readonly requestTimeout?: number
  /** Speaks TLS 1.2 or newer with it. They have been found to fit. @default plain */
  readonly tls?: Pem
}

/** A running listener. */
export interface Listener {
  readonly host: string
  readonly port: number
  /** Links that are open now. */
  readonly links: number
  /** Links cut because their send queue was over the cap. */
  readonly slowCuts: number
  /**
   * Sends one text frame to every subscriber of `topic`; those may be thousands, so split what is larger yourself. MUST
   * NOT drop it for any of them: one whose queue is over the cap is cut (`slow`), on a later turn.
   */
  publish(topic: string, text: string): void
  /**
   * Shows newcomers this certificate from now on; every link lives on with the one it has. Who is in the middle of its
   * handshake may have to try again. Throws for one that cannot be used, and then nothing has changed. Only where `tls`
   * was given at the start.
   */
  reloadTls(pem: Pem): void
  /** No new connections, upgrades or event streams; existing links live on. */
  stopAccepting(): void
  /** Ends everything that is still open and frees the port. */
  stop(): Promise<void>
}

/** One runtime's way to listen. Rejects with `SystoleError` `port_taken` or `bind_refused` naming host, port and remedy. */
export interface Transport {
  readonly name: 'bun' | 'node'
  listen<T>(options: ListenOptions, handlers: Handlers<T>): Promise<Listener>
}
