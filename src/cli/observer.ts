// One watch of a server, kept up by the native protocol as an observer: says hello, watches, beats, and after every
// break comes back with its cursor. It decides when to try again and when to give up; it shows nothing, and it knows
// no clock and no socket but those it is given. One timer at a time.

import { backoff } from '../core/backoff.ts'
import type { ServerMessage } from '../protocol/messages.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'

/** What is watched, as the `watch` message has it. */
export interface Watched {
  readonly members?: readonly string[]
  readonly group?: string
  readonly all?: true
  readonly suspect?: true
}

/** A frame that tells of members. */
export type ListFrame = Extract<ServerMessage, { t: 'snapshot' | 'diff' }>

/** A connection being opened, or open. `close` MUST NOT throw. */
export interface ObserverSocket {
  send(text: string): void
  close(): void
}

/** What a socket tells; nothing after `closed`, which also tells that it could not be opened. */
export interface SocketHandlers {
  opened(subprotocol: string): void
  text(text: string): void
  closed(code: number, reason: string): void
}

/** Monotonic milliseconds, and a call after some of them; the result takes it back. */
export interface ObserverClock {
  now(): number
  after(ms: number, run: () => void): () => void
}

/** Times in ms since 1970, by the server's clock. */
export type ObserverEvent =
  | { readonly what: 'frame'; readonly frame: ListFrame; readonly now: number }
  /** Told once, however often it is tried again. */
  | { readonly what: 'lost'; readonly why: string; readonly now: number }
  /** The last event. */
  | { readonly what: 'ended'; readonly end: ObserverEnd }

/** `left`: asked to stop; `unreachable`: nobody ever answered; `refused`: the server will not, now or later. */
export type ObserverEnd =
  | { readonly how: 'left' }
  | { readonly how: 'unreachable'; readonly why: string }
  | { readonly how: 'refused'; readonly code: string; readonly message: string }

export interface ObserverParts {
  connect(handlers: SocketHandlers): ObserverSocket
  readonly clock: ObserverClock
  /** In [0, 1). */
  readonly random: () => number
  /** Shown in the hello; `null`: none. */
  readonly token: string | null
  readonly tell: (event: ObserverEvent) => void
}

type Welcome = Extract<ServerMessage, { t: 'welcome' }>
type Fault = Extract<ServerMessage, { t: 'error' }>

/** From the first packet to the welcome. */
const PATIENCE = 10_000
/** Beats come well before the server begins to wonder. */
const BEAT_SHARE = 0.8
/** A timer this late was not running while the answer came in. */
const ASLEEP = 1_000
const WATCH_ID = 1
/** The same token will not do later either. */
const HOPELESS: readonly string[] = ['unauthorized', 'expired', 'auth_off']

export class Observer {
  readonly #watched: Watched
  readonly #parts: ObserverParts
  /** Counts connections: what an older one still brings is nobody's. */
  #turn = 0
  #socket: ObserverSocket | null = null
  #cancel: () => void = () => {}
  #welcome: Welcome | null = null
  #everWelcome = false
  #awaiting = false
  #cursor: string | null = null
  #tries = 0
  #lost = false
  #fault: Fault | null = null
  /** Of a server that is about to move its connections. */
  #retryAfter: { readonly min: number; readonly max: number } | null = null
  /** Server's clock - ours. */
  #ahead = 0

  constructor(watched: Watched, parts: ObserverParts) {
    this.#watched = watched
    this.#parts = parts
  }

