// The waiting room of a mass silence: sessions whose end the breaker withholds, in the order in which they fell.
// It lets them go under the breaker's pace once the hold is over; it never decides whether one is silent.

import type { Breaker } from './breaker.ts'
import type { Session } from './session.ts'

/** Looked at per tick at most, so that a large room does not block the loop. */
const LOOKS = 10_000

/** First in, first out. */
export class HoldRoom<L extends object> {
  #waiting: Session<L>[] = []
  #head = 0

  get size(): number {
    return this.#waiting.length - this.#head
  }

  /** Withholds the end of `session`, which must be off the wheel. */
  enter(session: Session<L>): void {
    if (session.hold === 'none') session.hold = 'held'
    this.#waiting.push(session)
  }

  /** How many of those in the room are `silent` now; one that broke meanwhile may count twice. */
  count(silent: (session: Session<L>) => boolean): number {
    let found = 0
    for (let i = this.#head; i < this.#waiting.length; i++) if (silent(this.#waiting[i]!)) found++
    return found
  }

  /** Lets sessions go while the breaker pays for it. `wouldEnd` asks, `settle` acts. */
  release(
    breaker: Breaker,
    at: number,
    wouldEnd: (session: Session<L>) => boolean,
    settle: (session: Session<L>) => void,
  ): void {
    if (this.size === 0 || breaker.held) return
    let budget = breaker.budget(at)
    for (let looks = 0; looks < LOOKS && this.size > 0; looks++) {
      const session = this.#waiting[this.#head]!
      if (wouldEnd(session)) {
        if (budget < 1) break
        budget--
        breaker.spend(1)
      }
      this.#head++
      settle(session)
    }
    if (this.size === 0) {
      this.#waiting = []
      this.#head = 0
    }
  }
}
