// One end of a connection with no socket: what a test sends goes straight to the server's handlers, what the server
// sends is kept. As the contract of transports says, an ended link is mute and its end is told on a later turn.

import type { Connection } from '../../src/server/connection.ts'
import type { Handlers, Link } from '../../src/transports/transport.ts'

export class FakeLink implements Link<Connection> {
  readonly data: Connection
  readonly address: string
  readonly protocol: string
  /** What the send queue holds, as the test likes. */
  queued = 0
  /** Texts from the server, in order. */
  readonly sent: string[] = []
  /** WebSocket pings from the server. */
  pinged = 0
  /** As the link of an event stream, where a test says false. */
  pings = true
  /** What it is subscribed to; nothing once it has ended. */
  readonly topics = new Set<string>()
  /** Code the server closed with; 1006: cut. */
  ended: number | null = null
  #gone = false
  readonly #handlers: Handlers<Connection>

  constructor(handlers: Handlers<Connection>, data: Connection, address: string, protocol: string) {
    this.#handlers = handlers
    this.data = data
    this.address = address
    this.protocol = protocol
  }

  // --- what the server does

  send(text: string): void {
    if (this.ended === null) this.sent.push(text)
  }

  ping(): void {
    if (this.ended === null) this.pinged++
  }

  close(code: number): void {
    this.#end(code)
  }

  terminate(): void {
    this.#end(1006)
  }

  subscribe(topic: string): void {
    if (this.ended === null) this.topics.add(topic)
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic)
  }

  // --- what the other side does

  /** Sends texts; anything but a string as JSON. */
  say(...messages: unknown[]): void {
    for (const message of messages)
      if (this.ended === null)
        this.#handlers.text(this, typeof message === 'string' ? message : JSON.stringify(message))
  }

  binary(length = 1): void {
    if (this.ended === null) this.#handlers.binary(this, new Uint8Array(length).fill(1))
  }

  control(frame: 'ping' | 'pong' = 'pong'): void {
    if (this.ended === null) this.#handlers.control(this, frame)
  }

  /** Closes with `code`; 1006: the connection breaks. */
  drop(code = 1006): void {
    this.#end(code)
    this.settle()
  }

  /** Tells the server that an ended link is gone. */
  settle(): void {
    if (this.ended === null || this.#gone) return
    this.#gone = true
    this.#handlers.closed(this, { code: this.ended, reason: '', by: 'us' })
  }

  #end(code: number): void {
    this.ended ??= code
    this.topics.clear()
  }
}
