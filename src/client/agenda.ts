// Everything that is to happen later, on one timer: the earliest deadline is armed, the others wait in a list of a
// handful. It never trusts the timer: when it fires, each deadline is held against the clock.

import type { Host } from './host.ts'

export const NEVER = Number.POSITIVE_INFINITY
/** Longer ones make a timer fire at once. */
const LONGEST = 2 ** 31 - 1

export class Agenda {
  readonly #host: Host
  readonly #due = new Map<() => void, number>()
  #timer: unknown
  #last = 0
  #ahead = 0

  constructor(host: Host) {
    this.#host = host
  }

  /** The wall clock, since only that runs on while a machine sleeps; where it is set back, this one stands still. */
  now(): number {
    const wall = this.#host.now()
    this.#ahead = Math.max(this.#ahead, this.#last - wall)
    this.#last = wall + this.#ahead
    return this.#last
  }

  /** Runs it once at `at`, in ms of `now`, and no other time; `NEVER`: not at all. */
  plan(run: () => void, at: number): void {
    if (at < NEVER) this.#due.set(run, at)
    else this.#due.delete(run)
    this.#arm()
  }

  clear(): void {
    this.#due.clear()
    this.#arm()
  }

  #arm(): void {
    const ms = Math.min(...this.#due.values()) - this.now()
    this.#host.cancel(this.#timer)
    if (ms < NEVER) this.#timer = this.#host.after(Math.min(Math.max(0, ms), LONGEST), () => this.#fire())
  }

  #fire(): void {
    for (const [run, at] of [...this.#due]) if (at <= this.now() && this.#due.delete(run)) run()
    this.#arm()
  }
}
