// What the client does next, as a pure function: a state, what happened and when go in; the next state and what is to
// be done come out. It decides when a connection is taken for broken, when to try again and when to give up. It knows no
// socket, clock, chance or page, and it never does anything itself.

import { backoff } from '../core/backoff.ts'
import { CONFLICT, isFinal, UNAUTHORIZED } from './codes.ts'
import type { Cause, State, StateChange } from './types.ts'

/** All it remembers. Times in ms of one clock that never falls. */
export interface Machine {
  readonly state: State
  /** When `timer` is wanted; `Infinity`: never. The only deadline there is. */
  readonly due: number
  /** Tries that failed since the client was last proved to be online. */
  readonly attempt: number
  /** Nobody can see the program. */
  readonly hidden: boolean
  /** Beats prove life even while hidden: nothing else would. */
  readonly always: boolean
  readonly interval: number
  readonly timeout: number
  readonly onlineAt: number
  /** A beat was answered since. */
  readonly answered: boolean
  readonly heardAt: number
  readonly beatAt: number
  /** Probes without an answer. */
  readonly probes: number
  /** When the server wants us back, from its `moved`. */
  readonly window: Window | null
  /** The wait is the server's wish: nothing shortens it. */
  readonly firm: boolean
  /** A new instance was drawn, or a new token asked for, since the last welcome. */
  readonly renewed: boolean
  readonly asked: boolean
  /** Put aside with its page. */
  readonly cached: boolean
}

interface Window {
  readonly min: number
  readonly max: number
}

/** What happened. `welcome`, `heard`, `moved` and `closed`: on the connection that is the present one. */
export type Input =
  | { readonly type: 'connect' | 'leave' | 'destroy' | 'timer' | 'ready' | 'probe' }
  | { readonly type: 'hidden' | 'visible' | 'wake' | 'online' | 'offline' | 'cached' | 'restored' }
  | ({ readonly type: 'welcome' } & Pick<Machine, 'interval' | 'timeout' | 'always'>)
  /** Any frame; `beat`: the answer to a beat. */
  | { readonly type: 'heard'; readonly beat: boolean }
  | ({ readonly type: 'moved' } & Window)
  /** Also: could not be opened. */
  | { readonly type: 'closed'; readonly code: number }
  /** No token is to be had; `final`: nobody is signed in. */
  | { readonly type: 'denied'; readonly final: boolean }

/**
 * What is to be done. `open`: a connection, with the next epoch, then let go of the one before · `drop`: let go of it ·
 * `bye`: say goodbye, then let go · `park`: close it with 4001 · `beat`: send one · `renew`: draw a new instance ·
 * `forget`: the token.
 */
export type Effect = 'open' | 'drop' | 'bye' | 'park' | 'beat' | 'renew' | 'forget'

export interface Step {
  readonly machine: Machine
  readonly effects: readonly Effect[]
  readonly change: StateChange | null
}

export const NEVER = Number.POSITIVE_INFINITY
/** From the connect to the welcome, and for the token before it. */
const PATIENCE = 10_000
/** For the answer to a probe. */
const PROBE = 3_000
/** Online for so long, with a beat answered: then what failed before is forgotten. */
const PROVED = 10_000
/** A timer so late did not run while answers came in. */
const LATE = 2_000
/** Between tries of a hidden page. */
const HIDDEN_WAIT = 60_000
/** Beats come well before the server begins to wonder. */
const BEAT_SHARE = 0.8
const SOON = 250
/** A network that says it is back is given a moment. */
const SETTLE = 100

export const IDLE: Machine = {
  state: 'idle',
  due: NEVER,
  attempt: 0,
  hidden: false,
  always: false,
  interval: 0,
  timeout: 0,
  onlineAt: 0,
  answered: false,
  heardAt: 0,
  beatAt: 0,
  probes: 0,
  window: null,
  firm: false,
  renewed: false,
  asked: false,
  cached: false,
}

type Next = readonly [change: Partial<Machine>, reason: Cause, ...effects: Effect[]]

/** `chance`: in [0, 1), a new one for each call. */
export function step(machine: Machine, input: Input, at: number, chance: number): Step {
  const [changed, reason, ...effects] = next(machine, input, at, chance) ?? [{}, 'connect']
  const after = settled({ ...machine, ...changed })
  const change: StateChange | null =
    after.state === machine.state
      ? null
      : {
          from: machine.state,
          to: after.state,
          code: input.type === 'closed' ? input.code : 0,
          reason,
          attempt: after.attempt,
          retryIn: after.state === 'waiting' ? after.due - at : null,
        }
  return { machine: after, effects, change }
}

// Online, the deadline follows from what was sent and heard; elsewhere it was set.
function settled(m: Machine): Machine {
  if (m.state === 'idle' || m.state === 'closed') return { ...m, due: NEVER }
  return m.state === 'online' ? { ...m, due: Math.min(nextBeat(m), silentAt(m)) } : m
}

function nextBeat(m: Machine): number {
  return m.hidden && !m.always ? NEVER : m.beatAt + m.interval * BEAT_SHARE
}

function silentAt(m: Machine): number {
  return m.hidden && !m.always ? NEVER : m.heardAt + m.interval + m.timeout
}

