// What others may know of webhook endpoints, and do with them. Shapes only.

import type { TransitionKind } from '../protocol/words.ts'

/** How an endpoint fares. Times in ms since 1970; `null`: never, or not now. */
export interface EndpointStatus {
  readonly name: string
  readonly url: string
  readonly kinds: readonly TransitionKind[]
  readonly type: string | null
  readonly group: string | null
  /** `failing`: it is tried again; `dead`: it is not, until it is resumed. */
  readonly state: 'working' | 'failing' | 'dead'
  /** Events taken by it since the server started. */
  readonly delivered: number
  /** Tries in a row that failed. */
  readonly failures: number
  readonly failingSince: number | null
  readonly lastSuccessAt: number | null
  readonly lastError: string | null
  readonly nextTryAt: number | null
  /** When the oldest transition it has not taken was told; `null`: it has all. */
  readonly behindSince: number | null
  /** Where it reads on. */
  readonly cursor: string
}

/** The endpoints of a server. */
export interface Endpoints {
  list(): readonly EndpointStatus[]
  /** Tries again at once; `from`: from there on instead of where it stopped. False: there is none of this name. */
  resume(name: string, from?: string): Promise<boolean>
  /** Finishes what is under way, at most for a moment, and notes where each stands. */
  stop(): Promise<void>
}
