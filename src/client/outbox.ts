// What the client says and asks: sent where a connection is known to live, kept for the next one as far as there is room,
// and, where an answer is wanted, waited for. Nothing that was sent is sent again: it may have arrived.

import type { ServerMessage } from '../protocol/messages.ts'
import type { Agenda } from './agenda.ts'
import type { Frame } from './frames.ts'
import { type Sent, type Tell, Undelivered } from './types.ts'

type Answer = Frame<'ack'> | Frame<'answer'>

interface Waiting {
  readonly message: object
  readonly settle: Settle | null
}

interface Settle {
  readonly resolve: (answer: Answer) => void
  readonly reject: (why: Undelivered) => void
  readonly until: number
  readonly entries: unknown[]
}

/** What it works with. */
export interface OutboxParts {
  readonly agenda: Agenda
  /** How many may wait. */
  readonly room: number
  /** False: there is no connection that is known to live. */
  send(message: object): boolean
  /** Nothing will ever be sent again, as it stands. */
  isClosed(): boolean
  readonly problem: Tell
}

export class Outbox {
  readonly #parts: OutboxParts
  readonly #due
  readonly #queue = new Map<number, Waiting>()
  /** Sent, and waiting for their answers. */
  readonly #asked = new Map<number, Settle>()
  #last = 0

  constructor(parts: OutboxParts) {
    this.#parts = parts
    this.#due = parts.agenda.item(() => this.#expire())
  }

  /** Sends or keeps it; `settle`: its answer is wanted. */
  post(message: object, settle: Settle | null = null): Sent {
    const { send, isClosed, room } = this.#parts
    const id = ++this.#last
    const whole = settle === null ? message : { ...message, id }
    if (send(whole)) {
      if (settle !== null) this.#await(id, settle)
      return 'sent'
    }
    if (isClosed() || this.#queue.size >= room) return 'dropped'
    this.#queue.set(id, { message: whole, settle })
    this.#plan()
    return 'queued'
  }

  /** Resolves with the answer; rejects with `Undelivered`. `timeout`: ms. */
  request(message: object, timeout: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject, until: this.#parts.agenda.now() + timeout, entries: [] }
      if (this.post(message, settle) === 'dropped')
        reject(new Undelivered('dropped', 'too many messages wait, or closed'))
    })
  }

  /** A connection lives: what waited goes out, in order. */
  flush(): void {
    for (const [id, { message, settle }] of this.#queue) {
      if (!this.#parts.send(message)) return
      this.#queue.delete(id)
      if (settle !== null) this.#await(id, settle)
    }
  }

  /** The connection is gone, and with it the answers. */
  broke(): void {
    for (const [id, { reject }] of this.#asked) {
      this.#asked.delete(id)
      reject(new Undelivered('lost', 'the connection broke before the answer came'))
    }
  }

  /** Nothing will be sent any more. */
  close(): void {
    this.broke()
    const kept = [...this.#queue.values()]
    this.#queue.clear()
    this.#plan()
    for (const { settle } of kept) settle?.reject(new Undelivered('dropped', 'the client was closed'))
    const silent = kept.filter(({ settle }) => settle === null).length
    if (silent > 0)
      this.#parts.problem('dropped', `${silent} messages were never sent: the client was closed`)
  }

  /** Whether `frame` answers something that was asked. */
  answered(frame: ServerMessage): boolean {
    if (frame.t !== 'ack' && frame.t !== 'answer' && frame.t !== 'error') return false
    const id = frame.id as number
    const asked = this.#asked.get(id)
    if (asked === undefined) return false
    if (frame.t === 'answer') {
      if (Array.isArray(frame.entries)) asked.entries.push(...frame.entries)
      if (frame.more) return true
    }
    this.#asked.delete(id)
    this.#plan()
    if (frame.t === 'error') asked.reject(new Undelivered(String(frame.code), String(frame.message)))
    else asked.resolve(frame.t === 'ack' ? frame : ({ ...frame, entries: asked.entries } as Answer))
    return true
  }

  #await(id: number, settle: Settle): void {
    this.#asked.set(id, settle)
    this.#plan()
  }

  #plan(): void {
    let at = Number.POSITIVE_INFINITY
    for (const { until } of this.#asked.values()) at = Math.min(at, until)
    for (const { settle } of this.#queue.values()) at = Math.min(at, settle?.until ?? at)
    this.#parts.agenda.plan(this.#due, at)
  }

  #expire(): void {
    const now = this.#parts.agenda.now()
    const late: Settle[] = []
    for (const [id, settle] of this.#asked)
      if (settle.until <= now && this.#asked.delete(id)) late.push(settle)
    for (const [id, { settle }] of this.#queue)
      if (settle !== null && settle.until <= now && this.#queue.delete(id)) late.push(settle)
    this.#plan()
    for (const { reject } of late) reject(new Undelivered('timeout', 'no answer in time'))
  }
}
