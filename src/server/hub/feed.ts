// One list that many watch: what changed since it was last told, who is told, and what was told for those who come
// back. Everybody in it is told the same text, so it is made once.
// Invariant: a link on a shard has been told everything up to `toldVersion`, or it is on its way.

import type { Step } from '../../core/transition.ts'
import type { Entry } from '../../protocol/messages.ts'
import { type Erased, goneEntry } from './beyond.ts'
import { Paced } from './cadence.ts'
import { cursorAt } from './cursor.ts'
import { isHeard, stepEntry } from './entry.ts'
import { diffFrames } from './frames.ts'
import { History } from './history.ts'
import type { House, ListScope } from './house.ts'
import { isListed, Listing } from './listing.ts'
import { Shards } from './shards.ts'

/** How long a list nobody watches is kept up, for those who come back with a cursor. */
const IDLE = 120_000

export class Feed extends Paced {
  readonly scope: ListScope
  readonly listing: Listing
  readonly history: History
  readonly shards: Shards
  /** Watchers, also those who are not on a shard yet. */
  watchers = 0
  /** Up to here everything was told. */
  toldVersion: number
  readonly #house: House
  readonly #suspect: boolean
  #pending = new Map<string, Step | Erased>()
  #untold: { readonly version: number; readonly frames: readonly string[] } | null = null
  #publishing = false
  #wakes: (() => void)[] = []
  #idleSince: number

  constructor(house: House, scope: ListScope, suspect: boolean, topic: string) {
    super()
    this.#house = house
    this.scope = scope
    this.#suspect = suspect
    this.#idleSince = house.now()
    this.toldVersion = house.version()
    this.listing = new Listing(house, scope, suspect)
    this.history = new History(this.toldVersion)
    this.shards = new Shards(topic, house.rounds, house.publish)
  }

  /** A member made a step. */
  hear(step: Step, at: number): void {
    if (!this.#concerns(step)) return
    this.#pending.set(step.member, step)
    this.#house.cadence.touch(this, at)
  }

  /** A member was erased whom others found in `groups`: nobody is told its name any more. */
  erase(erased: Erased, groups: readonly string[], at: number): void {
    const { member } = erased
    this.listing.outdate()
    this.history.forget(member)
    const isListed = this.scope.of === 'group' && groups.includes(this.scope.group)
    if (!isListed && !this.#pending.has(member)) return
    this.#pending.set(member, erased)
    this.#house.cadence.touch(this, at)
  }

  flush(at: number): number {
    // the round that is under way would be overtaken; it touches again when it is over
    if (this.#publishing || this.#pending.size === 0) return 0
    const frames = this.untold()
    const cost = this.#pending.size / 4
    this.sentAt = at
    this.toldVersion = this.#house.version()
    this.#pending = new Map()
    this.#untold = null
    this.history.add(this.toldVersion, frames, at)
    if (this.shards.size > 0) this.#publish(frames)
    return cost
  }

  /** Members of whom something is to be told. */
  get waiting(): number {
    return this.#pending.size
  }

  /** What is to be told next, as it stands now. */
  untold(): readonly string[] {
    const version = this.#house.version()
    if (this.#untold?.version !== version) {
      const entries = [...this.#pending.values()].map(step => JSON.stringify(this.#entryOf(step)))
      const frames = diffFrames(this.scope, entries, cursorAt(this.#house.run, version))
      this.#untold = { version, frames }
    }
    return this.#untold.frames
  }

  /** Resolves when no round is under way: who joins then misses nothing and is told nothing twice. */
  async settled(): Promise<void> {
    while (this.#publishing) await new Promise<void>(resolve => this.#wakes.push(resolve))
  }

  /** Whether it is of no use any more at `at`. Called now and then. */
  isIdle(at: number): boolean {
    this.history.trim(at)
    this.listing.trim(at)
    if (this.watchers > 0) this.#idleSince = at
    return at - this.#idleSince >= IDLE
  }

  #concerns(step: Step): boolean {
    const { scope } = this
    if (scope.of === 'all') return isHeard(step, this.#suspect)
    const { group } = scope
    if (step.entered.includes(group) || step.exited.includes(group)) return true
    return step.seenGroups.includes(group) && isHeard(step, this.#suspect)
  }

  #entryOf(step: Step | Erased): Entry {
    if ('erased' in step) return goneEntry(step)
    const listed = isListed(step, this.scope)
    const isBeyond = !listed && this.#house.guarded && this.scope.of === 'group'
    return isBeyond ? goneEntry(step) : stepEntry(step, this.#suspect, listed)
  }

  #publish(frames: readonly string[]): void {
    this.#publishing = true
    this.shards.publish(frames, () => {
      this.#publishing = false
      for (const wake of this.#wakes.splice(0)) wake()
      if (this.#pending.size > 0) this.#house.cadence.touch(this, this.#house.now())
    })
  }
}
