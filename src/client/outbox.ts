// What the client says and asks: sent where a connection is known to live, kept for the next one as far as there is room,
// and, where an answer is wanted, waited for. Nothing that was sent is sent again: it may have arrived.

import type { ServerMessage } from '../protocol/messages.ts'
import { type Agenda, NEVER } from './agenda.ts'
import { type Sent, Undelivered } from './types.ts'

/** Told the answer, or why there will be none. */
interface Settle {
  readonly resolve: (answer: { readonly [key: string]: unknown }) => void
  readonly reject: (why: Undelivered) => void
}

interface Letter {
  readonly message: object
  /** When it is given up. */
  readonly until: number
  /** `null`: nobody wants an answer. */
  readonly settle: Settle | null
  readonly entries: unknown[]
  sent: boolean
}

export class Outbox {
  readonly #agenda: Agenda
  readonly #room: number
  readonly #send: (message: object) => boolean
  readonly #letters = new Map<unknown, Letter>()
  #last = 0

  /** `room`: how many may wait; `send`: false where no connection is known to live. */
  constructor(agenda: Agenda, room: number, send: (message: object) => boolean) {
    this.#agenda = agenda
    this.#room = room
    this.#send = send
  }

  /** Sends it, or keeps it where there is room. */
  post(message: object, until = NEVER, settle: Settle | null = null): Sent {
    const id = ++this.#last
    const letter = { message: settle ? { ...message, id } : message, until, settle, entries: [], sent: false }
    this.#letters.set(id, letter)
    this.flush()
    if (letter.sent) return 'sent'
    if ([...this.#letters.values()].filter(({ sent }) => !sent).length <= this.#room) return 'queued'
    this.#letters.delete(id)
    return 'dropped'
  }

  /** Resolves with the answer; rejects with `Undelivered`. `timeout`: ms. */
  request(message: object, timeout: number): Promise<{ readonly [key: string]: unknown }> {
    return new Promise((resolve, reject) => {
      if (this.post(message, this.#agenda.now() + timeout, { resolve, reject }) === 'dropped')
        reject(new Undelivered('dropped', 'too many messages wait'))
    })
  }

  /** Sends what waits, in order. */
  flush(): void {
    for (const [id, letter] of this.#letters) {
      letter.sent ||= this.#send(letter.message)
      if (!letter.sent) break
      if (letter.settle === null) this.#letters.delete(id)
    }
    this.#plan()
  }

  /** Gives up those that are `due`; how many of them nobody asked an answer of. */
  drop(code: string, why: string, due: (letter: Letter) => boolean): number {
    let silent = 0
    for (const [id, letter] of this.#letters) {
      if (!due(letter)) continue
      this.#letters.delete(id)
      if (letter.settle === null) silent++
      letter.settle?.reject(new Undelivered(code, why))
    }
    this.#plan()
    return silent
  }

  /** Whether `frame` answers something that was asked. */
  answered(frame: Extract<ServerMessage, { t: 'ack' | 'answer' | 'error' }>): boolean {
    const letter = this.#letters.get(frame.id)
    if (!letter?.sent) return false
    if (frame.t === 'answer') {
      letter.entries.push(...frame.entries)
      if (frame.more) return true
    }
    this.#letters.delete(frame.id)
    this.#plan()
    if (frame.t === 'error') letter.settle?.reject(new Undelivered(`${frame.code}`, `${frame.message}`))
    else letter.settle?.resolve({ ...frame, entries: letter.entries })
    return true
  }

  #plan(): void {
    this.#agenda.plan(this.#expire, Math.min(...[...this.#letters.values()].map(({ until }) => until)))
  }

  readonly #expire = (): void => {
    const now = this.#agenda.now()
    this.drop('timeout', 'no answer in time', ({ until }) => until <= now)
  }
}
