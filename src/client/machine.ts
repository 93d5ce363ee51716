// What the client does next, as a pure function: a state, what happened and when go in; the next state and what is to
// be done come out. It decides when a connection is taken for broken, when to try again and when to give up. It knows no
// socket, clock, chance or page, and it never does anything itself.

import { backoff } from '../core/backoff.ts'
import { BYE, CONFLICT, UNAUTHORIZED } from './codes.ts'
import type { Cause, State, StateChange } from './types.ts'

/** All it remembers. Times in ms of one clock that never falls. */
export interface Machine {
  readonly state: State
  /** When `timer` is wanted; `Infinity`: never. The only deadline there is. */
  readonly due: number
  /** Tries that failed since the client was last proved to be online. */
  readonly attempt: number
  /** Since when nobody can see the program; `NEVER`: it is seen. */
  readonly hiddenAt: number
  /** Beats prove life even while hidden: nothing else would. */
  readonly always: boolean
  readonly interval: number
  readonly timeout: number
  /** When the server greeted; `NEVER` while there is no connection that it greeted on. */
  readonly onlineAt: number
  /** A beat was answered since. */
  readonly answered: boolean
  readonly heardAt: number
  readonly beatAt: number
  /** Probes without an answer. */
  readonly probes: number
  /** When the server wants us back, from its `moved`: nothing shortens that wait. */
  readonly window: Window | null
  /** Close codes that were mended since the last welcome. */
  readonly mended: readonly number[]
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
 * `bye`: say goodbye, then let go · `park`: close it with 4001 · `beat`: send one.
 */
export type Effect = 'open' | 'drop' | 'bye' | 'park' | 'beat'

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
/** Hidden for so long, it is away for others too. */
const AWAY_AFTER = 30_000
/** Between tries of a page that is away: with what it is spread by, and the way, still within its grace of 75 s. */
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
  hiddenAt: NEVER,
  always: false,
  interval: 0,
  timeout: 0,
  onlineAt: NEVER,
  answered: false,
  heardAt: 0,
  beatAt: 0,
  probes: 0,
  window: null,
  mended: [],
  cached: false,
}

/** What can be mended, each once: by another token, by another instance. */
const REASONS: Readonly<Record<number, Cause>> = {
  [UNAUTHORIZED]: 'token',
  [CONFLICT]: 'conflict',
}

/** What changes and why, and what is to be done. */
type Next = readonly [change?: Partial<Machine>, reason?: Cause, ...effects: Effect[]]

/** `chance`: in [0, 1), a new one for each call. */
export function step(machine: Machine, input: Input, at: number, chance: number): Step {
  const { type } = input
  const isSight = type === 'hidden' || type === 'visible'
  const seen = isSight ? { ...machine, hiddenAt: type === 'hidden' ? at : NEVER } : machine
  const [changed, reason = 'wake', ...effects] = next(seen, input, at, chance)
  const after = settled({ ...seen, ...changed })
  const { state, attempt, due } = after
  const change = {
    from: machine.state,
    to: state,
    code: type === 'closed' ? input.code : 0,
    reason,
    attempt,
    retryIn: state === 'waiting' ? due - at : null,
  }
  return { machine: after, effects, change: state === machine.state ? null : change }
}

// Online, the deadline follows from what was sent and heard; elsewhere it was set.
function settled(m: Machine): Machine {
  if (isOver(m)) return { ...m, due: NEVER }
  if (m.state !== 'online') return m
  // own beats would run late, and the server's pings do as well
  const isMute = m.hiddenAt < NEVER && !m.always
  return { ...m, due: isMute ? NEVER : Math.min(m.beatAt + m.interval * BEAT_SHARE, silentAt(m)) }
}

function isOver({ state }: Machine): boolean {
  return state === 'idle' || state === 'closed'
}

function silentAt({ heardAt, interval, timeout }: Machine): number {
  return heardAt + interval + timeout
}

