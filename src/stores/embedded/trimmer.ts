// Shortens the log in the file, a slice at a time, oldest first: by age, and to a number that follows from the
// versions alone, so that nobody has to count a million rows. Entries of erased members count as if they were there.

import { EPOCH, type LogBounds } from './log-cursor.ts'
import type { Request } from './messages.ts'

const SLICE = 1_000

export class Trimmer {
  /** Everything up to this version is gone. */
  trimmed = 0
  readonly #send: (request: Request) => void
  #under: { readonly before: number; readonly upTo: number } | null = null

  constructor(send: (request: Request) => void) {
    this.#send = send
  }

  begin(before: number, most: number, bounds: LogBounds): void {
    if (this.#under !== null) return
    this.#under = { before, upTo: lastToGo(most, bounds) }
    this.#next()
  }

  /** A slice is gone up to `version`; 0: there was nothing to go. */
  trimmedTo(version: number, more: boolean): void {
    this.trimmed = Math.max(this.trimmed, version)
    if (more) this.#next()
    else this.stop()
  }

  stop(): void {
    this.#under = null
  }

  #next(): void {
    if (this.#under !== null) this.#send({ do: 'trim', ...this.#under, limit: SLICE })
  }
}

/** The version up to which transitions must go so that at most `most` stay; 0: none. */
export function lastToGo(most: number, { epoch, end, trimmed, ends }: LogBounds): number {
  const newestFirst = [[epoch, end] as const, ...[...ends].sort(([a], [b]) => b - a)]
  let left = most
  for (const [of, last] of newestFirst) {
    const count = Math.max(0, last - Math.max(of * EPOCH, trimmed))
    if (count > left) return last - left
    left -= count
  }
  return 0
}
