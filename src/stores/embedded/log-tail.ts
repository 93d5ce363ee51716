// The end of the log in memory, as it is durable: what was told last, for those who read close to the end. What it no
// longer holds is read elsewhere. It is bounded by number and, roughly, by bytes.

import { logged, type Step, type Transition } from '../../core/transition.ts'

/** What a tail may hold. */
export interface TailBounds {
  readonly most: number
  readonly bytes: number
}

/** Invariant: it holds every durable transition with a version above `floor`, oldest first. */
export class LogTail {
  readonly #bounds: TailBounds
  #floor = 0
  /** Made into what the log tells when somebody reads them: often nobody does. */
  #kept: (Step | Transition)[] = []
  #sizes: number[] = []
  /** Entries before this one are gone; they are cut off when they are many. */
  #from = 0
  #bytes = 0

  constructor(bounds: TailBounds) {
    this.#bounds = bounds
  }

  get floor(): number {
    return this.#floor
  }

  /** Forgets everything: the log is durable up to `version`, and what was told before is not held. */
  begin(version: number): void {
    this.#drop(this.#kept.length)
    this.#floor = version
  }

  /** Appends what became durable. `sizes`: about how many bytes each takes. */
  append(told: readonly Step[], sizes: readonly number[]): void {
    const skipped = Math.max(0, told.length - this.#bounds.most)
    if (skipped > 0) this.begin(told[skipped - 1]!.version)
    for (let i = skipped; i < told.length; i++) {
      this.#kept.push(told[i]!)
      this.#sizes.push(sizes[i] ?? 0)
      this.#bytes += sizes[i] ?? 0
    }
    let to = Math.max(this.#from, this.#kept.length - this.#bounds.most)
    let left = this.#bytes
    for (let i = this.#from; i < to; i++) left -= this.#sizes[i]!
    while (left > this.#bounds.bytes) left -= this.#sizes[to++]!
    this.#drop(to)
  }

  /** Up to `limit` with a version above `after`, oldest first; `after` >= `floor`. */
  read(after: number, limit: number): Transition[] {
    const from = this.#firstAbove(after)
    const to = Math.min(this.#kept.length, from + limit)
    const found: Transition[] = []
    for (let i = from; i < to; i++) found.push(this.#tell(i))
    return found
  }

  get(version: number): Transition | undefined {
    const i = this.#firstAbove(version - 1)
    return this.#kept[i]?.version === version ? this.#tell(i) : undefined
  }

  /** Lets go of those told before `at`, and of the oldest beyond `most`. */
  dropOlder(at: number, most: number): void {
    let young = this.#from
    while (young < this.#kept.length && this.#kept[young]!.at < at) young++
    this.#drop(Math.max(young, this.#kept.length - most))
  }

  /** The member whose last step has this `version` is erased: see core/change.ts. */
  erase(version: number): void {
    const last = this.get(version)
    if (last === undefined) return
    this.#kept[this.#firstAbove(version - 1)] = scrubbed(last)
    for (let before = last.previous; before > this.#floor; ) {
      const step = this.get(before)
      if (step === undefined) return
      const i = this.#firstAbove(before - 1)
      this.#kept.splice(i, 1)
      this.#bytes -= this.#sizes.splice(i, 1)[0]!
      before = step.previous
    }
  }

  #tell(i: number): Transition {
    const kept = this.#kept[i]!
    if (!('settledState' in kept)) return kept
    const told = logged(kept)
    this.#kept[i] = told
    return told
  }

  #firstAbove(version: number): number {
    return firstAbove(this.#kept, version, this.#from)
  }

  // Up to the place `to`, of which the cut array is rid only when it is worth it.
  #drop(to: number): void {
    if (to <= this.#from) return
    this.#floor = this.#kept[to - 1]!.version
    for (let i = this.#from; i < to; i++) this.#bytes -= this.#sizes[i]!
    this.#from = to
    if (to < this.#kept.length && to < this.#bounds.most) return
    this.#kept = this.#kept.slice(to)
    this.#sizes = this.#sizes.slice(to)
    this.#from = 0
  }
}

/** Place of the first of `steps`, which are in the order of their versions, that is above `version`. */
export function firstAbove(steps: readonly Transition[], version: number, from = 0): number {
  let low = from
  let high = steps.length
  while (low < high) {
    const mid = (low + high) >>> 1
    if (steps[mid]!.version <= version) low = mid + 1
    else high = mid
  }
  return low
}

// What the log goes on to tell of a member that was erased.
function scrubbed(step: Transition): Transition {
  return { ...step, previous: 0, name: null, type: null, profile: null, status: null, groups: [] }
}
