// Carries out what the machine decides: opens connections, one at a time, hands frames on, and keeps the machine told. What
// an older connection still brings is nobody's. It never decides when to try again or when to give up.

import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Agenda } from './agenda.ts'
import { CODE } from './codes.ts'
import type { Host, Line, Signal } from './host.ts'
import type { Identity } from './identity.ts'
import { type Effect, IDLE, type Input, type Machine, step } from './machine.ts'
import { makeReader, type ReaderParts } from './reader.ts'
import { type StateChange, Unauthorized } from './types.ts'

/** What it works with. */
export interface DriverParts extends ReaderParts {
  readonly host: Host
  readonly agenda: Agenda
  readonly identity: Identity
  /** All of a hello but instance, epoch and token. */
  hello(): object
  changed(change: StateChange): void
}

export interface Driver {
  machine(): Machine
  take(input: Input): void
  signal(signal: Exclude<Signal, 'active'>): void
  /** On the present connection; false where there is none that is known to live. */
  send(text: string): boolean
}

export function makeDriver(parts: DriverParts): Driver {
  const { host, agenda, identity, tokens, ways, problem } = parts
  const changes: StateChange[] = []
  let machine = IDLE
  let telling = false
  /** Counts connections. */
  let turn = 0
  let line: Line | undefined
  /** What the present connection waits for. */
  let stage: 'token' | 'line' | undefined
  const take = (input: Input) => {
    const taken = step(machine, input, agenda.now(), host.random())
    machine = taken.machine
    agenda.plan(timer, machine.due)
    if (taken.change) changes.push(taken.change)
    for (const effect of taken.effects) effects[effect]()
    // one may lead to the next at once; everybody is told all of them in their order
    if (telling) return
    telling = true
    for (let change = changes.shift(); change; change = changes.shift()) parts.changed(change)
    telling = false
  }
  const timer = () => take({ type: 'timer' })
  const read = makeReader(parts, take)
  const closed = (code: number, reason = '') => {
    // a way that knows more than its code says so
    if (code === CODE.broken && reason) problem('transport', reason)
    take({ type: 'closed', code })
  }
  const opened = (protocol: string) => {
    stage = undefined
    if (protocol !== SUBPROTOCOL) {
      problem('unsupported', `what answers there does not speak ${SUBPROTOCOL}`)
      return closed(CODE.broken)
    }
    line?.send(
      JSON.stringify({ t: 'hello', ...parts.hello(), token: tokens?.token(), ...identity.current() }),
    )
  }
  const dial = () => {
    const mine = turn
    const guard =
      <A extends unknown[]>(run: (...given: A) => void) =>
      (...given: A) => {
        if (mine === turn) run(...given)
      }
    const old = line
    stage = 'line'
    identity.advance()
    try {
      line = ways.connect({ opened: guard(opened), text: guard(read), closed: guard(closed) })
    } catch (cause) {
      closed(CODE.broken, `cannot connect: ${cause}`)
    }
    old?.close(CODE.givenUp)
  }
  const denied = (cause: unknown) => {
    const final = cause instanceof Unauthorized
    stage = undefined
    if (!final) problem('token', `no token: ${cause}`, { cause })
    take({ type: 'denied', final })
  }
  const open = () => {
    const mine = ++turn
    const waits = [identity.claim(), tokens?.get(), ways.load()].filter(Boolean)
    // what is known already is not waited for: a hidden page may have no later turn
    if (waits.length === 0) return dial()
    stage = 'token'
    Promise.all(waits).then(
      () => mine === turn && dial(),
      cause => mine === turn && denied(cause),
    )
  }
  const drop = (code: number) => {
    if (stage === 'token' && machine.state === 'waiting')
      problem('token', 'getToken has not answered for 10 s')
    if (stage === 'line' && machine.state === 'waiting') ways.failed()
    stage = undefined
    turn++
    line?.close(code)
    line = undefined
  }
  const effects: Readonly<Record<Effect, () => void>> = {
    open,
    drop: () => drop(machine.state === 'closed' ? CODE.bye : CODE.givenUp),
    bye() {
      line?.send('{"t":"bye"}')
      drop(CODE.bye)
    },
    park: () => drop(CODE.cached),
    beat: () => line?.send('{"t":"beat"}'),
    renew: identity.renew,
    forget: () => tokens?.forget('refused'),
  }
  return {
    machine: () => machine,
    take,
    signal(signal) {
      if (signal === 'leaving') line?.leaving?.()
      else take({ type: signal })
      if (signal === 'leaving' || signal === 'cached') identity.release()
    },
    send(text) {
      if (machine.state !== 'online') return false
      line?.send(text)
      return true
    },
  }
}
