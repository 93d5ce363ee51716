// Reads the log for those who read at their own pace: at once, or when there is something to read. It keeps no cursor.
// Thousands may wait: the store has one listener, who stands at the same place is read for once, and all wake together.

import type { LogBatch, LogPlace, Store } from '../stores/store.ts'
import type { TransitionLog } from './api.ts'

/** Calls `run` once after `ms`; returns how to call it off. */
export type After = (ms: number, run: () => void) => () => void

interface Waiter {
  readonly place: LogPlace
  readonly limit: number
  readonly answer: (batch: LogBatch) => void
  /** Answers that there is nothing. */
  readonly giveUp: () => void
  readonly fail: (error: unknown) => void
}

/** A read that is under way. `news`: how often the store had said that there is more when it began. */
interface Read {
  readonly batch: Promise<LogBatch>
  readonly news: number
}

export class LogReader implements TransitionLog {
  readonly #store: Pick<Store, 'readLog' | 'onLogged'>
  readonly #after: After
  readonly #waiters = new Set<Waiter>()
  readonly #reads = new Map<string, Read>()
  #news = 0
  #waking = false
  #stopped = false

  constructor(store: Pick<Store, 'readLog' | 'onLogged'>, after: After = later) {
    this.#store = store
    this.#after = after
    store.onLogged(() => {
      this.#news++
      if (this.#waiters.size > 0) void this.#wake()
    })
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** Answers all who wait with where they stand, at once; from now on nobody waits. */
  stop(): void {
    this.#stopped = true
    for (const waiter of [...this.#waiters]) waiter.giveUp()
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.size
  }

  read(place: LogPlace, limit: number): Promise<LogBatch> {
    return this.#read(place, limit).batch
  }

  async wait(place: LogPlace, limit: number, ms: number, signal?: AbortSignal): Promise<LogBatch> {
    let at = place
    while (true) {
      const { batch, news } = this.#read(at, limit)
      const found = await batch
      if (isSomething(found) || ms <= 0 || this.#stopped || signal?.aborted === true) return found
      at = found.cursor
      // what was told meanwhile may be missing from it
      if (news === this.#news) return this.#enroll(found, limit, ms, signal)
    }
  }

  #enroll(found: LogBatch, limit: number, ms: number, signal?: AbortSignal): Promise<LogBatch> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.delete(waiter)
        callOff()
        signal?.removeEventListener('abort', giveUp)
      }
      const giveUp = () => {
        leave()
        resolve(found)
      }
      const waiter = {
        place: found.cursor,
        limit,
        answer: (batch: LogBatch) => {
          leave()
          resolve(batch)
        },
        giveUp,
        fail: (error: unknown) => {
          leave()
          reject(error)
        },
      }
      const callOff = this.#after(ms, giveUp)
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#waiters.add(waiter)
    })
  }

  // Again as long as more was told meanwhile: one that found nothing would else wait for the next.
  async #wake(): Promise<void> {
    if (this.#waking) return
    this.#waking = true
    let news: number
    do {
      news = this.#news
      const groups = Map.groupBy(this.#waiters, keyOf)
      await Promise.all(Array.from(groups.values(), waiters => this.#serve(waiters)))
    } while (news !== this.#news && this.#waiters.size > 0)
    this.#waking = false
  }

  async #serve(waiters: readonly Waiter[]): Promise<void> {
    const { place, limit } = waiters[0]!
    try {
      const batch = await this.read(place, limit)
      if (isSomething(batch)) for (const waiter of waiters) waiter.answer(batch)
    } catch (error) {
      for (const waiter of waiters) waiter.fail(error)
    }
  }

  #read(place: LogPlace, limit: number): Read {
    const key = keyOf({ place, limit })
    const news = this.#news
    const under = this.#reads.get(key)
    if (under?.news === news) return under
    const read = { batch: this.#store.readLog(place, limit), news }
    this.#reads.set(key, read)
    const done = () => {
      if (this.#reads.get(key) === read) this.#reads.delete(key)
    }
    read.batch.then(done, done)
    return read
  }
}

function isSomething({ transitions, reset }: LogBatch): boolean {
  return reset || transitions.length > 0
}

function keyOf({ place, limit }: { readonly place: LogPlace; readonly limit: number }): string {
  return `${limit} ${place}`
}

function later(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
