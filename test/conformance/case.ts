// What a case of the suite is, and how it says what it found. Data; the runner decides what becomes of it.

import { isDeepStrictEqual } from 'node:util'
import type { Stage } from './stage.ts'

/** One thing that PROTOCOL.md demands, tried from outside. */
export interface Case {
  /** Numbers of the demands it proves, such as `H1`. */
  readonly musts: readonly string[]
  readonly title: string
  /** Takes over five seconds: begins first. */
  readonly long?: true
  /** Resolves where the server did as demanded; rejects with `Unlike` or `Skipped` where not. */
  run(stage: Stage): Promise<void>
}

/** The server did something else than it must. */
export class Unlike extends Error {}

/** Cannot be tried on this server, and why. */
export class Skipped extends Error {}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Unlike(what)
}

/** `actual` is exactly `expected`, key by key. */
export function mustBe(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Unlike(`${what}: ${show(actual)}, not ${show(expected)}`)
}

/** A value in a line of the report. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 240 ? `${text.slice(0, 240)}...` : text
}