  /** Called once. */
  start(): void {
    const turn = ++this.#turn
    const current = () => turn === this.#turn
    this.#welcome = null
    this.#awaiting = false
    this.#fault = null
    this.#in(PATIENCE, () => this.#drop('no answer in time'))
    this.#socket = this.#parts.connect({
      opened: subprotocol => current() && this.#opened(subprotocol),
      text: text => current() && this.#heard(text),
      closed: (code, reason) => current() && this.#closed(code, reason),
    })
  }

  /** Says goodbye; `ended` follows. */
  stop(): void {
    if (this.#welcome === null) return this.#end({ how: 'left' })
    this.#turn++
    this.#send({ t: 'bye' })
    this.#end({ how: 'left' })
  }

  #opened(subprotocol: string): void {
    if (subprotocol === SUBPROTOCOL) return this.#hello()
    const message = `the server does not speak ${SUBPROTOCOL} there: name its main port by --url`
    this.#end({ how: 'refused', code: 'unsupported', message })
  }

  #hello(): void {
    const { token } = this.#parts
    this.#send({ t: 'hello', observer: true, ...(token !== null && { token }) })
  }

  #heard(text: string): void {
    const frame = decode(text)
    if (frame === null) return
    // whatever comes in proves that the server lives
    if (this.#awaiting) this.#answered()
    switch (frame.t) {
      case 'welcome':
        return this.#welcomed(frame)
      case 'beat':
        this.#ahead = frame.now - this.#parts.clock.now()
        return
      case 'snapshot':
      case 'diff':
        return this.#told(frame)
      case 'moved':
        this.#retryAfter = frame.retryAfter
        return
      case 'error':
        return this.#faulted(frame)
    }
  }

  #welcomed(welcome: Welcome): void {
    this.#welcome = welcome
    this.#everWelcome = true
    this.#lost = false
    this.#ahead = welcome.now - this.#parts.clock.now()
    this.#watch()
    this.#beatLater()
  }

  #watch(): void {
    const cursor = this.#cursor === null ? {} : { cursor: this.#cursor }
    this.#send({ t: 'watch', ...this.#watched, ...cursor, id: WATCH_ID })
  }

  #told(frame: ListFrame): void {
    if (!Array.isArray(frame.entries)) return
    this.#parts.tell({ what: 'frame', frame, now: this.#now() })
    if (frame.cursor !== undefined) this.#cursor = frame.cursor
  }

  #faulted(fault: Fault): void {
    this.#fault = fault
    if (fault.id !== WATCH_ID) return
    if (fault.code !== 'bad_cursor' && fault.code !== 'cursor_ahead') return this.#refused(fault)
    // a server that knows nothing of our cursor starts us with a new list
    this.#cursor = null
    this.#watch()
  }

  #closed(code: number, reason: string): void {
    if (this.#fault !== null && HOPELESS.includes(this.#fault.code)) return this.#refused(this.#fault)
    if (code >= 4_500 && code < 5_000) {
      const message = reason === '' ? `the server closed with ${code}` : reason
      return this.#refused(this.#fault ?? { code: String(code), message })
    }
    this.#retry(this.#fault?.message ?? whyClosed(code, reason))
  }

  #beatLater(): void {
    const { interval } = this.#welcome!.timing
    this.#in(interval * BEAT_SHARE, () => this.#beat())
  }

  #beat(): void {
    const { timeout } = this.#welcome!.timing
    const due = this.#parts.clock.now() + timeout
    this.#send({ t: 'beat' })
    this.#awaiting = true
    this.#in(timeout, () => {
      if (this.#parts.clock.now() - due > ASLEEP) this.#beat()
      else this.#drop('a beat was not answered')
    })
  }

  #answered(): void {
    this.#awaiting = false
    this.#tries = 0
    this.#beatLater()
  }

  /** Leaves a connection that says nothing: its own end could take minutes to be told. */
  #drop(why: string): void {
    this.#turn++
    this.#socket?.close()
    this.#retry(why)
  }

  #retry(why: string): void {
    if (!this.#everWelcome) return this.#end({ how: 'unreachable', why })
    this.#turn++
    this.#socket = null
    this.#welcome = null
    if (!this.#lost) this.#parts.tell({ what: 'lost', why, now: this.#now() })
    this.#lost = true
    this.#in(this.#wait(), () => this.start())
  }

  #wait(): number {
    const window = this.#retryAfter
    const chance = this.#parts.random()
    this.#retryAfter = null
    if (window === null) return backoff(this.#tries++, chance)
    return window.min + chance * (window.max - window.min)
  }

  #refused({ code, message }: Pick<Fault, 'code' | 'message'>): void {
    this.#end({ how: 'refused', code, message })
  }

  #end(end: ObserverEnd): void {
    this.#turn++
    this.#cancel()
    this.#socket?.close()
    this.#socket = null
    this.#parts.tell({ what: 'ended', end })
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify(message))
  }

  #now(): number {
    return this.#parts.clock.now() + this.#ahead
  }

  #in(ms: number, run: () => void): void {
    this.#cancel()
    this.#cancel = this.#parts.clock.after(ms, run)
  }
}

function decode(text: string): ServerMessage | null {
  try {
    const frame: unknown = JSON.parse(text)
    return typeof frame === 'object' && frame !== null ? (frame as ServerMessage) : null
  } catch {
    return null
  }
}

function whyClosed(code: number, reason: string): string {
  if (code === 1012) return 'the server restarts'
  if (code === 1006) return 'the connection broke'
  return reason === '' ? `closed with ${code}` : `${reason} (${code})`
}
