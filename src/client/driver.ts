// Carries out what the machine decides: opens connections, one at a time, hands frames on, and keeps the machine told. What
// an older connection still brings is nobody's. It never decides when to try again or when to give up.

import type { ServerMessage } from '../protocol/messages.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Agenda } from './agenda.ts'
import { BYE, CACHED, GIVEN_UP } from './codes.ts'
import { type Frame, isTime, isWelcome, isWindow, readFrame } from './frames.ts'
import type { Line, Signal } from './host.ts'
import type { Identity } from './identity.ts'
import { type Effect, IDLE, type Input, step } from './machine.ts'
import type { Tokens } from './tokens.ts'
import { type State, type StateChange, type Tell, Unauthorized } from './types.ts'
import type { Ways } from './ways.ts'

/** What it works with. */
export interface DriverParts {
  readonly agenda: Agenda
  readonly random: () => number
  readonly identity: Identity
  readonly tokens: Tokens | null
  readonly ways: Ways
  /** All of a hello but who, instance, epoch and token. */
  hello(): object
  /** The server greeted; `online` is told after this. */
  greeted(welcome: Frame<'welcome'>): void
  /** A frame came in on the present connection; the welcome too. */
  heard(frame: ServerMessage): void
  changed(change: StateChange): void
  readonly problem: Tell
}

const BEAT = '{"t":"beat"}'
/** A window that a server gives is not for ever. */
const LONGEST_WINDOW = 3_600_000

export class Driver {
  readonly #parts: DriverParts
  readonly #timer
  #machine = IDLE
  /** Counts connections. */
  #turn = 0
  #line: Line | null = null
  /** The one before, let go of when the next is begun. */
  #old: Line | null = null
  readonly #changes: StateChange[] = []
  #depth = 0
  /** Waits for the token. */
  #preparing = false

  constructor(parts: DriverParts) {
    this.#parts = parts
    this.#timer = parts.agenda.item(() => this.step({ type: 'timer' }))
  }

  get state(): State {
    return this.#machine.state
  }

  get hidden(): boolean {
    return this.#machine.hidden
  }

