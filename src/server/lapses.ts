// Notes what lapses by itself: a status with an end, a membership with a time to live. It hears of them by the steps
// and by whoever makes a membership, and says once what is over; whether it still stands is for its owner to see. The
// ends are wall time; they are looked at in monotonic time, so that none waits for a clock that was set back.

import type { Step } from '../core/transition.ts'
import type { Lapse } from '../stores/store.ts'

interface Entry {
  readonly lapse: Lapse
  /** When it is looked at. */
  readonly second: number
}

const SECOND = 1_000

/** Invariant: every entry is in the set of its second, and in no other. */
export class Lapses {
  readonly #entries = new Map<string, Entry>()
  readonly #bySecond = new Map<number, Set<Entry>>()
  readonly #deadline: (lapse: Lapse) => number
  #lookedAt: number

  /** `at`: monotonic. `deadline`: the monotonic time of its end, as the clocks stand. */
  constructor(at: number, deadline: (lapse: Lapse) => number) {
    this.#deadline = deadline
    this.#lookedAt = Math.floor(at / SECOND)
  }

  get size(): number {
    return this.#entries.size
  }

  /** It lapses at its `until`; a later note of the same thing takes its place. */
  note(lapse: Lapse): void {
    this.#drop(keyOf(lapse))
    const second = Math.max(Math.ceil(this.#deadline(lapse) / SECOND), this.#lookedAt + 1)
    const entry = { lapse, second }
    this.#entries.set(keyOf(lapse), entry)
    const others = this.#bySecond.get(second)
    if (others === undefined) this.#bySecond.set(second, new Set([entry]))
    else others.add(entry)
  }

  /** A standing membership ended, or has no end any more. */
  forget(member: string, group: string): void {
    this.#drop(keyOf({ what: 'membership', member, group, until: 0 }))
  }

  /** What members say of themselves now. */
  tell(steps: readonly Step[]): void {
    for (const { member, status } of steps) {
      const until = status?.until ?? null
      if (until === null && this.#entries.size === 0) continue
      const key = keyOf({ what: 'status', member, until: 0 })
      if (until === null) this.#drop(key)
      else if (this.#entries.get(key)?.lapse.until !== until) this.note({ what: 'status', member, until })
    }
  }

  /** The clock that is told leapt: a status is over when it says so, a time to live lasts as long as before. */
  leapt(): void {
    for (const { lapse } of [...this.#entries.values()]) if (lapse.what === 'status') this.note(lapse)
  }

  /** What is over at `at`, to the second. Forgotten by that. */
  due(at: number): Lapse[] {
    const last = Math.floor(at / SECOND)
    if (last <= this.#lookedAt) return []
    const found: Lapse[] = []
    for (const second of this.#seconds(last)) {
      for (const { lapse } of this.#bySecond.get(second) ?? []) {
        found.push(lapse)
        this.#entries.delete(keyOf(lapse))
      }
      this.#bySecond.delete(second)
    }
    this.#lookedAt = last
    return found
  }

  // After a long sleep fewer seconds hold entries than went by.
  *#seconds(last: number): Generator<number> {
    if (last - this.#lookedAt > this.#bySecond.size) {
      for (const second of [...this.#bySecond.keys()]) if (second <= last) yield second
    } else for (let second = this.#lookedAt + 1; second <= last; second++) yield second
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    const others = this.#bySecond.get(entry.second)
    others?.delete(entry)
    if (others?.size === 0) this.#bySecond.delete(entry.second)
  }
}

// Ids hold no control characters.
function keyOf(lapse: Lapse): string {
  return lapse.what === 'status' ? lapse.member : `${lapse.member}\n${lapse.group}`
}
