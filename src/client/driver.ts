// Carries out what the machine decides: opens connections, one at a time, hands frames on, and keeps the machine told. What
// an older connection still brings is nobody's. It never decides when to try again or when to give up.

import type { ServerMessage } from '../protocol/messages.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Agenda } from './agenda.ts'
import { CODE } from './codes.ts'
import type { Host, Line, Signal } from './host.ts'
import type { Identity } from './identity.ts'
import { type Effect, IDLE, type Input, step } from './machine.ts'
import type { Tokens } from './tokens.ts'
import { type State, type StateChange, type Tell, Unauthorized } from './types.ts'
import type { Ways } from './ways.ts'

/** A message of the server, by its `t`. */
export type Frame<T extends ServerMessage['t']> = Extract<ServerMessage, { t: T }>

/** What it works with. */
export interface DriverParts {
  readonly host: Host
  readonly agenda: Agenda
  readonly identity: Identity
  readonly tokens: Tokens | null
  readonly ways: Ways
  /** All of a hello but instance, epoch and token. */
  hello(): object
  /** Before `online` is told. */
  greeted(welcome: Frame<'welcome'>): void
  /** Any other frame of the present connection. A throw: it cannot be understood. */
  heard(frame: Exclude<ServerMessage, Frame<'welcome' | 'moved'>>): void
  changed(change: StateChange): void
  readonly problem: Tell
}

/** A window that a server gives is not for ever. */
const LONGEST_WINDOW = 3_600_000

export class Driver {
  readonly #parts: DriverParts
  #machine = IDLE
  readonly #changes: StateChange[] = []
  /** Counts connections. */
  #turn = 0
  #line: Line | null = null
  /** The one before, let go of when the next is begun. */
  #old: Line | null = null
  /** Nothing came of the present connection yet. */
  #dialing = false
  /** Waits for the token. */
  #preparing = false

  constructor(parts: DriverParts) {
    this.#parts = parts
  }

  get state(): State {
    return this.#machine.state
  }

  get hidden(): boolean {
    return this.#machine.hidden
  }

  step(input: Input): void {
    const { agenda, host, changed } = this.#parts
    const { machine, effects, change } = step(this.#machine, input, agenda.now(), host.random())
    this.#machine = machine
    agenda.plan(this.#timer, machine.due)
    if (change !== null) this.#changes.push(change)
    for (const effect of effects) this.#carryOut(effect)
    // one step may lead to the next at once: told in their order
    for (let told = this.#changes.shift(); told; told = this.#changes.shift()) changed(told)
  }

  signal(signal: Exclude<Signal, 'active'>): void {
    if (signal === 'leaving') this.#line?.leaving?.()
    else this.step({ type: signal })
    if (signal === 'leaving' || signal === 'cached') this.#parts.identity.release()
  }

  /** On the present connection; false where there is none that is known to live. */
  send(message: object): boolean {
    if (this.state !== 'online') return false
    this.#line?.send(JSON.stringify(message))
    return true
  }

  readonly #timer = (): void => this.step({ type: 'timer' })

  #carryOut(effect: Effect): void {
    const { identity, tokens } = this.#parts
    if (effect === 'open') this.#open()
    if (effect === 'beat') this.#line?.send('{"t":"beat"}')
    if (effect === 'renew') identity.renew()
    if (effect === 'forget') tokens?.forget()
    if (effect === 'bye') this.#line?.send('{"t":"bye"}')
    if (effect === 'park') this.#drop(CODE.cached)
    if (effect === 'bye' || effect === 'drop') this.#drop(this.state === 'closed' ? CODE.bye : CODE.givenUp)
  }

  #drop(code: number): void {
    const { problem, ways } = this.#parts
    if (this.state === 'waiting' && this.#preparing) problem('token', 'getToken has not answered for 10 s')
    if (this.#dialing) ways.failed()
    this.#dialing = false
    this.#turn++
    this.#preparing = false
    this.#letGo()
    this.#line?.close(code)
    this.#line = null
  }

  #letGo(): void {
    this.#old?.close(CODE.givenUp)
    this.#old = null
  }

  #open(): void {
    const { identity, tokens, ways } = this.#parts
    const turn = ++this.#turn
    this.#letGo()
    this.#old = this.#line
    this.#line = null
    const waits = [identity.claim(), tokens?.get(), ways.load()].filter(Boolean)
    // what is known already is not waited for: a hidden page may have no later turn
    if (waits.length === 0) return this.#dial(turn)
    this.#preparing = true
    Promise.all(waits).then(
      () => turn === this.#turn && this.#dial(turn),
      cause => turn === this.#turn && this.#denied(cause),
    )
  }

  #denied(cause: unknown): void {
    const final = cause instanceof Unauthorized
    this.#preparing = false
    if (!final) this.#parts.problem('token', `no token: ${cause}`, { cause })
    this.step({ type: 'denied', final })
  }

