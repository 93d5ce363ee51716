// Everything that is to happen later, on one timer: the earliest deadline is armed, the others wait in a list of a
// handful. It never trusts the timer: when it fires, each deadline is held against the clock.

import type { Host } from './host.ts'

/** Something that is due at a time. */
export interface Item {
  /** ms of `Agenda.now`; `Infinity`: never. Changed by `plan` only. */
  at: number
  readonly run: () => void
}

/** Longer ones make a timer fire at once. */
const LONGEST = 2 ** 31 - 1

export class Agenda {
  readonly #host: Host
  readonly #items = new Set<Item>()
  #timer: unknown = null
  #armed = Number.POSITIVE_INFINITY
  #last = 0
  #ahead = 0

  constructor(host: Host) {
    this.#host = host
  }

  /** The wall clock, since only that runs on while a machine sleeps; where it is set back, this one stands still. */
  now(): number {
    const wall = this.#host.now()
    if (wall + this.#ahead < this.#last) this.#ahead = this.#last - wall
    this.#last = wall + this.#ahead
    return this.#last
  }

  item(run: () => void): Item {
    return { at: Number.POSITIVE_INFINITY, run }
  }

  plan(item: Item, at: number): void {
    item.at = at
    if (at < Number.POSITIVE_INFINITY) this.#items.add(item)
    else this.#items.delete(item)
    this.#arm()
  }

  /** Nothing is due any more. */
  clear(): void {
    this.#items.clear()
    this.#arm()
  }

  #arm(): void {
    let earliest = Number.POSITIVE_INFINITY
    for (const { at } of this.#items) earliest = Math.min(earliest, at)
    if (earliest === this.#armed) return
    this.#armed = earliest
    if (this.#timer !== null) this.#host.cancel(this.#timer)
    this.#timer = null
    if (earliest === Number.POSITIVE_INFINITY) return
    const ms = Math.min(Math.max(0, earliest - this.now()), LONGEST)
    this.#timer = this.#host.after(ms, () => this.#fired())
  }

  #fired(): void {
    this.#timer = null
    this.#armed = Number.POSITIVE_INFINITY
    const now = this.now()
    for (const item of [...this.#items]) if (item.at <= now) this.#due(item)
    this.#arm()
  }

  #due(item: Item): void {
    this.#items.delete(item)
    item.at = Number.POSITIVE_INFINITY
    item.run()
  }
}
