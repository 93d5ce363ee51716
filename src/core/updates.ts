// Merges what members say of themselves: the first update goes out at once, what follows within a second (or what the
// server is set to) is merged into one. A member that renames itself with every beat costs one change a second.

import type { Details } from './change.ts'

interface Slot {
  readonly freeAt: number
  /** What came since; `null` when nothing. */
  waiting: Details | null
}

/** One slot per member that updated a moment ago. */
export class Updates {
  /** Least time between two updates of a member, in ms; set before the first. */
  spacing = 1_000
  /** How many were kept so far, to be told with what came after. */
  merged = 0
  readonly #slots = new Map<string, Slot>()

  /** Whether these details may go out now; otherwise they are kept for `due`. */
  offer(member: string, details: Details, at: number): boolean {
    const slot = this.#slots.get(member)
    if (slot === undefined || at >= slot.freeAt) {
      if (slot?.waiting) {
        slot.waiting = { ...slot.waiting, ...details }
        this.merged++
        return false
      }
      this.#open(member, at)
      return true
    }
    slot.waiting = { ...slot.waiting, ...details }
    this.merged++
    return false
  }

  /** Whether something of `member` waits to be told. */
  waits(member: string): boolean {
    return this.#slots.get(member)?.waiting != null
  }

  /** Hands over what waited long enough, each member once. */
  due(at: number, out: (member: string, details: Details) => void): void {
    for (const [member, slot] of this.#slots) {
      if (at < slot.freeAt) return
      this.#slots.delete(member)
      if (slot.waiting === null) continue
      this.#open(member, at)
      out(member, slot.waiting)
    }
  }

  /** Takes what waits for `member`, to be told with something else; `null` when nothing does. */
  take(member: string): Details | null {
    const slot = this.#slots.get(member)
    const waiting = slot?.waiting ?? null
    if (slot !== undefined) slot.waiting = null
    return waiting
  }

  // All slots last equally long: kept in order of their opening, the first that is not over ends the search.
  #open(member: string, at: number): void {
    this.#slots.delete(member)
    this.#slots.set(member, { freeAt: at + this.spacing, waiting: null })
  }
}