  #dial(turn: number): void {
    const { identity, ways, problem } = this.#parts
    const mine = (run: () => void) => {
      if (turn === this.#turn) run()
    }
    this.#preparing = false
    this.#dialing = true
    identity.advance()
    try {
      this.#line = ways.connect({
        opened: protocol => mine(() => this.#greet(protocol)),
        text: text => mine(() => this.#heard(text)),
        closed: (code, reason) => mine(() => this.#closed(code, reason)),
      })
    } catch (cause) {
      problem('transport', `cannot connect: ${cause}`, { cause })
      this.#closed(CODE.broken)
    }
    this.#letGo()
  }

  #greet(protocol: string): void {
    const { identity, tokens, hello } = this.#parts
    if (protocol !== SUBPROTOCOL)
      return this.#closed(CODE.broken, `what answers does not speak ${SUBPROTOCOL}`, 'unsupported')
    this.#dialing = false
    const { instance, epoch } = identity
    this.#line?.send(
      JSON.stringify({ t: 'hello', ...hello(), ...(tokens && { token: tokens.token }), instance, epoch }),
    )
  }

  /** A way that knows more than its code says so by its `reason`. */
  #closed(code: number, reason = '', problem: 'transport' | 'unsupported' = 'transport'): void {
    if (code === CODE.broken && reason !== '') this.#parts.problem(problem, reason)
    this.step({ type: 'closed', code })
  }

  #heard(text: string): void {
    const { heard, problem } = this.#parts
    try {
      const frame: ServerMessage = JSON.parse(text)
      if (typeof frame.t !== 'string') throw new TypeError('no t')
      // any message proves that something lives there
      this.step({ type: 'heard', beat: frame.t === 'beat' })
      if (frame.t === 'welcome') this.#welcomed(frame)
      else if (frame.t === 'moved') this.#moved(frame)
      else heard(frame)
    } catch (cause) {
      problem('bad_frame', `the server sent what is no message: ${text.slice(0, 80)}`, { cause })
    }
  }

  #welcomed(welcome: Frame<'welcome'>): void {
    if (this.state !== 'connecting') return
    const { greeted, tokens, ways } = this.#parts
    const { timing, evidence, tokenExpires } = welcome
    const interval = time(timing.interval)
    const timeout = time(timing.timeout)
    const now = time(welcome.now)
    if (tokenExpires !== undefined) tokens?.lasts(time(tokenExpires) - now)
    ways.worked()
    greeted(welcome)
    this.step({ type: 'welcome', interval, timeout, always: evidence === 'beat' || !ways.pings })
  }

  #moved({ retryAfter: { min, max } }: Frame<'moved'>): void {
    const window = { min: Math.min(time(min), LONGEST_WINDOW), max: Math.min(time(max), LONGEST_WINDOW) }
    this.step({ type: 'moved', window })
  }
}

/** Throws for what cannot be one, or so many ms. */
export function time(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < 1e16) return value
  throw new TypeError(`${value} is no time`)
}