function next(m: Machine, input: Input, at: number, chance: number): Next {
  const { type } = input
  if (type === 'leave') return close(type, 'bye')
  if (type === 'destroy') return close(type, 'drop')
  if (isOver(m)) {
    if (type === 'restored' && m.cached) return open({ cached: false }, type, at)
    return type === 'connect' ? open({ ...IDLE, hiddenAt: m.hiddenAt }, type, at) : []
  }
  switch (type) {
    case 'hidden':
      return []
    case 'cached':
      return [{ state: 'idle', cached: true }, type, 'park']
    case 'welcome': {
      const { interval, timeout, always } = input
      const begun = { onlineAt: at, heardAt: at, beatAt: at, answered: false, probes: 0, mended: [] }
      return [{ interval, timeout, always, ...begun, state: 'online' }, type]
    }
    case 'moved':
      return [{ window: input.window }]
    case 'timer':
      return at < m.due ? [] : timer(m, at, chance)
    case 'heard': {
      const state = m.state === 'probing' ? 'online' : m.state
      return [{ state, heardAt: at, answered: m.answered || input.beat, probes: 0 }, 'answer']
    }
    case 'closed':
      return closed(m, input.code, at, chance)
    case 'denied':
      return input.final ? close('unauthorized', 'drop') : wait(m, 'token', at, chance)
    default:
      return woken(m, type === 'online', at, chance)
  }
}

function timer(m: Machine, at: number, chance: number): Next {
  const { state, due, probes } = m
  if (state === 'waiting') return open({}, 'retry', at)
  if (state === 'connecting') return wait(m, 'timeout', at, chance)
  const late = at - due > LATE
  if (state === 'online' && !late && at < silentAt(m)) return [{ beatAt: at }, 'wake', 'beat']
  // who slept through the deadline may have slept through the answer; once
  return late && probes < 2 ? probe(m, at) : open({ attempt: failed(m, at) }, 'silence', at)
}

function closed(m: Machine, code: number, at: number, chance: number): Next {
  // after these the client stays away by itself
  if (code === BYE || (code >= 4500 && code < 5000)) return close('refused', 'drop')
  const reason = REASONS[code] ?? (m.window === null ? 'lost' : 'moved')
  if (code in REASONS && !m.mended.includes(code)) {
    // what stood in the way is out of it
    const mended = [...m.mended, code]
    return [
      { state: 'waiting', due: at + SOON, attempt: failed(m, at), window: null, mended },
      reason,
      'drop',
    ]
  }
  return reason === 'conflict' ? close(reason, 'drop') : wait(m, reason, at, chance)
}

/** The program may have slept, or the network changed: nothing is known until something comes in. */
function woken(m: Machine, online: boolean, at: number, chance: number): Next {
  const { state, due, window } = m
  if (state === 'online') return probe(m, at)
  // an attempt that began on the network before hangs
  if (state === 'connecting' && online) return open({}, 'wake', at)
  if (state !== 'waiting' || window !== null) return []
  // all behind one router are told in the same moment
  return online ? [{ due: Math.min(due, at + 100 + 900 * chance) }] : open({}, 'wake', at)
}

function probe(m: Machine, at: number): Next {
  return [{ state: 'probing', probes: m.probes + 1, beatAt: at, due: at + PROBE }, 'wake', 'beat']
}

function open(change: Partial<Machine>, reason: Cause, at: number): Next {
  const due = at + PATIENCE
  return [{ ...change, state: 'connecting', due, onlineAt: NEVER, window: null }, reason, 'open']
}

function close(reason: Cause, effect: Effect): Next {
  return [{ state: 'closed', cached: false }, reason, effect]
}

function wait(m: Machine, reason: Cause, at: number, chance: number): Next {
  const { window, hiddenAt } = m
  const attempt = failed(m, at)
  // timers of a hidden page may run a minute late, but this moment is ours
  if (window === null && hiddenAt < NEVER && isProved(m, at)) return open({ attempt }, reason, at)
  // a page that is away comes back rarely, and not all of them at once
  let pause = at - hiddenAt < AWAY_AFTER ? backoff(attempt, chance) : HIDDEN_WAIT * (1 + chance / 6)
  if (window !== null) {
    const min = Math.max(SOON, window.min)
    pause = Math.min(min + chance * Math.max(0, window.max - min), LONGEST_WINDOW)
  }
  return [{ state: 'waiting', attempt, due: at + pause }, reason, 'drop']
}

function isProved({ onlineAt }: Machine, at: number): boolean {
  return at - onlineAt >= PROVED
}

/** A connection that ends proves itself by having lasted; else it is one more failure. */
function failed(m: Machine, at: number): number {
  return m.answered && isProved(m, at) ? 0 : m.attempt + 1
}
