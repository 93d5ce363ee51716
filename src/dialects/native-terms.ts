// The terms of native connections: the server's own, or what a hello asks for, kept within the server's limits. What
// is asked for may be refused only where it has no meaning; whatever comes out is a sound timing.

import { makeTerms, type Policy, type Terms } from '../core/terms.ts'
import { boundOf, PRESETS, type Timing } from '../core/timing.ts'

/** What proves life: any inbound frame, or only beats and messages. */
type Evidence = 'any' | 'beat'

/** What a listener offers. Durations in ms. */
export interface NativeOptions {
  /** For those who ask for nothing. */
  readonly timing: Timing
  readonly evidence: Evidence
  /** For all, whatever they ask for; `null`: as their timing says. */
  readonly forcedEvidence: Evidence | null
  readonly least: Timing
  readonly most: Timing
  readonly policy: Policy
  readonly suspectAfter: number
  readonly awayAfter: number
  /** Grace after the page or program closed the connection. */
  readonly refreshGrace: number
  /** A link is never silent for longer before it is asked. @default no cap */
  readonly probeAtMost?: number
}

/** What a hello may ask for: a preset's name, or the parts that should differ from the server's own. */
export type AskedTiming = string | Partial<Timing>

/** Timings kept to be shared; a client that invents more has its terms for itself. */
const MOST_KEPT = 256

export class NativeTerms {
  /** For those who ask for nothing. */
  readonly own: Terms
  readonly #options: NativeOptions
  readonly #kept = new Map<string, Terms>()

  constructor(options: NativeOptions) {
    this.#options = options
    this.own = this.#share(options.timing, options.evidence, true, options.policy)
  }

  /**
   * `null`: no preset has this name. `pings`: its link can be pinged; where not, only messages can prove life.
   * `policy`: how many sessions its member may have, where that is not as the server is set.
   */
  agree(asked: AskedTiming | undefined, pings = true, policy = this.#options.policy): Terms | null {
    const { timing, evidence } = this.#options
    if (asked === undefined && pings && policy === this.own.policy) return this.own
    if (asked === undefined) return this.#share(timing, evidence, pings, policy)
    if (typeof asked === 'object') return this.#share(this.#within(asked), evidence, pings, policy)
    const preset = Object.hasOwn(PRESETS, asked) ? PRESETS[asked as keyof typeof PRESETS] : null
    return preset && this.#share(this.#within(preset), asked === 'device' ? 'beat' : 'any', pings, policy)
  }

  // What the server itself goes by is always within its limits.
  #within(asked: Partial<Timing>): Timing {
    const { timing, least, most } = this.#options
    const part = (name: keyof Timing) => {
      const own = timing[name]
      return Math.min(Math.max(asked[name] ?? own, Math.min(least[name], own)), Math.max(most[name], own))
    }
    const interval = part('interval')
    return { interval, timeout: Math.min(part('timeout'), 10 * interval), grace: part('grace') }
  }

  #share(timing: Timing, usual: Evidence, pings: boolean, policy: Policy): Terms {
    const evidence = pings ? (this.#options.forcedEvidence ?? usual) : 'beat'
    const key = `${timing.interval}/${timing.timeout}/${timing.grace}/${evidence}/${policy}`
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept
    const { suspectAfter, awayAfter, refreshGrace, probeAtMost = Number.POSITIVE_INFINITY } = this.#options
    const terms = makeTerms('native', timing, {
      evidence,
      // a pong would prove nothing
      probe: evidence === 'any',
      probeAtMost,
      closeGrace: refreshGrace,
      policy,
      suspectAfter,
      awayAfter,
    })
    if (this.#kept.size < MOST_KEPT) this.#kept.set(key, terms)
    return terms
  }
}

/** What a welcome says of the bound. */
export function boundSentence(timing: Timing): string {
  const [suspect, offline] = [timing.interval + timing.timeout, boundOf(timing)]
  return `silence is suspect after ${suspect / 1_000} s and offline after ${offline / 1_000} s, each plus at most 0.2 s`
}
