// Reads what comes in on the present connection, tells the machine what it is to know, and hands the rest on. It may come
// from a server of another version, or from no presence server at all: what cannot be understood is a problem, no more.

import type { ServerMessage } from '../protocol/messages.ts'
import type { Input } from './machine.ts'
import type { Tokens } from './tokens.ts'
import type { Tell } from './types.ts'
import type { Ways } from './ways.ts'

/** A message of the server, by its `t`. */
export type Frame<T extends ServerMessage['t']> = Extract<ServerMessage, { t: T }>

/** What it works with. */
export interface ReaderParts {
  readonly tokens: Tokens | undefined
  readonly ways: Ways
  /** Before `online` is told. */
  greeted(welcome: Frame<'welcome'>): void
  /** Any other frame. A throw: it cannot be understood. */
  heard(frame: Exclude<ServerMessage, Frame<'welcome' | 'moved'>>): void
  readonly problem: Tell
}

/** Nobody has to beat more often. */
const LEAST_INTERVAL = 250

export function makeReader(
  { tokens, ways, greeted, heard, problem }: ReaderParts,
  take: (input: Input) => void,
): (text: string) => void {
  const welcomed = (welcome: Frame<'welcome'>) => {
    const { timing, evidence, now, tokenExpires } = welcome
    const interval = time(timing.interval, LEAST_INTERVAL)
    const timeout = time(timing.timeout)
    time(now)
    if (tokenExpires !== undefined) tokens?.lasts(time(tokenExpires) - now)
    greeted(welcome)
    take({ type: 'welcome', interval, timeout, always: !ways.worked() || evidence === 'beat' })
  }
  return text => {
    try {
      const frame: ServerMessage = JSON.parse(text)
      if (typeof frame.t !== 'string') throw new TypeError('no t')
      // any message proves that something lives there
      take({ type: 'heard', beat: frame.t === 'beat' })
      if (frame.t === 'welcome') welcomed(frame)
      else if (frame.t === 'moved') {
        const { min, max } = frame.retryAfter
        take({ type: 'moved', window: { min: time(min), max: time(max) } })
      } else heard(frame)
    } catch (cause) {
      problem('bad_frame', `the server sent what is no message: ${text.slice(0, 80)}`, { cause })
    }
  }
}

/** Throws for what is no time, and no number of ms. */
export function time(value: unknown, least = 0): number {
  if (typeof value === 'number' && value >= least && value < 1e16) return value
  throw new TypeError(`${value} is no time`)
}
