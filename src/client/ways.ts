// Which way to the server is taken. The next one is tried after two failed upgrades, but not where the first has worked
// during this visit: then the server is away, and the way is not to blame. What worked is remembered for the visit.

import type { ClientTransport, Host, Line, LineEvents } from './host.ts'
import { ws } from './socket.ts'
import type { Tell } from './types.ts'

/** How a program names a way. */
export type WayName = 'ws' | 'sse' | ClientTransport

/** Upgrades that may fail before the next way is tried. */
const PATIENCE = 2

export class Ways {
  readonly #ways: readonly WayName[]
  readonly #url: string
  readonly #storage: Host['storage']
  readonly #problem: Tell
  readonly #key: string
  #index: number
  #way: ClientTransport | null = null
  #failed = 0
  #firstWorks: boolean

  constructor(ways: readonly WayName[], url: string, storage: Host['storage'], problem: Tell) {
    this.#ways = ways
    this.#url = url
    this.#storage = storage
    this.#problem = problem
    this.#key = `systole way ${url}`
    const kept = ways.map(nameOf).indexOf(this.#kept() ?? '')
    this.#index = Math.max(0, kept)
    this.#firstWorks = kept === 0
  }

  /** The server can ping on the present one. */
  get pings(): boolean {
    return this.#way!.pings
  }

  /** Brings in what is loaded on demand; `null`: it is here. Never rejects. */
  load(): Promise<void> | null {
    const way = this.#ways[this.#index]
    this.#way = way === 'ws' ? ws : null
    if (typeof way === 'object') this.#way = way
    if (way !== 'sse') return null
    return import('./sse.ts').then(
      ({ sse }) => {
        this.#way = sse
      },
      cause => this.#problem('transport', `sse could not be loaded: ${cause}`, { cause }),
    )
  }

  /** Throws where there is no way. */
  connect(told: LineEvents): Line {
    return this.#way!.connect(this.#url, told)
  }

  /** A welcome came this way. */
  worked(): void {
    this.#failed = 0
    this.#firstWorks ||= this.#index === 0
    try {
      this.#storage?.setItem(this.#key, nameOf(this.#way!))
    } catch {
      // told by whoever keeps the instance there
    }
  }

  /** Nothing opened this way. */
  failed(): void {
    if (this.#firstWorks || ++this.#failed < PATIENCE) return
    this.#failed = 0
    this.#index = (this.#index + 1) % this.#ways.length
  }

  #kept(): string | null | undefined {
    try {
      return this.#storage?.getItem(this.#key)
    } catch {
      return null
    }
  }
}

function nameOf(way: WayName): string {
  return typeof way === 'string' ? way : way.name
}
