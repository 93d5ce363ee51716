// Which lists and counts are watched: finds them, passes steps on to those they concern, lets go of what nobody
// watches any more.

import type { Step } from '../../core/transition.ts'
import type { Erased } from './beyond.ts'
import { CountsFeed } from './counts-feed.ts'
import { Feed } from './feed.ts'
import type { House, ListScope } from './house.ts'

/** Lists looked at in one go: some 2 ms. */
const SLICE = 5_000

export class Feeds {
  readonly #house: House
  readonly #lists = new Map<string, Feed>()
  readonly #counts = new Map<string, CountsFeed>()
  #sweep = this.#lists.entries()

  constructor(house: House) {
    this.#house = house
  }

  get size(): number {
    return this.#lists.size + this.#counts.size
  }

  list(scope: ListScope, suspect: boolean): Feed {
    const key = keyOf(scope.of === 'all' ? null : scope.group, suspect)
    let feed = this.#lists.get(key)
    if (feed === undefined) {
      feed = new Feed(this.#house, scope, suspect, `list ${key}`)
      this.#lists.set(key, feed)
    }
    return feed
  }

  counts(group: string | null, suspect: boolean): CountsFeed {
    const key = keyOf(group, suspect)
    let feed = this.#counts.get(key)
    if (feed === undefined) {
      feed = new CountsFeed(this.#house, group, suspect, `counts ${key}`)
      this.#counts.set(key, feed)
    }
    return feed
  }

  hear(step: Step, at: number): void {
    this.#hear(null, step, at)
    for (const group of step.seenGroups) this.#hear(group, step, at)
    for (const group of step.exited) this.#hear(group, step, at)
  }

  /** See `Feed.erase`. */
  erase(erased: Erased, groups: readonly string[], at: number): void {
    for (const feed of this.#lists.values()) feed.erase(erased, groups, at)
    for (const feed of this.#counts.values()) feed.touch(at)
  }

  /** Lets go of what is of no use any more, a slice each time. */
  sweep(at: number): void {
    for (let n = 0; n < SLICE; n++) {
      const { value, done } = this.#sweep.next()
      if (done) {
        this.#sweep = this.#lists.entries()
        break
      }
      const [key, feed] = value
      if (feed.isIdle(at)) this.#lists.delete(key)
    }
    for (const [key, feed] of this.#counts) if (feed.watchers === 0) this.#counts.delete(key)
  }

  #hear(group: string | null, step: Step, at: number): void {
    for (const suspect of [false, true]) {
      const key = keyOf(group, suspect)
      this.#lists.get(key)?.hear(step, at)
      this.#counts.get(key)?.touch(at)
    }
  }
}

function keyOf(group: string | null, suspect: boolean): string {
  return `${suspect ? 'suspect' : 'settled'}${group === null ? '' : ` ${group}`}`
}
