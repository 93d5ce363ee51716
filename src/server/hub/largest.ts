// Picks the largest of very many counts, without sorting them all: it keeps a few times as many as are wanted, and
// drops the smaller ones when there are more.

import type { SeenCounts } from '../../stores/store.ts'

const SLACK = 4

export class Largest {
  readonly #most: number
  readonly #kept = new Map<string, SeenCounts>()

  constructor(most: number) {
    this.#most = most
  }

  add(name: string, seen: SeenCounts): void {
    this.#kept.set(name, seen)
    if (this.#kept.size > this.#most * SLACK) this.#prune()
  }

  /** The largest; in no order. */
  read(): readonly (readonly [name: string, seen: SeenCounts])[] {
    if (this.#kept.size > this.#most) this.#prune()
    return [...this.#kept]
  }

  #prune(): void {
    const smallest = [...this.#kept].sort(([, a], [, b]) => sizeOf(a) - sizeOf(b))
    for (const [name] of smallest.slice(0, -this.#most)) this.#kept.delete(name)
  }
}

function sizeOf({ online, away, suspectOnline, suspectAway, offline }: SeenCounts): number {
  return online + away + suspectOnline + suspectAway + offline
}
