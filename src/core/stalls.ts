// Remembers when this process was not listening. Silence counts only while we listened, so every deadline that ran
// during a stall is that much later. Nothing is moved: whoever judges a deadline asks how much stalled since it began.

interface Stall {
  /** The stall is the half-open span (from, to]. */
  readonly from: number
  readonly to: number
  /** Sum of this stall and all before it. */
  readonly total: number
}

const KEPT = 256

/** Stalls in order of time, never overlapping. The last 256 are told apart. */
export class Stalls {
  readonly #kept: Stall[] = []
  #forgotten = 0

  /** All stalled milliseconds so far. */
  get total(): number {
    return this.#kept.at(-1)?.total ?? 0
  }

  /** Notes that the `ms` up to `to` were not listened to. */
  add(ms: number, to: number): void {
    const from = Math.max(to - ms, this.#kept.at(-1)?.to ?? to - ms)
    if (from >= to) return
    this.#kept.push({ from, to, total: this.total + to - from })
    if (this.#kept.length > KEPT) this.#forgotten = this.#kept.shift()!.total
  }

  /** How much of the time after `start` was not listened to. */
  since(start: number): number {
    let i = this.#kept.length - 1
    if (i < 0 || this.#kept[i]!.to <= start) return 0
    const total = this.#kept[i]!.total
    while (i > 0 && this.#kept[i - 1]!.to > start) i--
    const first = this.#kept[i]!
    const before = i > 0 ? this.#kept[i - 1]!.total : this.#forgotten
    return total - before - Math.max(0, start - first.from)
  }
}
