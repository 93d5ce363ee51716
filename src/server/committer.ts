// Carries session changes to the store, in order, at most one commit at a time, and passes on what it returned.
// Changes of one turn go together; while a commit is under way the next ones gather.

import type { SessionChange } from '../core/change.ts'
import type { Step } from '../core/transition.ts'
import type { Store } from '../stores/store.ts'
import type { WallTime } from './monotonic.ts'

/** Told what every commit returned, in order. */
export type OnSteps = (steps: readonly Step[]) => void

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export class Committer {
  readonly #store: Store
  readonly #time: WallTime
  readonly #told: OnSteps
  #changes: SessionChange[] = []
  #scheduled = false
  #busy: Promise<void> | null = null

  constructor(store: Store, time: WallTime, told: OnSteps) {
    this.#store = store
    this.#time = time
    this.#told = told
  }

  /** Takes over a change made for this commit, puts it into wall time, and commits it before the turn is over. */
  add(change: SessionChange): void {
    const told = change as Writable<SessionChange>
    told.at = this.#time.told(change.at)
    told.since = this.#time.told(change.since)
    told.lastEvidenceAt = this.#time.told(change.lastEvidenceAt)
    told.lastBeatAt = this.#time.told(change.lastBeatAt)
    this.#changes.push(told)
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => this.flush())
  }

  /** Commits what gathered, now. A store in memory has answered when this returns. */
  flush(): void {
    this.#scheduled = false
    if (this.#busy !== null || this.#changes.length === 0) return
    const changes = this.#changes
    this.#changes = []
    const result = this.#store.commit(changes)
    if (result instanceof Promise) this.#busy = result.then(told => this.#done(told))
    else if (result.length > 0) this.#told(result)
  }

  /** Resolves when everything that was added is committed. */
  async settle(): Promise<void> {
    this.flush()
    while (this.#busy !== null) await this.#busy
  }

  #done(steps: readonly Step[]): void {
    this.#busy = null
    if (steps.length > 0) this.#told(steps)
    this.flush()
  }
}
