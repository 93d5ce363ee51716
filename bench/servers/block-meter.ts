// How long the loop of this very process is blocked: a timer every millisecond, how late it comes, less the time in
// which the process could have run but another one had the core.

import { openSync, readSync } from 'node:fs'

/** Blocks of the loop in ms. */
export interface Blocks {
  readonly p99: number
  readonly max: number
  /** How many were over each of these limits. */
  readonly over5: number
  readonly over15: number
}

const STEP = 1

export class BlockMeter {
  readonly #schedstat = openSync('/proc/self/schedstat', 'r')
  readonly #text = Buffer.alloc(128)
  #blocks: number[] = []
  #timer: ReturnType<typeof setInterval> | null = null
  #at = 0
  #waited = 0

  start(): void {
    this.#blocks = []
    this.#at = performance.now()
    this.#waited = this.#runQueueWait()
    this.#timer = setInterval(() => this.#look(), STEP)
  }

  stop(): Blocks {
    if (this.#timer !== null) clearInterval(this.#timer)
    const sorted = Float64Array.from(this.#blocks).sort()
    return {
      p99: sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0,
      max: sorted.at(-1) ?? 0,
      over5: sorted.filter(ms => ms > 5).length,
      over15: sorted.filter(ms => ms > 15).length,
    }
  }

  #look(): void {
    const at = performance.now()
    const waited = this.#runQueueWait()
    this.#blocks.push(Math.max(0, at - this.#at - STEP - (waited - this.#waited)))
    this.#at = at
    this.#waited = waited
  }

  // Second field, in ns: runnable, but on no core.
  #runQueueWait(): number {
    const length = readSync(this.#schedstat, this.#text, 0, this.#text.length, 0)
    return Number(this.#text.toString('latin1', 0, length).split(' ')[1]) / 1e6
  }
}
