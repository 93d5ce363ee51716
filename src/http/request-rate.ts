// How many requests a caller may make: a virtual schedule (GCRA, ITU-T I.371) in one number per caller, a second's worth
// at once. No timer; who kept still is forgotten when others come.

/** Callers that are remembered before those that kept still are forgotten. */
const MANY = 10_000

export class RequestRate {
  readonly #spacing: number
  /** When the schedule of a caller is used up to, in ms. */
  readonly #ahead = new Map<string, number>()
  #sweepAt = MANY

  /** At most so many a second; from `Number.MAX_SAFE_INTEGER` on: as many as it likes. */
  constructor(perSecond: number) {
    this.#spacing = perSecond >= Number.MAX_SAFE_INTEGER ? 0 : 1_000 / perSecond
  }

  /** Nobody need be told apart. */
  get unlimited(): boolean {
    return this.#spacing === 0
  }

  /** Milliseconds it must wait; 0: it may go on, and is counted. `now`: monotonic ms. */
  admit(caller: string, now: number): number {
    if (this.#spacing === 0) return 0
    const ahead = Math.max(this.#ahead.get(caller) ?? 0, now) + this.#spacing
    const over = ahead - now - Math.max(1_000, this.#spacing)
    if (over > 0) return over
    this.#ahead.set(caller, ahead)
    if (this.#ahead.size > this.#sweepAt) this.#sweep(now)
    return 0
  }

  get size(): number {
    return this.#ahead.size
  }

  #sweep(now: number): void {
    for (const [caller, ahead] of this.#ahead) if (ahead <= now) this.#ahead.delete(caller)
    this.#sweepAt = Math.max(MANY, this.#ahead.size * 2)
  }
}
