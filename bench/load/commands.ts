// What the bench may ask of a load process, one JSON object a line, and what it answers. Shapes only.

import type { ProbeResult } from './probe.ts'
import type { ScriptName } from './scripts.ts'

export type LoadCommand =
  /** Opens links; answered when all are identified. */
  | { readonly do: 'open'; readonly port: number; readonly script: ScriptName; readonly count: number }
  /** Every link sends its next beat when the last one is answered. */
  | { readonly do: 'drive-closed' }
  /** So many beats a second over all links. */
  | { readonly do: 'drive-open'; readonly rate: number }
  | { readonly do: 'halt' }
  | { readonly do: 'count' }
  /** Answered when so many data frames were received in all. */
  | { readonly do: 'await-received'; readonly received: number }
  | { readonly do: 'probe'; readonly seconds: number }

/** `at`: the load's own clock in ms, so that rates do not depend on the way of the answer. */
export interface LoadCounts {
  readonly at: number
  readonly sent: number
  readonly received: number
  readonly lost: number
}

export type LoadAnswer =
  | {
      readonly ok: true
      readonly counts: LoadCounts
      /** Seconds from the first connect until the last link was identified. */
      readonly opened?: number
      readonly probe?: ProbeResult
    }
  | { readonly ok: false; readonly error: string }
