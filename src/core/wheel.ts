// A lazy deadline wheel: one array of entries per slot of time. It promises to visit an entry not before its due
// time and within one tick after it; it never moves an entry because something happened to it.
// Arrays with swap-remove beat linked lists here: the visits of one tick walk memory in order.

/** What the wheel keeps inside each entry. `slot === -1`: not on the wheel. */
export interface WheelEntry {
  slot: number
  pos: number
}

/** Looks at an entry that may be due; returns when to look again, or `OFF` to leave the wheel. */
export type Visit<E> = (entry: E, at: number) => number

/** Returned by a visit that leaves the wheel. */
export const OFF = -1

const SLOTS = 1024

/**
 * Times are milliseconds >= 0. Invariants: `entry.slot === -1` or `slots[entry.slot][entry.pos] === entry`;
 * `size` is the sum of all slots; an entry is visited at the first tick k with k * tick >= due, or earlier where
 * it lies beyond the horizon of 1,023 ticks.
 */
export class Wheel<E extends WheelEntry> {
  size = 0
  readonly #tick: number
  readonly #slots: E[][] = Array.from({ length: SLOTS }, () => [])
  #now: number

  /** `tick`: the wheel's step in ms; `at`: where time stands. */
  constructor(tick: number, at: number) {
    this.#tick = tick
    this.#now = Math.floor(at / tick)
  }

  /** Puts `entry` on the wheel, or moves it there. */
  insert(entry: E, due: number): void {
    if (entry.slot !== -1) this.remove(entry)
    const ahead = Math.ceil(due / this.#tick) - this.#now
    const tick = this.#now + Math.min(Math.max(ahead, 1), SLOTS - 1)
    const slot = tick % SLOTS
    const bucket = this.#slots[slot]!
    entry.slot = slot
    entry.pos = bucket.length
    bucket.push(entry)
    this.size++
  }

  remove(entry: E): void {
    if (entry.slot === -1) return
    const bucket = this.#slots[entry.slot]!
    const last = bucket.pop()!
    if (last !== entry) {
      bucket[entry.pos] = last
      last.pos = entry.pos
    }
    entry.slot = -1
    this.size--
  }

  /** Visits every entry whose tick has come by `at`. A visit may insert and remove any entry, also its own. */
  advance(at: number, visit: Visit<E>): void {
    const target = Math.floor(at / this.#tick)
    // after a long pause every slot is due once; a second round would find nothing new
    if (target - this.#now > SLOTS) this.#now = target - SLOTS
    while (this.#now < target) {
      this.#now++
      this.#drain(this.#slots[this.#now % SLOTS]!, at, visit)
    }
  }

  // Nothing is put back into the slot that drains: insert reaches 1 to 1,023 ticks ahead. What a visit removes
  // lies behind the index (already off) or before it (the last unvisited entry takes its place).
  #drain(bucket: E[], at: number, visit: Visit<E>): void {
    for (let i = 0; i < bucket.length; i++) {
      const entry = bucket[i]!
      entry.slot = -1
      this.size--
      const due = visit(entry, at)
      if (due !== OFF && entry.slot === -1) this.insert(entry, due)
    }
    bucket.length = 0
  }
}
