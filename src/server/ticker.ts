// The one timer of the house. It also notices when this process did not run: a tick that comes late first lets what
// waits in the sockets be read, and then says how long nobody listened.

import type { Clock } from '../core/clock.ts'

/** What the ticker calls. Times are monotonic ms. */
export interface TickerHandlers {
  /** The `ms` up to `at` were not listened to. */
  stalled(ms: number, at: number): void
  tick(at: number): void
}

export class Ticker {
  readonly #step: number
  readonly #clock: Clock
  readonly #handlers: TickerHandlers
  #timer: ReturnType<typeof setInterval> | null = null
  #last = 0
  #reading = false

  constructor(step: number, clock: Clock, handlers: TickerHandlers) {
    this.#step = step
    this.#clock = clock
    this.#handlers = handlers
  }

  start(): void {
    this.#last = this.#clock.now()
    this.#timer = setInterval(() => this.#fire(), this.#step)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #fire(): void {
    if (this.#reading) return
    const at = this.#clock.now()
    const late = at - this.#last - this.#step
    if (late <= this.#step) return this.#tick(at)
    this.#reading = true
    this.#handlers.stalled(late, at)
    // the first turn may begin in the middle of one: only the second surely polls the sockets as a whole
    setImmediate(() => setImmediate(() => this.#resume()))
  }

  #resume(): void {
    this.#reading = false
    if (this.#timer !== null) this.#tick(this.#clock.now())
  }

  #tick(at: number): void {
    this.#last = at
    this.#handlers.tick(at)
  }
}
