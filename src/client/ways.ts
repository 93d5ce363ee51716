// Which way to the server is taken. The next one is tried after two failed upgrades, but not where the first has worked
// during this visit: then the server is away, and the way is not to blame. What worked is remembered for the visit.

import type { ClientTransport, Line, LineEvents } from './host.ts'
import type { Keep } from './keep.ts'
import { ws } from './socket.ts'
import type { Tell } from './types.ts'

/** How a program names a way. */
export type WayName = 'ws' | 'sse' | ClientTransport

export interface Ways {
  /** Brings in what is loaded on demand; a promise only where that takes a while. Never rejects. */
  load(): Promise<void> | undefined
  /** Throws where there is no way. */
  connect(told: LineEvents): Line
  /** It opened; false: another way is to be tried first. */
  opened(): boolean
  /** A welcome came; whether the server can ping this way. */
  worked(): boolean
  /** Nothing opened. */
  failed(): void
}

/** Upgrades that may fail before the next way is tried. */
const PATIENCE = 2

export function makeWays(names: readonly WayName[], url: string, keep: Keep, problem: Tell): Ways {
  if (!names[0] || names.some(name => typeof name === 'string' && name !== 'ws' && name !== 'sse'))
    throw new TypeError(`transports ${names} are none: give 'ws', 'sse', or your own`)
  const key = `systole way ${url}`
  /** Of the way that worked last. */
  let good: string | undefined
  let index = 0
  let way: ClientTransport | undefined
  let failed = 0
  let isSure = false
  return {
    load() {
      if (good === undefined) {
        good = keep(key) ?? ''
        index = Number(good) || 0
        isSure = index > 0
      }
      const name = names[index]
      way = name === 'ws' ? ws : name === 'sse' ? undefined : name
      if (name !== 'sse') return
      return import('./sse.ts').then(
        ({ sse }) => {
          way = sse
        },
        cause => problem('transport', `cannot load sse: ${cause}`, { cause }),
      )
    },
    connect: told => way!.connect(url, told),
    opened() {
      if (index === 0 || isSure) return true
      // an outage that is over for this way may be over for the first: it is asked once more
      isSure = true
      index = 0
      failed = PATIENCE - 1
      return false
    },
    worked() {
      failed = 0
      good = `${index}`
      // a new deployment may name them otherwise: then it is one more that fails
      keep(key, good)
      return way!.pings
    },
    failed() {
      if (good === '0' || ++failed < PATIENCE) return
      failed = 0
      index = (index + 1) % names.length
    },
  }
}
