// Carries out what the machine decides: opens connections, one at a time, hands frames on, and keeps the machine told. What
// an older connection still brings is nobody's. It never decides when to try again or when to give up.

import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Agenda } from './agenda.ts'
import { BYE, CACHED, CONFLICT, GIVEN_UP, UNAUTHORIZED } from './codes.ts'
import type { Host, Line, Signal } from './host.ts'
import type { Identity } from './identity.ts'
import { type Effect, IDLE, type Input, type Machine, step } from './machine.ts'
import { NO_ANSWER, type Tokens } from './tokens.ts'
import { type StateChange, type Tell, Unauthorized } from './types.ts'
import type { Ways } from './ways.ts'

/** What a way tells of a connection that broke, or could not be opened. */
const BROKEN = 1006

export interface Driver {
  machine(): Machine
  take(input: Input): void
  signal(signal: Exclude<Signal, 'active'>): void
  /** On the present connection; false where there is none that is known to live. */
  send(text: string): boolean
}

/**
 * `hello`: the first text on a connection; `read`: what to do with a text; `changed`: told every change, in their
 * order.
 */
export function makeDriver(
  host: Host,
  agenda: Agenda,
  identity: Identity,
  tokens: Tokens | undefined,
  ways: Ways,
  hello: () => string,
  read: (text: string) => void,
  changed: (change: StateChange) => void,
  problem: Tell,
): Driver {
  const changes: StateChange[] = []
  let machine = IDLE
  /** Counts connections. */
  let turn = 0
  let line: Line | undefined
  /** What follows where the present connection is given up before it is open. */
  let failed: (() => void) | undefined
  const take = (input: Input) => {
    const taken = step(machine, input, agenda.now(), host.random())
    machine = taken.machine
    agenda.plan(timer, machine.due)
    const isTelling = changes.length > 0
    if (taken.change) changes.push(taken.change)
    for (const effect of taken.effects) effects[effect]()
    // one may lead to the next at once; everybody is told all of them in their order
    if (!isTelling) for (; changes[0]; changes.shift()) changed(changes[0])
  }
  const timer = () => take({ type: 'timer' })
  const closed = (code: number, reason = '') => {
    // a way that knows more than its code says so
    if (code === BROKEN && reason) problem('transport', reason)
    if (code === UNAUTHORIZED) tokens?.forget('refused')
    if (code === CONFLICT) identity.renew()
    take({ type: 'closed', code })
  }
  const opened = (protocol: string) => {
    failed = undefined
    if (protocol !== SUBPROTOCOL) {
      problem('unsupported', `the server does not speak ${SUBPROTOCOL}`)
      return closed(BROKEN)
    }
    if (ways.opened()) line?.send(hello())
    else take({ type: 'online' })
  }
  const dial = () => {
    const mine = turn
    const guard =
      <A extends unknown[]>(run: (...given: A) => void) =>
      (...given: A) => {
        if (mine === turn) run(...given)
      }
    const old = line
    failed = ways.failed
    try {
      line = ways.connect({ opened: guard(opened), text: guard(read), closed: guard(closed) })
    } catch (cause) {
      closed(BROKEN, `cannot connect: ${cause}`)
    }
    old?.close(GIVEN_UP)
  }
  const denied = (cause: unknown) => {
    const final = cause instanceof Unauthorized
    failed = undefined
    if (!final) problem('token', `no token: ${cause}`, { cause })
    take({ type: 'denied', final })
  }
  const open = () => {
    const mine = ++turn
    const waits = [identity.claim(), tokens?.get(), ways.load()].filter(Boolean)
    // what is known already is not waited for: a hidden page may have no later turn
    if (waits.length === 0) return dial()
    failed = () => problem('token', NO_ANSWER)
    Promise.all(waits).then(
      () => mine === turn && dial(),
      cause => mine === turn && denied(cause),
    )
  }
  const drop = (code: number) => {
    if (machine.state === 'waiting') failed?.()
    failed = undefined
    turn++
    line?.close(code)
    line = undefined
  }
  const effects: Readonly<Record<Effect, () => void>> = {
    open,
    drop: () => drop(machine.state === 'closed' ? BYE : GIVEN_UP),
    bye() {
      line?.send('{"t":"bye"}')
      drop(BYE)
    },
    park: () => drop(CACHED),
    beat: () => line?.send('{"t":"beat"}'),
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
