// The members one watcher named, and what they did since it was last told. Private to the watcher; found by the ids
// in an index, so that a step costs what it concerns.

import type { Step } from '../../core/transition.ts'
import type { Entry } from '../../protocol/messages.ts'
import { type Erased, unknownEntry } from './beyond.ts'
import { Paced } from './cadence.ts'
import { cursorAt } from './cursor.ts'
import { isHeard, isHidden } from './entry.ts'
import { diffFrames } from './frames.ts'
import type { House } from './house.ts'
import { costOf } from './rounds.ts'
import type { Sight } from './sight.ts'
import type { StepTexts } from './step-texts.ts'
import type { Recipient } from './watcher.ts'

const TOLD = { of: 'members' } as const

export class Roster extends Paced {
  readonly members = new Set<string>()
  suspect = false
  /** Snapshots on their way: no diff overtakes them. */
  loading = 0
  /** Its watcher is gone. */
  over = false
  readonly #house: House
  readonly #texts: StepTexts
  readonly #to: Recipient
  /** Whom its watcher was told of, where it does not see everybody. */
  readonly #inSight = new Set<string>()
  #pending = new Map<string, Step | Erased>()
  /** Version of the oldest step that is pending; means something only while one is. */
  #oldest = 0

  constructor(house: House, texts: StepTexts, to: Recipient) {
    super()
    this.#house = house
    this.#texts = texts
    this.#to = to
  }

  hear(step: Step | Erased, at: number): void {
    if (this.over || !this.#isNews(step)) return
    if (this.#pending.size === 0) this.#oldest = step.version
    this.#pending.set(step.member, step)
    if (this.loading === 0) this.#house.cadence.touch(this, at)
  }

  /** Up to here its watcher knows everything of those who were on the roster already. */
  knownVersion(): number {
    return this.#pending.size === 0 ? this.#house.version() : this.#oldest - 1
  }

  /** A snapshot has arrived. */
  loaded(at: number): void {
    this.loading--
    if (this.loading === 0 && this.#pending.size > 0) this.#house.cadence.touch(this, at)
  }

  /** Its watcher sees others from now on: all are told anew, and what was pending was meant for other eyes. */
  renew(): void {
    this.#pending.clear()
    this.#inSight.clear()
  }

  /** What its watcher is told of them, where it does not see everybody. */
  saw(entries: readonly Entry[]): void {
    for (const { member, state } of entries)
      if (state === 'unknown') this.#inSight.delete(member)
      else this.#inSight.add(member)
  }

  forget(member: string): void {
    this.members.delete(member)
    this.#inSight.delete(member)
    this.#pending.delete(member)
  }

  flush(at: number): number {
    if (this.over || this.loading > 0 || this.#pending.size === 0) return 0
    this.sentAt = at
    const entries: string[] = []
    const { sight } = this.#to
    for (const step of this.#pending.values()) {
      const text = this.#textOf(step, sight)
      if (text !== null) entries.push(text)
    }
    this.#pending.clear()
    const cursor = cursorAt(runOf(this.#house, sight), this.#house.version())
    let cost = 0
    for (const frame of diffFrames(TOLD, entries, cursor)) {
      this.#to.send(frame)
      cost += costOf(1, frame.length)
    }
    return cost
  }

  #isNews(step: Step | Erased): boolean {
    if ('erased' in step || isHeard(step, this.suspect)) return true
    const { sight } = this.#to
    if (sight === null) return mayBeNew(step)
    // groups beyond the right show nothing: they matter where they bring it into sight or out of it
    const { member } = step
    return isMoved(step) && (this.#isUnsure(member) || sees(sight, step) !== this.#inSight.has(member))
  }

  // What its watcher was told of the member is about to change.
  #isUnsure(member: string): boolean {
    return this.loading > 0 || this.#pending.has(member)
  }

  // Who goes out of sight is told once, and then no more.
  #textOf(step: Step | Erased, sight: Sight | null): string | null {
    const { member } = step
    const isSeen = !('erased' in step) && (sight === null || sees(sight, step))
    if (!isSeen)
      return sight === null || this.#inSight.delete(member) ? JSON.stringify(unknownEntry(member)) : null
    if (sight !== null) this.#inSight.add(member)
    return this.#texts.of(step, this.suspect)
  }
}

/** What a roster's cursors are of: a watcher that sees less, or more, than before cannot go on from them. */
export function runOf({ run }: House, sight: Sight | null): string {
  return sight === null ? run : `${run}-${sight.name}`
}

function sees(sight: Sight, { member, seenGroups }: Step): boolean {
  return sight.sees({ id: member, seenGroups })
}

function isMoved({ entered, exited }: Step): boolean {
  return entered.length > 0 || exited.length > 0
}

// A group was given to a member that is not here: it may be the first that was ever heard of it.
function mayBeNew({ entered, state, status }: Step): boolean {
  return entered.length > 0 && state === 'offline' && !isHidden(status)
}

/** Who watches a member. Most members are watched by nobody, most others by one. */
export class RosterIndex {
  readonly #rosters = new Map<string, Roster | Set<Roster>>()

  get size(): number {
    return this.#rosters.size
  }

  hear(step: Step | Erased, at: number): void {
    const found = this.#rosters.get(step.member)
    if (found === undefined) return
    if (found instanceof Roster) found.hear(step, at)
    else for (const roster of found) roster.hear(step, at)
  }

  add(member: string, roster: Roster): void {
    const found = this.#rosters.get(member)
    if (found === undefined) this.#rosters.set(member, roster)
    else if (found instanceof Set) found.add(roster)
    else if (found !== roster) this.#rosters.set(member, new Set([found, roster]))
  }

  remove(member: string, roster: Roster): void {
    const found = this.#rosters.get(member)
    if (found === roster) this.#rosters.delete(member)
    else if (found instanceof Set && found.delete(roster) && found.size === 0) this.#rosters.delete(member)
  }
}
