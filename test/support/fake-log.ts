// A log of transitions in memory, with what a store promises of one: places, limits, resets, and a word when there is
// more. For tests of those who read it.

import type { Transition } from '../../src/core/transition.ts'
import { SystoleError } from '../../src/errors.ts'
import type { LogBatch, LogPlace } from '../../src/stores/store.ts'

/** A transition with what a test does not care about filled in. */
export function stubTransition(patch: Partial<Transition> & { readonly version: number }): Transition {
  return {
    kind: 'join',
    member: '7',
    previous: patch.kind === 'leave' ? patch.version - 1 : 0,
    at: 1_700_000_000_000 + patch.version,
    state: 'online',
    since: 1_700_000_000_000,
    joinedAt: 1_700_000_000_000,
    reason: null,
    session: 1,
    lastEvidenceAt: 1_700_000_000_000,
    lastBeatAt: 1_700_000_000_000,
    name: null,
    type: null,
    profile: null,
    status: null,
    groups: [],
    ...patch,
  }
}

export class FakeLog {
  readonly told: Transition[] = []
  readonly listeners = new Set<() => void>()
  /** How many have been forgotten. */
  trimmed = 0
  /** Versions that were struck out, with members that were erased. */
  readonly struck = new Set<number>()
  reads = 0
  /** Rejects every read with it while it is there. */
  failure: Error | null = null
  /** Names the log in its cursors. */
  name = 'log'

  /** Appends transitions of these versions' numbers and says so. */
  tell(...transitions: readonly Transition[]): void {
    this.told.push(...transitions)
    for (const listener of this.listeners) listener()
  }

  /** `count` more joins of as many members. */
  grow(count: number): void {
    this.tell(
      ...Array.from({ length: count }, (_, i) => {
        const version = this.told.length + i + 1
        return stubTransition({ version, member: `m${version % 10}` })
      }),
    )
  }

  /** The cursor after so many. */
  cursor(place: number): string {
    return `${this.name}:${place}`
  }

  async readLog(place: LogPlace, limit: number): Promise<LogBatch> {
    this.reads++
    const found = this.#read(place, limit)
    // the answer is old by the time it is there
    await null
    return found
  }

  onLogged(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  #read(place: LogPlace, limit: number): LogBatch {
    if (this.failure !== null) throw this.failure
    const end = this.told.length
    if (place === 'newest') return { transitions: [], cursor: this.cursor(end), reset: false }
    const from = place === 'oldest' ? this.trimmed : this.#placeOf(place)
    if (from === null) return { transitions: [], cursor: this.cursor(end), reset: true }
    const kept = this.told.slice(from).filter(({ version }) => !this.struck.has(version))
    const transitions = kept.slice(0, Math.min(limit, 1_000))
    const last = transitions.at(-1)
    const to = last === undefined ? from : this.told.indexOf(last) + 1
    return { transitions, cursor: this.cursor(to), reset: false }
  }

  #placeOf(cursor: string): number | null {
    const match = /^(\w+):(\d+)$/.exec(cursor)
    if (match === null) throw new SystoleError('bad_cursor', 'This is no cursor of the log.')
    const place = Number(match[2])
    if (match[1] !== this.name || place < this.trimmed) return null
    if (place > this.told.length) throw new SystoleError('cursor_ahead', 'The cursor is ahead.')
    return place
  }
}

/** Time that passes only when it is told to. */
export class FakeTime {
  at: number
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>()

  constructor(at = 1_700_000_000_000) {
    this.at = at
  }

  now = (): number => this.at

  after = (ms: number, run: () => void): (() => void) => {
    const one = { at: this.at + ms, run }
    this.#due.add(one)
    return () => this.#due.delete(one)
  }

  /** How many wait for their time. */
  get waiting(): number {
    return this.#due.size
  }

  /** Lets it pass, one after another as they come due, each with all that follows from it. */
  async pass(ms: number): Promise<void> {
    const until = this.at + ms
    await settled()
    while (true) {
      const next = [...this.#due].sort((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > until) break
      this.#due.delete(next)
      this.at = Math.max(this.at, next.at)
      next.run()
      await settled()
    }
    this.at = until
    await settled()
  }
}

/** Everything that needs no time has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
}
