// What the client does next, as a pure function: a state, what happened and when go in; the next state and what is to
// be done come out. It decides when a connection is taken for broken, when to try again and when to give up. It knows no
// socket, clock, chance or page, and it never does anything itself.

import { backoff } from '../core/backoff.ts'
import { CODE, isFinal } from './codes.ts'
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
  /** When the server wants us back, from its `moved`: nothing shortens that wait. */
  readonly window: Window | null
  /** Since the last welcome: a new instance was drawn, a new token asked for. */
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
  | { readonly type: 'connect' | 'leave' | 'destroy' | 'timer' }
  | { readonly type: 'hidden' | 'visible' | 'wake' | 'online' | 'offline' | 'cached' | 'restored' }
  | ({ readonly type: 'welcome' } & Pick<Machine, 'interval' | 'timeout' | 'always'>)
  /** Any frame; `beat`: the answer to a beat. */
  | { readonly type: 'heard'; readonly beat: boolean }
  | { readonly type: 'moved'; readonly window: Window }
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
/** From the decision to connect to the welcome, the token included. */
const PATIENCE = 10_000
/** For the answer to a probe. */
const PROBE = 3_000
/** Online for so long, with a beat answered: then what failed before is forgotten. */
const PROVED = 10_000
/** A timer so late did not run while answers came in. */
const LATE = 2_000
/** Between tries of a hidden page: with what it is spread by, and the way, still within its grace of 75 s. */
const HIDDEN_WAIT = 60_000
/** Beats come well before the server begins to wonder. */
const BEAT_SHARE = 0.8
/** A window that a server gives is not for ever. */
const LONGEST_WINDOW = 3_600_000
/** Where nothing has to be waited for; never a tight loop. */
const SOON = 250

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
  renewed: false,
  asked: false,
  cached: false,
}

/** What changes and why, and what is to be done. */
type Next = readonly [change?: Partial<Machine>, reason?: Cause, ...effects: Effect[]]

/** `chance`: in [0, 1), a new one for each call. */
export function step(machine: Machine, input: Input, at: number, chance: number): Step {
  const [changed, reason = 'wake', ...effects] = next(machine, input, at, chance)
  const after = settled({ ...machine, ...changed })
  const { state, attempt, due } = after
  const change = {
    from: machine.state,
    to: state,
    code: input.type === 'closed' ? input.code : 0,
    reason,
    attempt,
    retryIn: state === 'waiting' ? due - at : null,
  }
  return { machine: after, effects, change: state === machine.state ? null : change }
}

// Online, the deadline follows from what was sent and heard; elsewhere it was set.
function settled(m: Machine): Machine {
  if (m.state === 'online') return { ...m, due: isMute(m) ? NEVER : Math.min(nextBeat(m), silentAt(m)) }
  return isOver(m) ? { ...m, due: NEVER } : m
}

function isOver({ state }: Machine): boolean {
  return state === 'idle' || state === 'closed'
}

/** Own beats would run late, and the server's pings do as well. */
function isMute({ hidden, always }: Machine): boolean {
  return hidden && !always
}

function nextBeat({ beatAt, interval }: Machine): number {
  return beatAt + interval * BEAT_SHARE
}

function silentAt({ heardAt, interval, timeout }: Machine): number {
  return heardAt + interval + timeout
}

function next(m: Machine, input: Input, at: number, chance: number): Next {
  const { type } = input
  if (type === 'hidden') return [{ hidden: true }]
  if (type === 'visible') return woken({ ...m, hidden: false }, at)
  if (type === 'leave') return close(type, 'bye')
  if (type === 'destroy') return close(type, 'drop')
  if (isOver(m)) {
    if (type === 'restored' && m.cached) return open({ cached: false }, type, at)
    return type === 'connect' ? open({ ...IDLE, hidden: m.hidden }, type, at) : []
  }
  switch (type) {
    case 'cached':
      return [{ state: 'idle', cached: true }, type, 'park']
    case 'welcome':
      return welcomed(input, at)
    case 'moved':
      return [{ window: input.window }]
    case 'timer':
      return at < m.due ? [] : timer(m, at, chance)
    case 'heard':
      return heard(m, input.beat, at)
    case 'closed':
      return closed(m, input.code, at, chance)
    case 'denied':
      return input.final ? close('unauthorized', 'drop') : wait(m, 'token', at, chance)
    case 'online':
      return returned(m, at, chance)
    default:
      return woken(m, at)
  }
}