  step(input: Input): void {
    const { agenda, random, changed } = this.#parts
    const { machine, effects, change } = step(this.#machine, input, agenda.now(), random())
    this.#machine = machine
    agenda.plan(this.#timer, machine.due)
    if (change !== null) this.#changes.push(change)
    this.#depth++
    for (const effect of effects) this.#carryOut(effect)
    // one step may lead to the next at once: told in their order
    if (--this.#depth === 0)
      for (let told = this.#changes.shift(); told; told = this.#changes.shift()) changed(told)
  }

  signal(signal: Signal): void {
    if (signal === 'leaving') this.#line?.leaving?.()
    else if (signal !== 'active') this.step({ type: signal })
    if (signal === 'leaving' || signal === 'cached') this.#parts.identity.release()
  }

  /** On the present connection; false where there is none that is known to live. */
  send(message: object): boolean {
    if (this.state !== 'online') return false
    this.#line?.send(JSON.stringify(message))
    return true
  }

  #carryOut(effect: Effect): void {
    const { identity, tokens } = this.#parts
    switch (effect) {
      case 'open':
        return this.#open()
      case 'beat':
        return this.#line?.send(BEAT)
      case 'renew':
        return identity.renew()
      case 'forget':
        return tokens?.forget()
      case 'bye':
        this.#line?.send('{"t":"bye"}')
        return this.#drop(BYE)
      case 'park':
        return this.#drop(CACHED)
      case 'drop':
        return this.state === 'closed' ? this.#drop(BYE) : this.#giveUp()
    }
  }

  #drop(code: number): void {
    this.#turn++
    this.#preparing = false
    close(this.#line, code)
    this.#letGo()
    this.#line = null
  }

  #letGo(): void {
    close(this.#old, GIVEN_UP)
    this.#old = null
  }

  #open(): void {
    const turn = ++this.#turn
    const { identity, tokens } = this.#parts
    this.#letGo()
    this.#old = this.#line
    this.#line = null
    const waits = [identity.claim(), tokens?.get() ?? null, this.#parts.ways.load()].filter(
      wait => wait !== null,
    )
    // what is known already is not waited for: a hidden page may have no later turn
    if (waits.length === 0) return this.#dial(turn)
    this.#preparing = true
    Promise.all(waits).then(
      () => this.#dial(turn),
      cause => this.#denied(turn, cause),
    )
  }

  #denied(turn: number, cause: unknown): void {
    if (turn !== this.#turn) return
    this.#preparing = false
    const final = cause instanceof Unauthorized
    if (!final) this.#parts.problem('token', `getToken gave no token: ${String(cause)}`, { cause })
    this.step({ type: 'denied', final })
  }

  #giveUp(): void {
    const { problem, ways } = this.#parts
    if (this.#preparing) problem('token', 'getToken has not answered for 10 s')
    if (this.#line !== null) ways.closed()
    this.#drop(GIVEN_UP)
  }

  #dial(turn: number): void {
    if (turn !== this.#turn) return
    this.#preparing = false
    const { identity, ways } = this.#parts
    identity.advance()
    this.step({ type: 'ready' })
    const mine = (run: () => void) => {
      if (turn === this.#turn) run()
    }
    try {
      this.#line = ways.connect({
        opened: protocol => mine(() => this.#opened(protocol)),
        text: text => mine(() => this.#heard(text)),
        closed: (code, reason) => mine(() => this.#closed(code, reason)),
      })
    } catch (cause) {
      this.#parts.problem('transport', `cannot connect: ${String(cause)}`, { cause })
      return this.#closed(1006)
    }
    this.#letGo()
  }

  #opened(protocol: string): void {
    const { identity, tokens, ways, hello, problem } = this.#parts
    if (protocol === SUBPROTOCOL) {
      ways.opened()
      const { instance, epoch } = identity
      return this.#line?.send(JSON.stringify({ t: 'hello', instance, epoch, ...tokens?.field(), ...hello() }))
    }
    problem('unsupported', `what answers there does not speak ${SUBPROTOCOL}: is the url right?`)
    close(this.#line, GIVEN_UP)
    this.#closed(1006)
  }

  #closed(code: number, reason = ''): void {
    this.#turn++
    this.#line = null
    const { ways, problem } = this.#parts
    // a way that knows more than its code says so
    if (code === 1006 && reason !== '') problem('transport', reason)
    ways.closed()
    this.step({ type: 'closed', code })
  }

  #heard(text: string): void {
    const frame = readFrame(text)
    // any text proves that something lives there
    this.step({ type: 'heard', beat: frame?.t === 'beat' })
    if (frame === null) return this.#garbage(text)
    if (frame.t === 'welcome' && !this.#welcomed(frame)) return this.#garbage(text)
    if (frame.t === 'moved' && isWindow(frame)) {
      const { min, max } = frame.retryAfter
      this.step({ type: 'moved', min: Math.min(min, LONGEST_WINDOW), max: Math.min(max, LONGEST_WINDOW) })
    }
    try {
      this.#parts.heard(frame)
    } catch (cause) {
      this.#garbage(text, cause)
    }
  }

  #welcomed(frame: Frame<'welcome'>): boolean {
    if (!isWelcome(frame) || this.state !== 'connecting') return false
    const { timing, evidence, tokenExpires } = frame
    const always = evidence === 'beat' || !this.#parts.ways.pings
    this.#parts.ways.welcomed()
    if (isTime(tokenExpires)) this.#parts.tokens?.expires(tokenExpires - frame.now)
    this.#parts.greeted(frame)
    this.step({ type: 'welcome', interval: timing.interval, timeout: timing.timeout, always })
    return true
  }

  #garbage(text: string, cause?: unknown): void {
    this.#parts.problem('bad_frame', `the server sent what is no message: ${text.slice(0, 80)}`, { cause })
  }
}

function close(line: Line | null, code: number): void {
  try {
    line?.close(code)
  } catch {
    // the engine has closed it already
  }
}
