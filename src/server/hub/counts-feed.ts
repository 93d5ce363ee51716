// The numbers alone, of all members or of one group: one text for all who watch them, made at most twice a second and
// sent only where it changed.

import type { ServerMessage, StateCounts } from '../../protocol/messages.ts'
import type { GroupTally, SeenCounts } from '../../stores/store.ts'
import { type Paced, SPACING } from './cadence.ts'
import type { House } from './house.ts'
import { Shards } from './shards.ts'

/** Types and groups that are named. */
const LARGEST = 100
const NONE: SeenCounts = { online: 0, away: 0, suspectOnline: 0, suspectAway: 0, offline: 0 }

export class CountsFeed implements Paced {
  readonly shards: Shards
  slot = -1
  pos = 0
  ready = false
  sentAt = -SPACING
  watchers = 0
  readonly #house: House
  readonly #group: string | null
  readonly #suspect: boolean
  #text = ''
  #publishing = false
  #again = false

  constructor(house: House, group: string | null, suspect: boolean, topic: string) {
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
    if (this.#publishing) {
      this.#again = true
      return 0
    }
    const before = this.#text
    this.#text = this.#numbers()
    if (this.#text === before) return 1
    this.sentAt = at
    this.#publishing = true
    this.shards.publish([this.frame()], () => this.#published())
    return 1
  }

  /** The numbers that were told last. */
  frame(): string {
    if (this.#text === '') this.#text = this.#numbers()
    return `${this.#text.slice(0, -1)},"now":${this.#house.wall()}}`
  }

  #published(): void {
    this.#publishing = false
    if (this.#again) this.#house.cadence.touch(this, this.#house.now())
    this.#again = false
  }

  #numbers(): string {
    const { tally } = this.#house.store
    const group = this.#group
    const whole: GroupTally | undefined = group === null ? tally : tally.groups.get(group)
    const counts: Omit<ServerMessage & { t: 'counts' }, 'now'> = {
      t: 'counts',
      ...(group !== null && { group }),
      states: this.#states(whole?.seen ?? NONE),
      types: this.#table(whole?.types ?? new Map()),
      ...(group === null && {
        groups: this.#table(new Map([...tally.groups].map(([name, { seen }]) => [name, seen]))),
      }),
    }
    return JSON.stringify(counts)
  }

  #table(counts: ReadonlyMap<string, SeenCounts>): Record<string, StateCounts> {
    const named = [...counts]
    if (named.length > LARGEST) {
      named.sort(([, a], [, b]) => sizeOf(b) - sizeOf(a))
      named.length = LARGEST
    }
    return Object.fromEntries(named.map(([name, seen]) => [name, this.#states(seen)]))
  }

  #states({ online, away, suspectOnline, suspectAway, offline }: SeenCounts): StateCounts {
    return this.#suspect
      ? { online, away, suspect: suspectOnline + suspectAway, offline }
      : { online: online + suspectOnline, away: away + suspectAway, suspect: 0, offline }
  }
}

function sizeOf({ online, away, suspectOnline, suspectAway, offline }: SeenCounts): number {
  return online + away + suspectOnline + suspectAway + offline
}
