// The numbers alone, of all members or of one group: one text for all who watch them, made at most twice a second and
// sent only where it changed. Of a hundred thousand groups they are counted over several turns.

import type { ServerMessage, StateCounts } from '../../protocol/messages.ts'
import type { GroupTally, SeenCounts } from '../../stores/store.ts'
import { Paced, SPACING } from './cadence.ts'
import type { House } from './house.ts'
import { Largest, sizeOf } from './largest.ts'
import { Shards } from './shards.ts'

/** Types and groups that are named. */
const LARGEST = 100
/** Types or groups looked at in one turn. */
const SLICE = 2_000
const NONE: SeenCounts = { online: 0, away: 0, suspectOnline: 0, suspectAway: 0, offline: 0 }

type Numbers = Omit<ServerMessage & { t: 'counts' }, 'now'>

/** The numbers of nobody, for one who may not be told them any more. */
export function noCounts(group: string | null, now: number): string {
  const states: StateCounts = { online: 0, away: 0, suspect: 0, offline: 0 }
  const lists = group === null ? { types: {}, groups: {} } : { group, types: {} }
  return JSON.stringify({ t: 'counts', states, ...lists, now })
}

export class CountsFeed extends Paced {
  readonly shards: Shards
  watchers = 0
  readonly #house: House
  readonly #group: string | null
  readonly #suspect: boolean
  /** What all were told last. */
  #told = ''
  /** For those who come: counted not long ago. */
  #fresh: { readonly at: number; readonly text: Promise<string> } | null = null
  #busy = false
  #again = false

  constructor(house: House, group: string | null, suspect: boolean, topic: string) {
    super()
    this.#house = house
    this.#group = group
    this.#suspect = suspect
    this.shards = new Shards(topic, house.rounds, house.publish)
  }

  /** Something happened that may have changed the numbers. */
  touch(at: number): void {
    this.#house.cadence.touch(this, at)
  }

  flush(at: number): number {
    if (this.#busy) {
      this.#again = true
      return 0
    }
    // also where nothing will be told: to count anew with every step would cost more than the telling
    this.sentAt = at
    this.#busy = true
    void this.#tell()
    return 1
  }

  /** The numbers for one who comes. */
  async frame(): Promise<string> {
    const at = this.#house.now()
    if (this.#fresh === null || at - this.#fresh.at >= SPACING) this.#fresh = { at, text: this.#count() }
    const text = await this.#fresh.text
    if (this.#told === '') this.#told = text
    // what changes no member, such as that one is forgotten, is found out here first
    else if (text !== this.#told) this.touch(this.#house.now())
    return this.#frameOf(text)
  }

  async #tell(): Promise<void> {
    const text = await this.#count()
    if (text === this.#told) return this.#done()
    this.#told = text
    this.shards.publish([this.#frameOf(text)], () => this.#done())
  }

  #done(): void {
    this.#busy = false
    if (this.#again) this.touch(this.#house.now())
    this.#again = false
  }

  #frameOf(text: string): string {
    return `${text.slice(0, -1)},"now":${this.#house.wall()}}`
  }

  async #count(): Promise<string> {
    const { tally } = this.#house.store
    const group = this.#group
    const whole: GroupTally | undefined = group === null ? tally : tally.groups.get(group)
    const types = whole === undefined ? {} : await this.#table(whole.types, seen => seen)
    const groups = group === null && { groups: await this.#table(tally.groups, ({ seen }) => seen) }
    const states = this.#states(whole?.seen ?? NONE)
    const numbers: Numbers = { t: 'counts', ...(group !== null && { group }), states, types, ...groups }
    return JSON.stringify(numbers)
  }

  async #table<T>(
    counts: ReadonlyMap<string, T>,
    seenOf: (item: T) => SeenCounts,
  ): Promise<Record<string, StateCounts>> {
    const largest = new Largest(LARGEST, sizeOf)
    let looked = 0
    for (const [name, item] of counts) {
      largest.add(name, seenOf(item))
      if (++looked % SLICE === 0) await this.#house.rounds.room(SLICE / 8)
    }
    return Object.fromEntries(largest.read().map(([name, seen]) => [name, this.#states(seen)]))
  }

  #states({ online, away, suspectOnline, suspectAway, offline }: SeenCounts): StateCounts {
    return this.#suspect
      ? { online, away, suspect: suspectOnline + suspectAway, offline }
      : { online: online + suspectOnline, away: away + suspectAway, suspect: 0, offline }
  }
}
