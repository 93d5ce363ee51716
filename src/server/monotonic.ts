// The two clocks of a running server: whole monotonic milliseconds for every judgement, and what they are called in
// wall-clock time. Wall time is only ever told, never judged by; what is told never falls. What ends at a moment of the
// wall clock is given a monotonic deadline, so that it ends also where the wall clock was set back.

import type { Clock } from '../core/clock.ts'
import { NEVER } from '../core/clock.ts'

/** The process's monotonic clock. */
export const monotonic: Clock = { now: () => Math.floor(performance.now()) }

/** The wall clock as it was found from `from` on. */
interface Span {
  readonly from: number
  /** Wall time minus monotonic time. */
  readonly offset: number
  /** What `from` was called before: nothing later is called less. */
  readonly floor: number
}

/** Two clocks read one after the other differ by that much without anybody having set one. */
const ROUNDING = 2
/** Nobody minds that much, and the wall clock is only looked at once a minute. */
const SECOND = 1_000
const KEPT = 64

/**
 * Translates monotonic milliseconds into ms since 1970. Invariant: a <= b => told(a) <= told(b), and what was once
 * told is told again, however the wall clock was set (the last 64 times of it).
 */
export class WallTime {
  readonly #clock: Clock
  readonly #wall: () => number
  readonly #spans: Span[]

  /** `wall` reads the wall clock, such as `Date.now`. */
  constructor(clock: Clock, wall: () => number) {
    this.#clock = clock
    this.#wall = wall
    const from = clock.now()
    const now = wall()
    this.#spans = [{ from, offset: now - from, floor: now }]
  }

  /**
   * Follows a wall clock that was set: forwards at once, backwards by standing still (DESIGN §3). Returns how many ms
   * were leapt over by that.
   */
  correct(): number {
    const from = this.#clock.now()
    const offset = this.#wall() - from
    if (Math.abs(offset - this.#spans.at(-1)!.offset) <= ROUNDING) return 0
    const floor = this.told(from)
    this.#spans.push({ from, offset, floor })
    if (this.#spans.length > KEPT) this.#spans.shift()
    return this.told(from) - floor
  }

  /** When it was on the wall; also for times before this process began. `NEVER` stays `NEVER`. */
  told(at: number): number {
    if (at === NEVER) return NEVER
    let i = this.#spans.length - 1
    while (i > 0 && this.#spans[i]!.from > at) i--
    const { from, offset, floor } = this.#spans[i]!
    return at < from ? at + offset : Math.max(floor, at + offset)
  }

  /** What the wall clock says, also where it was set back: to be noted with what ends, never to be told as an `at`. */
  wall(): number {
    return this.#wall()
  }

  /** The monotonic time at which the wall clock says `wall`, if nobody sets it meanwhile; may have passed. */
  deadline(wall: number): number {
    return this.#clock.now() + wall - this.#wall()
  }

  /** How much more is told now than the wall clock says, which was set; 0 where that is less than a second. */
  get skew(): number {
    const skew = this.told(this.#clock.now()) - this.#wall()
    return Math.abs(skew) < SECOND ? 0 : skew
  }

  /** The monotonic time of a moment in wall time; may lie before this process began. */
  monotonic(wall: number): number {
    const at = wall - this.#spans.at(-1)!.offset
    return at === NEVER ? at + 1 : at
  }
}

/** For answers: `null` where something never happened. */
export function orNull(time: number): number | null {
  return time === NEVER ? null : time
}
