// Tells the log that something outside fails: when it begins, once a minute while it lasts, and when it is over.

import type { Clock } from '../core/clock.ts'
import type { Log } from '../server/log.ts'

const AGAIN_AFTER = 60_000

export class Trouble {
  readonly #what: string
  readonly #log: Log
  readonly #clock: Clock
  #lasts = false
  #toldAt = 0

  /** `what` begins each line: `--auth-hook (app.example)`; never a whole address, which may hold a secret. */
  constructor(what: string, log: Log, clock: Clock) {
    this.#what = what
    this.#log = log
    this.#clock = clock
  }

  /** It failed so; `remedy`: what follows from it. */
  failed(error: unknown, remedy: string): void {
    const now = this.#clock.now()
    if (this.#lasts && now - this.#toldAt < AGAIN_AFTER) return
    this.#lasts = true
    this.#toldAt = now
    this.#log.warn({ stage: 'auth' }, `${this.#what} ${why(error)}: ${remedy}`)
  }

  over(): void {
    if (this.#lasts) this.#log.info({ stage: 'auth' }, `${this.#what} works again`)
    this.#lasts = false
  }
}

// What fetch rejects with says little; the cause under it says more.
function why(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } }
  const more = cause?.code ?? cause?.message
  return more === undefined ? `fails (${message ?? String(error)})` : `fails (${message}: ${more})`
}
