// Tells a mass silence from many single ones. When too many sessions fall silent together, the fault is more likely
// ours (a switch, a proxy, the network) than theirs: it says `held`, and later says when to go on, at what pace.
// It counts; it knows no session.

/** Options of the breaker; durations in milliseconds. */
export interface BreakerOptions {
  /** Share of the node's sessions that must fall silent within the window. @default 0.3 */
  readonly share: number
  /** And at least so many. @default 100 */
  readonly least: number
  /** @default 5_000 */
  readonly window: number
  /** Newly silent below this share for a whole window ends the hold. @default 0.01 */
  readonly calm: number
  /** The hold ends after this long in any case. @default 30_000 */
  readonly hold: number
  /** Sessions that may end per second after a hold. @default 1_000 */
  readonly pace: number
}

export const BREAKER_DEFAULTS: BreakerOptions = {
  share: 0.3,
  least: 100,
  window: 5_000,
  calm: 0.01,
  hold: 30_000,
  pace: 1_000,
}

const BUCKETS = 50

/** Counts the newly silent in a sliding window of 50 buckets. */
export class Breaker {
  /** True from the trip until the hold is over. */
  held = false
  readonly #options: BreakerOptions
  readonly #width: number
  readonly #buckets = new Uint32Array(BUCKETS)
  #bucket: number
  #sum = 0
  #trippedAt = 0
  #paidAt = 0
  #credit = 0

  constructor(options: BreakerOptions, at: number) {
    this.#options = options
    this.#width = options.window / BUCKETS
    this.#bucket = Math.floor(at / this.#width)
  }

  /** Notes `count` newly silent of `total` sessions; true when this trips the breaker. */
  fell(count: number, total: number, at: number): boolean {
    this.#roll(at)
    const slot = this.#bucket % BUCKETS
    this.#buckets[slot] = this.#buckets[slot]! + count
    this.#sum += count
    const { least, share } = this.#options
    if (this.held || this.#sum < least || this.#sum <= share * total) return false
    this.held = true
    this.#trippedAt = at
    return true
  }

  /** Whether the hold ends now; true once. */
  calmed(total: number, at: number): boolean {
    if (!this.held) return false
    this.#roll(at)
    const over = at - this.#trippedAt >= this.#options.hold
    if (!over && this.#sum > 0 && this.#sum >= this.#options.calm * total) return false
    this.#release(at)
    return true
  }

  /** How many sessions may end now under the pace. Unused credit does not pile up beyond a tenth of a second. */
  budget(at: number): number {
    const { pace } = this.#options
    this.#credit = Math.min(this.#credit + ((at - this.#paidAt) * pace) / 1_000, Math.max(1, pace / 10))
    this.#paidAt = at
    return Math.floor(this.#credit)
  }

  /** Takes `count` from the budget. */
  spend(count: number): void {
    this.#credit -= count
  }

  // The window starts empty, so that those already silent do not trip it a second time.
  #release(at: number): void {
    this.held = false
    this.#buckets.fill(0)
    this.#sum = 0
    this.#paidAt = at
    this.#credit = 0
  }

  #roll(at: number): void {
    const now = Math.floor(at / this.#width)
    const steps = Math.min(now - this.#bucket, BUCKETS)
    for (let i = 1; i <= steps; i++) {
      const slot = (now - steps + i) % BUCKETS
      this.#sum -= this.#buckets[slot]!
      this.#buckets[slot] = 0
    }
    this.#bucket = Math.max(this.#bucket, now)
  }
}
