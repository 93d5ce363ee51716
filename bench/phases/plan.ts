// How big and how long: the full run, the quick one, and what every phase is given.

import type { Progress } from '../report/progress.ts'

export const PHASES = [
  'cpu',
  'memory',
  'connect',
  'fanout',
  'latency',
  'start',
  'core',
  'native-cpu',
  'native-memory',
  'native-hello',
  'hello-token',
  'native-watch',
  'native-ask',
  'native-churn',
  'sse-cpu',
  'http-beats',
  'lookup',
  'members-page',
  'push',
  'transitions',
] as const
export type Phase = (typeof PHASES)[number]

export interface Plan {
  readonly rounds: number
  /** Links in every phase but memory. */
  readonly links: number
  readonly memoryLinks: readonly { readonly links: number; readonly barKib: number }[]
  /** Not measured: the time in which the engines compile what is hot. */
  readonly warmSeconds: number
  readonly seconds: number
  /** Beats a second where nobody waits for an answer. */
  readonly openRate: number
  /** Members in the lists whose answers must not block the loop. */
  readonly listed: number
  readonly sessions: number
  /** Changes told to all watchers, one after the other. */
  readonly changes: number
  /** Questions about 1,000 members each, to a server that knows `sessions` of them. */
  readonly asks: number
  /** Of watchers that are told changes all the time. */
  readonly watchers: number
  readonly churnSeconds: number
  /** Only the baselines: the server under test is left out. */
  readonly baselines: boolean
  readonly progress: Progress
}

type Sizes = Omit<Plan, 'baselines' | 'progress'>

export const FULL: Sizes = {
  rounds: 3,
  links: 10_000,
  memoryLinks: [
    { links: 10_000, barKib: 3.5 },
    { links: 18_000, barKib: 3.0 },
  ],
  warmSeconds: 3,
  seconds: 5,
  openRate: 50_000,
  listed: 100_000,
  sessions: 1_000_000,
  changes: 12,
  asks: 400,
  watchers: 1_000,
  churnSeconds: 10,
}

/** A closed loop over fewer links would pass the 100 frames a second that Systole allows each link. */
export const LEAST_LINKS = 4_000

export const QUICK: Sizes = {
  ...FULL,
  links: LEAST_LINKS,
  memoryLinks: [{ links: LEAST_LINKS, barKib: 3.5 }],
  warmSeconds: 1,
  seconds: 2,
  listed: 20_000,
  sessions: 200_000,
  changes: 5,
  asks: 100,
  churnSeconds: 4,
}
