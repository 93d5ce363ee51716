// Spreads work that may arrive in bulk (ending thousands of links at once) over turns of the loop, so that no turn
// is held for longer than a budget. It reads no clock of its own and must never drop or reorder an item.

/** A first-in, first-out queue that works off its items on later turns, never inside `push`. */
export class TurnQueue<T> {
  readonly #work: (item: T) => void
  readonly #now: () => number
  readonly #nextTurn: (run: () => void) => void
  readonly #budget: number
  #items: T[] = []
  #head = 0
  #waiting: (() => void)[] = []

  /**
   * `work` must not throw. `now` gives milliseconds, `budget` is milliseconds of work in one turn; `nextTurn` runs its
   * argument after pending I/O, as setImmediate does.
   */
  constructor(
    work: (item: T) => void,
    now: () => number,
    nextTurn: (run: () => void) => void,
    budget: number,
  ) {
    this.#work = work
    this.#now = now
    this.#nextTurn = nextTurn
    this.#budget = budget
  }

  push(item: T): void {
    this.#items.push(item)
    if (this.#items.length === 1) this.#nextTurn(this.#turn)
  }

  /** Resolves once nothing is left to do. */
  idle(): Promise<void> {
    if (this.#items.length === 0) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  readonly #turn = (): void => {
    const until = this.#now() + this.#budget
    do {
      this.#work(this.#items[this.#head++]!)
    } while (this.#head < this.#items.length && this.#now() < until)
    if (this.#head < this.#items.length) this.#nextTurn(this.#turn)
    else this.#reset()
  }

  #reset(): void {
    this.#items = []
    this.#head = 0
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