function welcomed({ interval, timeout, always }: Input & { type: 'welcome' }, at: number): Next {
  const agreed = { interval, timeout, always, onlineAt: at, heardAt: at, beatAt: at }
  return [{ ...agreed, state: 'online', answered: false, renewed: false, asked: false }, 'welcome']
}

function heard(m: Machine, beat: boolean, at: number): Next {
  const state = m.state === 'probing' ? 'online' : m.state
  return [{ state, heardAt: at, answered: m.answered || beat }, 'answer']
}

function timer(m: Machine, at: number, chance: number): Next {
  const { state, due, probes } = m
  const late = at - due > LATE
  if (state === 'waiting') return open({}, 'retry', at)
  if (state === 'connecting') return wait(m, 'timeout', at, chance)
  if (state === 'online' && !late && at < silentAt(m)) return [{ beatAt: at }, 'wake', 'beat']
  // who slept through the deadline may have slept through the answer; once
  const sure = state === 'probing' ? !late || probes > 1 : !late && m.beatAt > m.heardAt
  return sure ? open({ attempt: failed(m, at) }, 'silence', at) : probe(m, at)
}

function closed(m: Machine, code: number, at: number, chance: number): Next {
  const attempt = failed(m, at)
  if (isFinal(code)) return close('refused', 'drop')
  if (code === CODE.conflict && m.renewed) return close('conflict', 'drop')
  // what stood in the way is out of it
  const soon: Partial<Machine> = { state: 'waiting', due: at + SOON, attempt, window: null }
  if (code === CODE.conflict) return [{ ...soon, renewed: true }, 'conflict', 'drop', 'renew']
  if (code !== CODE.unauthorized) return wait(m, m.window === null ? 'lost' : 'moved', at, chance)
  if (!m.asked) return [{ ...soon, asked: true }, 'token', 'drop', 'forget']
  const [change = {}, reason = 'token', effect = 'drop'] = wait(m, 'token', at, chance)
  return [change, reason, 'forget', effect]
}

/** The program may have slept, or the network changed: nothing is known until something comes in. */
function woken(m: Machine, at: number): Next {
  if (m.state === 'online') return probe(m, at)
  const { hidden } = m
  return m.state === 'waiting' && m.window === null ? open({ hidden }, 'wake', at) : [{ hidden }]
}

// An attempt that began on the network before hangs; and all behind one router are told in the same moment.
function returned(m: Machine, at: number, chance: number): Next {
  if (m.state === 'connecting') return open({}, 'wake', at)
  if (m.state !== 'waiting' || m.window !== null) return woken(m, at)
  return [{ due: Math.min(m.due, at + 100 + 900 * chance) }]
}

function probe(m: Machine, at: number): Next {
  const probes = m.state === 'probing' ? m.probes + 1 : 1
  return [{ hidden: m.hidden, state: 'probing', probes, beatAt: at, due: at + PROBE }, 'wake', 'beat']
}

function open(change: Partial<Machine>, reason: Cause, at: number): Next {
  return [{ ...change, state: 'connecting', due: at + PATIENCE, window: null }, reason, 'open']
}

function close(reason: Cause, effect: Effect): Next {
  return [{ state: 'closed', cached: false, window: null }, reason, effect]
}

function wait(m: Machine, reason: Cause, at: number, chance: number): Next {
  const { window, hidden } = m
  const attempt = failed(m, at)
  const stood = m.state !== 'connecting' && at - m.onlineAt >= PROVED
  // timers of a hidden page may run a minute late, but this moment is ours
  if (window === null && hidden && (stood || attempt === 0)) return open({ attempt }, reason, at)
  return [{ state: 'waiting', attempt, due: at + pause(m, attempt, chance) }, reason, 'drop']
}

// A hidden page comes back rarely, and not all of them at once.
function pause({ window, hidden }: Machine, attempt: number, chance: number): number {
  const given = window && window.min + chance * (window.max - window.min)
  if (given !== null) return Math.max(SOON, Math.min(given, LONGEST_WINDOW))
  return hidden ? HIDDEN_WAIT * (1 + chance / 6) : backoff(attempt, chance)
}

/** A connection that ends proves itself by having lasted; else it is one more failure. */
function failed({ state, answered, onlineAt, attempt }: Machine, at: number): number {
  return state !== 'connecting' && answered && at - onlineAt >= PROVED ? 0 : attempt + 1
}
