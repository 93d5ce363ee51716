// Counts what is worth counting by name, and logs it at most once a second per name, so that an attacker cannot fill
// the disk with lines. It keeps numbers and one short excerpt, nothing of any size.

import type { Clock } from '../core/clock.ts'
import type { Log } from './log.ts'

const SPACING = 1_000
const EXCERPT = 80

interface Line {
  count: number
  loggedAt: number
  /** Not logged since the last line. */
  unlogged: number
}

/** All counters of a server. */
export class Counters {
  readonly #log: Log
  readonly #clock: Clock
  readonly #lines = new Map<string, Line>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** Counts without a word. */
  count(name: string, by = 1): void {
    this.#line(name).count += by
  }

  /** Counts and says so, at most once a second for each name. */
  warn(
    name: string,
    message: string,
    fields: { readonly detail?: string; readonly address?: string } = {},
  ): void {
    const line = this.#line(name)
    const now = this.#clock.now()
    line.count++
    if (now - line.loggedAt < SPACING) {
      line.unlogged++
      return
    }
    const detail = fields.detail?.slice(0, EXCERPT)
    const more = line.unlogged > 0 ? { unlogged: line.unlogged } : {}
    line.loggedAt = now
    line.unlogged = 0
    this.#log.warn(
      { ...fields, ...(detail !== undefined && { detail }), ...more, count: name, total: line.count },
      message,
    )
  }

  /** All counts so far. */
  read(): Record<string, number> {
    return Object.fromEntries([...this.#lines].map(([name, { count }]) => [name, count]))
  }

  #line(name: string): Line {
    let line = this.#lines.get(name)
    if (line === undefined) {
      line = { count: 0, loggedAt: Number.NEGATIVE_INFINITY, unlogged: 0 }
      this.#lines.set(name, line)
    }
    return line
  }
}
