// When something is told: the first change at once, what follows within half a second together. It keeps one wheel
// for everything that waits, and no timer.

import { OFF, Wheel, type WheelEntry } from '../../core/wheel.ts'
import type { Rounds } from './rounds.ts'

/** Least time between two diffs of the same watch, in ms. */
export const SPACING = 500

/** Something that tells what changed, when it is told to. Its fields are kept by the cadence, but for `sentAt`. */
export abstract class Paced implements WheelEntry {
  slot = -1
  pos = 0
  /** Waits for its turn. */
  ready = false
  /** When it told something last. */
  sentAt = -SPACING

  /** Tells what gathered and sets `sentAt`. Returns the cost (see Rounds). */
  abstract flush(at: number): number
}

export class Cadence {
  readonly #rounds: Rounds
  readonly #now: () => number
  readonly #wheel: Wheel<Paced>

  constructor(rounds: Rounds, now: () => number, tick: number) {
    this.#rounds = rounds
    this.#now = now
    this.#wheel = new Wheel(tick, now())
  }

  /** Something changed: it is told on the next turn, or when its time has come. */
  touch(paced: Paced, at: number): void {
    if (paced.ready || paced.slot !== -1) return
    const due = paced.sentAt + SPACING
    if (due > at) this.#wheel.insert(paced, due)
    else this.#tell(paced)
  }

  /** Nothing of it is to be told any more. */
  drop(paced: Paced): void {
    this.#wheel.remove(paced)
  }

  tick(at: number): void {
    this.#wheel.advance(at, paced => {
      this.#tell(paced)
      return OFF
    })
  }

  #tell(paced: Paced): void {
    paced.ready = true
    this.#rounds.push(() => {
      paced.ready = false
      return paced.flush(this.#now())
    })
  }
}
