// What the embedded store may be told. Durations in milliseconds.

/** How long and how many are kept; what is older, or beyond the number, is forgotten, oldest first. */
export interface Keep {
  readonly ms: number
  readonly most: number
}

/** How strongly what was written is bound to the disk. */
export type Durability = 'normal' | 'full'

/** Runs `run` in `ms` milliseconds unless the returned function is called before. */
export type Schedule = (run: () => void, ms: number) => () => void

/** Told of failures that no caller waits for, once each time the store falls ill. */
export type OnError = (error: Error, context: { readonly stage: string }) => void

/** Options of the embedded store. */
export interface EmbeddedOptions {
  /** The data file; its folder is made. `null`: nothing is kept over a restart. */
  readonly path: string | null
  /** The wall clock, in ms since 1970, such as `Date.now`. */
  readonly now: () => number
  /**
   * `normal`: a killed process loses nothing the log told; a power cut may cost what was written since the last
   * checkpoint (at most 5 s back while the disk keeps up). `full`: every batch is forced to the disk before it is
   * told; a power cut costs nothing that was told.
   * @default 'normal'
   */
  readonly durability?: Durability
  /** The dialect whose members are listed in order of their first beat. @default 'heartbeat' */
  readonly listing?: string
  /** Offline members, since they were last seen. @default 90 days, 1_000_000 */
  readonly keepMembers?: Keep
  /** Transitions. @default 7 days, 1_000_000; without a file the last 16_384 */
  readonly keepLog?: Keep
  readonly onError?: OnError
  /** Timers; a test passes its own. @default setTimeout */
  readonly schedule?: Schedule
}

const DAY = 86_400_000

/** The options with their defaults. */
export function withDefaults(options: EmbeddedOptions): Required<EmbeddedOptions> {
  return {
    durability: 'normal',
    listing: 'heartbeat',
    keepMembers: { ms: 90 * DAY, most: 1_000_000 },
    keepLog: { ms: 7 * DAY, most: 1_000_000 },
    onError: () => {},
    schedule: bySetTimeout,
    ...options,
  }
}

function bySetTimeout(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
