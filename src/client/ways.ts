// Which way to the server is taken. The next one is tried after two failed upgrades, but not where the first has worked
// during this visit: then the server is away, and the way is not to blame. What worked is remembered for the visit.

import type { ClientTransport, Host, Line, LineEvents } from './host.ts'
import { ws } from './socket.ts'
import type { Tell } from './types.ts'

/** How a program names a way. */
export type WayName = 'ws' | 'sse' | ClientTransport

export interface Ways {
  /** Brings in what is loaded on demand; a promise only where that takes a while. Never rejects. */
  load(): Promise<void> | undefined
  /** Throws where there is no way. */
  connect(told: LineEvents): Line
  /** A welcome came; whether the server can ping this way. */
  worked(): boolean
  /** Nothing opened. */
  failed(): void
}

/** Upgrades that may fail before the next way is tried. */
const PATIENCE = 2

export function makeWays(names: readonly WayName[], url: string, { storage }: Host, problem: Tell): Ways {
  const key = `systole way ${url}`
  const kept = attempt(() => storage?.getItem(key))
  let index = Math.max(
    0,
    names.findIndex(name => nameOf(name) === kept),
  )
  let isFirstGood = index === 0 && kept != null
  let way: ClientTransport | undefined
  let failed = 0
  return {
    load() {
      const name = names[index]
      way = name === 'ws' ? ws : name === 'sse' ? undefined : name
      if (name !== 'sse') return
      return import('./sse.ts').then(
        ({ sse }) => {
          way = sse
        },
        cause => problem('transport', `sse could not be loaded: ${cause}`, { cause }),
      )
    },
    connect: told => way!.connect(url, told),
    worked() {
      failed = 0
      isFirstGood ||= index === 0
      attempt(() => storage?.setItem(key, nameOf(way!)))
      return way!.pings
    },
    failed() {
      if (isFirstGood || ++failed < PATIENCE) return
      failed = 0
      index = (index + 1) % names.length
    },
  }
}

function nameOf(way: WayName): string {
  return typeof way === 'string' ? way : way.name
}

/** What fails here was told by whoever keeps the instance in the same place. */
function attempt<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
