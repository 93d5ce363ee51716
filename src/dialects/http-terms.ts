// The terms of those who have no socket and beat by HTTP: how often, and how much later is too late, as they say themselves.
// One object for all who say the same.

import { makeTerms, type Terms } from '../core/terms.ts'

/** Names the sessions that requests keep alive. */
export const HTTP = 'http'

/** In ms. */
export interface HttpTiming {
  readonly period: number
  readonly grace: number
}

export const HTTP_TIMING: HttpTiming = { period: 60_000, grace: 30_000 }

/** Different terms that are kept to be shared; who says others than these last ones has an object of its own. */
const KEPT = 1_000

export class HttpTerms {
  readonly #suspectAfter: number
  readonly #kept = new Map<string, Terms>()

  constructor(suspectAfter: number) {
    this.#suspectAfter = suspectAfter
  }

  /** I = period; half of `grace` before the suspicion, half after it: a job that is slightly late is no suspect. */
  of({ period, grace }: HttpTiming): Terms {
    const key = `${period} ${grace}`
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept
    const timeout = Math.ceil(grace / 2)
    const terms = makeTerms(
      HTTP,
      { interval: period, timeout, grace: grace - timeout },
      {
        ownTiming: true,
        aside: true,
        evidence: 'beat',
        probe: false,
        onSilence: 'keep',
        suspectAfter: this.#suspectAfter,
      },
    )
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    this.#kept.set(key, terms)
    return terms
  }
}

/** What was agreed by terms that `HttpTerms` made. */
export function httpTimingOf({ timing }: Pick<Terms, 'timing'>): HttpTiming {
  return { period: timing.interval, grace: timing.timeout + timing.grace }
}