function next(m: Machine, input: Input, at: number, chance: number): Next | null {
  const { state } = m
  const ended = state === 'idle' || state === 'closed'
  switch (input.type) {
    case 'connect':
      return ended ? open({ attempt: 0, renewed: false, asked: false, cached: false }, 'connect', at) : null
    case 'leave':
    case 'destroy':
      return close(input.type, input.type === 'leave' ? 'bye' : 'drop')
    case 'cached':
      return ended ? null : [{ state: 'idle', cached: true }, 'cached', 'park']
    case 'restored':
      return m.cached ? open({ cached: false }, 'restored', at) : null
    case 'hidden':
      return [{ hidden: true }, 'wake']
    case 'visible':
      return woken({ ...m, hidden: false }, at)
    case 'ready':
      return [{ due: at + PATIENCE }, 'connect']
    case 'welcome': {
      const { interval, timeout, always } = input
      const fresh = { onlineAt: at, heardAt: at, beatAt: at, answered: false, renewed: false, asked: false }
      return [{ ...fresh, state: 'online', interval, timeout, always }, 'welcome']
    }
    case 'moved':
      return [{ window: { min: input.min, max: input.max } }, 'moved']
  }
  if (ended) return null
  switch (input.type) {
    case 'timer':
      return at < m.due ? null : timer(m, at, chance)
    case 'heard':
      return heard(m, input.beat, at)
    case 'closed':
      return closed(m, input.code, at, chance)
    case 'denied':
      return input.final ? close('unauthorized', 'drop') : wait(m, 'token', at, chance, 'drop')
    case 'online':
      return returned(m, at, chance)
    case 'offline':
    case 'probe':
    case 'wake':
      return woken(m, at)
  }
}

function heard(m: Machine, beat: boolean, at: number): Next {
  const answered = m.answered || beat
  return [{ heardAt: at, answered, ...(m.state === 'probing' && { state: 'online' }) }, 'answer']
}

function timer(m: Machine, at: number, chance: number): Next {
  const late = at - m.due > LATE
  switch (m.state) {
    case 'waiting':
      return open({}, 'retry', at)
    case 'connecting':
      return wait(m, 'timeout', at, chance, 'drop')
    case 'probing':
      // who slept through the deadline may have slept through the answer; once
      return late && m.probes < 2 ? probe(m, at) : open(failed(m, at), 'silence', at)
    default:
      if (late) return probe(m, at)
      if (at < silentAt(m)) return [{ beatAt: at }, 'wake', 'beat']
      return m.beatAt > m.heardAt ? open(failed(m, at), 'silence', at) : probe(m, at)
  }
}

function closed(m: Machine, code: number, at: number, chance: number): Next {
  if (isFinal(code)) return close('refused', 'drop')
  const { attempt } = failed(m, at)
  if (code === CONFLICT)
    return m.renewed ? close('conflict', 'drop') : soon({ attempt, renewed: true }, 'conflict', at, 'renew')
  if (code !== UNAUTHORIZED) return wait(m, m.window === null ? 'lost' : 'moved', at, chance, 'drop')
  if (!m.asked) return soon({ attempt, asked: true }, 'token', at, 'forget')
  return wait(m, 'token', at, chance, 'drop', 'forget')
}

/** The program may have slept, or the network changed: nothing is known until something comes in. */
function woken(m: Machine, at: number): Next {
  if (m.state === 'online') return probe(m, at)
  if (m.state === 'waiting' && !m.firm) return open({ hidden: m.hidden }, 'wake', at)
  return [{ hidden: m.hidden }, 'wake']
}

// An attempt that began on the network before hangs; and all behind one router are told in the same moment.
function returned(m: Machine, at: number, chance: number): Next {
  if (m.state === 'connecting') return open({}, 'wake', at)
  if (m.state !== 'waiting' || m.firm) return woken(m, at)
  return [{ due: Math.min(m.due, at + SETTLE + 900 * chance) }, 'wake']
}

function probe(m: Machine, at: number): Next {
  const probes = m.state === 'probing' ? m.probes + 1 : 1
  return [{ hidden: m.hidden, state: 'probing', probes, beatAt: at, due: at + PROBE }, 'wake', 'beat']
}

function open(change: Partial<Machine>, reason: Cause, at: number): Next {
  return [{ ...change, state: 'connecting', due: at + PATIENCE, window: null, firm: false }, reason, 'open']
}

function close(reason: Cause, ...effects: Effect[]): Next {
  return [{ state: 'closed', cached: false, window: null }, reason, ...effects]
}

/** What stood in the way is out of it: nothing to wait for, but never a tight loop. */
function soon(change: Partial<Machine>, reason: Cause, at: number, effect: Effect): Next {
  return [{ ...change, state: 'waiting', due: at + SOON, firm: false }, reason, 'drop', effect]
}

function wait(m: Machine, reason: Cause, at: number, chance: number, ...effects: Effect[]): Next {
  const { attempt } = failed(m, at)
  const { window } = m
  const stood = m.state !== 'connecting' && at - m.onlineAt >= PROVED
  // timers of a hidden page may run a minute late, but this moment is ours
  if (window === null && m.hidden && (stood || attempt === 0)) return open({ attempt }, reason, at)
  const ms = window === null ? pause(m, attempt, chance) : window.min + chance * (window.max - window.min)
  const change = { attempt, due: at + ms, window: null, firm: window !== null }
  return [{ ...change, state: 'waiting' }, reason, ...effects]
}

// A hidden page comes back rarely, and not all of them at once.
function pause(m: Machine, attempt: number, chance: number): number {
  return m.hidden ? HIDDEN_WAIT * (1 + chance / 2) : backoff(attempt, chance)
}

/** A connection that ends proves itself by having lasted; else it is one more failure. */
function failed(m: Machine, at: number): { attempt: number } {
  const proved = m.state !== 'connecting' && m.answered && at - m.onlineAt >= PROVED
  return { attempt: proved ? 0 : m.attempt + 1 }
}
