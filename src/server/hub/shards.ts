// One audience, cut into topics small enough to be published to in one turn. The runtime does the sending; this
// decides which links are told together, and that the next topic has to wait for its turn.

import { costOf, type Rounds } from './rounds.ts'

/** Links of one topic: some 2 ms of writing. */
const SHARD = 256

/** What it needs of a link. */
export interface Subscriber {
  subscribe(topic: string): void
  unsubscribe(topic: string): void
}

export class Shards {
  readonly #name: string
  readonly #rounds: Rounds
  readonly #publish: (topic: string, text: string) => void
  readonly #sizes: number[] = []
  #size = 0

  constructor(name: string, rounds: Rounds, publish: (topic: string, text: string) => void) {
    this.#name = name
    this.#rounds = rounds
    this.#publish = publish
  }

  get size(): number {
    return this.#size
  }

  /** Adds a link; returns its shard, to be given back to `leave`. */
  join(link: Subscriber): number {
    const free = this.#sizes.findIndex(size => size < SHARD)
    const shard = free === -1 ? this.#sizes.push(0) - 1 : free
    this.#sizes[shard]!++
    this.#size++
    link.subscribe(this.#topic(shard))
    return shard
  }

  /** `link`: `null` where it is gone already. */
  leave(shard: number, link: Subscriber | null): void {
    this.#sizes[shard]!--
    this.#size--
    link?.unsubscribe(this.#topic(shard))
  }

  /** Publishes the frames to every shard, in order, one shard after the other; then `done`. */
  publish(frames: readonly string[], done: () => void): void {
    const length = frames.reduce((sum, frame) => sum + frame.length, 0)
    const next = (shard: number): number => {
      const size = this.#sizes[shard] ?? 0
      if (size > 0) for (const frame of frames) this.#publish(this.#topic(shard), frame)
      if (shard + 1 < this.#sizes.length) this.#rounds.push(() => next(shard + 1))
      else done()
      return costOf(size, length)
    }
    this.#rounds.push(() => next(0))
  }

  #topic(shard: number): string {
    return `${this.#name}#${shard}`
  }
}
