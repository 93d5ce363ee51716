// Picks the largest of very many counts, without sorting them all: it keeps a few times as many as are wanted, and
// drops the smaller ones when there are more.

import type { SeenCounts } from '../../stores/store.ts'

const SLACK = 4

export class Largest<T = SeenCounts> {
  readonly #most: number
  readonly #sizeOf: (item: T) => number
  readonly #kept = new Map<string, T>()

  constructor(most: number, sizeOf: (item: T) => number) {
    this.#most = most
    this.#sizeOf = sizeOf
  }

  add(name: string, item: T): void {
    this.#kept.set(name, item)
    if (this.#kept.size > this.#most * SLACK) this.#prune()
  }

  /** The largest; in no order. */
  read(): readonly (readonly [name: string, item: T])[] {
    if (this.#kept.size > this.#most) this.#prune()
    return [...this.#kept]
  }

  #prune(): void {
    const smallest = [...this.#kept].sort(([, a], [, b]) => this.#sizeOf(a) - this.#sizeOf(b))
    for (const [name] of smallest.slice(0, -this.#most)) this.#kept.delete(name)
  }
}

/** How many are counted. */
export function sizeOf({ online, away, suspectOnline, suspectAway, offline }: SeenCounts): number {
  return online + away + suspectOnline + suspectAway + offline
}
