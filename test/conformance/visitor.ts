// A connection of the suite: an outsider that speaks the protocol by hand, hears everything and can be as rude as a
// case wants. It knows the shapes of messages and nothing of any server.

import type { Entry, ServerMessage } from '../../src/protocol/messages.ts'
import type { RawSocket } from '../support/raw-socket.ts'
import { show, Unlike } from './case.ts'

export type Kind = ServerMessage['t']
export type Of<K extends Kind> = Extract<ServerMessage, { readonly t: K }>

/** A message of the server and when it came (ms, this process's clock). */
export interface Heard {
  readonly message: ServerMessage
  readonly at: number
}

interface Waiting {
  tries(): boolean
  ended(): void
}

/** How a connection ended. */
export interface End {
  readonly code: number
  readonly reason: string
  readonly at: number
}

export class Visitor {
  readonly socket: RawSocket
  /** All that came, in order. */
  readonly heard: Heard[] = []
  /** When pings came. */
  readonly pings: number[] = []
  /** Payloads of pongs. */
  readonly pongs: string[] = []
  /** Set once it was welcomed. */
  welcome: Of<'welcome'> | null = null
  /** Frames that are no JSON object in one text frame. */
  odd = 0
  end: End | null = null
  readonly ended: Promise<End>
  readonly #patience: number
  readonly #passed = new Map<string, number>()
  readonly #waiting = new Set<Waiting>()
  #asked = 0

  constructor(socket: RawSocket, patience: number) {
    this.socket = socket
    this.#patience = patience
    this.ended = socket.closed.then(end => this.#over(end))
    void this.#listen()
  }

  /** The member it was welcomed as. */
  get member(): string {
    if (typeof this.welcome?.member !== 'string') throw new Unlike('it was welcomed without a member')
    return this.welcome.member
  }

  /** An object goes as JSON, a text as it is. */
  send(message: object | string): void {
    this.socket.sendText(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The next message of this kind that fits; those of the same kind and list before it are passed over. */
  take<K extends Kind>(kind: K, fits: (message: Of<K>) => boolean = () => true, within = this.#patience) {
    return new Promise<Of<K>>((resolve, reject) => {
      const fail = (why: string) => {
        this.#waiting.delete(waiting)
        clearTimeout(timer)
        reject(new Unlike(`${why}; ${this.#tail()}`))
      }
      const waiting: Waiting = {
        tries: () => {
          const found = this.#find(kind, fits)
          if (found === null) return false
          this.#waiting.delete(waiting)
          clearTimeout(timer)
          resolve(found)
          return true
        },
        ended: () => fail(`the connection ended (${this.end?.code}) before the ${kind} that was due`),
      }
      const timer = setTimeout(() => fail(`no such ${kind} within ${within} ms`), within)
      if (waiting.tries()) return
      if (this.end !== null) return waiting.ended()
      this.#waiting.add(waiting)
    })
  }

  /** Messages of this kind so far that fit. */
  all<K extends Kind>(kind: K, fits: (message: Of<K>) => boolean = () => true): Of<K>[] {
    return this.heard.flatMap(({ message }) =>
      message.t === kind && fits(message as Of<K>) ? [message as Of<K>] : [],
    )
  }

  /** Beats and waits for the answer: whatever was sent before has been read by then. */
  async beat(): Promise<Of<'beat'>> {
    this.pass('beat')
    this.send('{"t":"beat"}')
    return this.take('beat')
  }

  /** Sends a message with an id of its own and waits until it is done. */
  async done(message: object): Promise<void> {
    const id = this.nextId()
    this.send({ ...message, id })
    await this.take('ack', ack => ack.id === id).catch(error => {
      const refused = this.all('error', answer => answer.id === id)[0]
      throw refused === undefined
        ? error
        : new Unlike(`refused ${show(message)}: ${refused.code} ${refused.message}`)
    })
  }

  /** Sends a message with an id of its own and waits for the refusal. */
  async refused(message: object): Promise<Of<'error'>> {
    const id = this.nextId()
    this.send({ ...message, id })
    return this.take('error', error => error.id === id).catch(error => {
      throw new Unlike(`${show(message)}: ${error.message}`)
    })
  }

  async ask(members: readonly string[]): Promise<readonly Entry[]> {
    const id = this.nextId()
    this.send({ t: 'ask', members, id })
    const entries: Entry[] = []
    for (;;) {
      const answer = await this.take('answer', answer => answer.id === id)
      entries.push(...answer.entries)
      if (answer.more !== true) return entries
    }
  }

  /** Asks again and again until the answer fits. */
  async sees(member: string, fits: (entry: Entry) => boolean, what: string, within = this.#patience) {
    const until = performance.now() + within
    for (;;) {
      const [entry] = await this.ask([member])
      if (entry === undefined) throw new Unlike('an answer without the member that was asked for')
      if (fits(entry)) return entry
      if (performance.now() > until)
        throw new Unlike(`${what} was not seen within ${within} ms; it is ${show(entry)}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  /** Everything of this kind that came so far is no longer of interest. */
  pass(kind: Kind): void {
    for (const [index, { message }] of this.heard.entries())
      if (message.t === kind) this.#passed.set(keyOf(message), index + 1)
  }

  /** How it ends, which must be soon. */
  async isEnded(within = this.#patience): Promise<End> {
    const late = new Promise<null>(resolve => setTimeout(resolve, within, null).unref())
    const end = await Promise.race([this.ended, late])
    if (end === null) throw new Unlike(`still connected after ${within} ms; ${this.#tail()}`)
    return end
  }

  nextId(): string {
    return `q${++this.#asked}`
  }

  async #listen(): Promise<void> {
    for await (const frame of this.socket) {
      const at = performance.now()
      if (frame.kind === 'ping') this.pings.push(at)
      else if (frame.kind === 'pong') this.pongs.push(frame.text)
      else if (frame.kind !== 'close') this.#hear(frame.kind === 'text' ? parsed(frame.text) : null, at)
    }
  }

  #hear(message: ServerMessage | null, at: number): void {
    if (message === null) {
      this.odd++
      return
    }
    this.heard.push({ message, at })
    for (const waiting of [...this.#waiting]) if (waiting.tries()) return
  }

  #over({ code, reason }: { code: number; reason: string }): End {
    this.end = { code, reason, at: performance.now() }
    for (const waiting of [...this.#waiting]) waiting.ended()
    return this.end
  }

  #find<K extends Kind>(kind: K, fits: (message: Of<K>) => boolean): Of<K> | null {
    for (const [index, { message }] of this.heard.entries()) {
      if (message.t !== kind || index < (this.#passed.get(keyOf(message)) ?? 0)) continue
      if (!fits(message as Of<K>)) continue
      this.#passed.set(keyOf(message), index + 1)
      return message as Of<K>
    }
    return null
  }

  #tail(): string {
    const last = this.heard.at(-1)
    return last === undefined ? 'nothing was heard' : `last heard: ${show(last.message)}`
  }
}

/** Lists and answers are told apart: a diff of one list does not pass over a diff of another. */
function keyOf(message: ServerMessage): string {
  const {
    t,
    of = '',
    group = '',
    id = '',
  } = message as Readonly<Record<'t' | 'of' | 'group' | 'id', unknown>>
  return `${t} ${of} ${group} ${id}`
}

/** `null`: no JSON object with a string `t`. */
function parsed(text: string): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(text)
    const { t } = Object(message) as { t?: unknown }
    return typeof t === 'string' ? (message as ServerMessage) : null
  } catch {
    return null
  }
}
