// Spreads the hub's work over turns of the loop, first come first served, so that no turn is held for long however
// many watchers there are. What is handed to the runtime to publish is written after the turn: it is paid for here
// by its size, since no clock could measure it.

/** Some 4 ms of writing on a slow machine: small frames cost 6 us each. */
const BUDGET = 512
/** Milliseconds that the work itself may take in one turn. */
const LONGEST = 4
const LARGE = 16_384

/** Does its part and returns what it cost, in deliveries of a small frame. */
export type Work = () => number

/** What `links` deliveries of a frame of `length` cost. */
export function costOf(links: number, length: number): number {
  return links * (1 + length / LARGE)
}

export class Rounds {
  readonly #now: () => number
  readonly #nextTurn: (run: () => void) => void
  #queue: Work[] = []
  #head = 0

  /** `now`: milliseconds; `nextTurn` runs its argument after pending I/O, as setImmediate does. */
  constructor(now: () => number, nextTurn: (run: () => void) => void) {
    this.#now = now
    this.#nextTurn = nextTurn
  }

  /** Does `work` on the next turn that has room for it. It must not throw. */
  push(work: Work): void {
    this.#queue.push(work)
    if (this.#queue.length - this.#head === 1) this.#nextTurn(this.#turn)
  }

  /** Resolves in a turn that has room for something of this cost. */
  room(cost: number): Promise<void> {
    return new Promise(resolve =>
      this.push(() => {
        resolve()
        return cost
      }),
    )
  }

  readonly #turn = (): void => {
    const until = this.#now() + LONGEST
    let spent = 0
    // the item stays counted while it runs, so that what it pushes does not ask for a turn of its own
    while (this.#head < this.#queue.length && spent < BUDGET && this.#now() < until) {
      spent += this.#queue[this.#head]!()
      this.#head++
    }
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
    if (this.#queue.length > 0) this.#nextTurn(this.#turn)
  }
}
