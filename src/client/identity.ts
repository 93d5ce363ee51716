// Who this tab is to the server: an instance drawn once and an epoch that grows with every connection. Both survive a
// reload in the tab's storage. A copied tab holds the same: a Web Lock tells which of the two is the original. Where
// there is no storage or no lock it goes on without, and says so.

import type { Host } from './host.ts'
import type { Tell } from './types.ts'

/** Letters of 5 bits: 130 random bits. */
const LENGTH = 26
const KEPT = /^([\w-]{16,64}) (\d{1,9})$/
/** A page that is reloaded lets go of its lock a moment after the next one asks for it. */
const HANDOVER = 1_000

/** Keys in use on this page: two clients of one member are two sessions. */
const used = new Set<string>()

export class Identity {
  instance = ''
  epoch = 0
  readonly #host: Host
  readonly #key: string
  readonly #problem: Tell
  #claimed = false
  #told = false
  #release: () => void = () => {}

  /** `key`: the same for every load of the same page. */
  constructor(host: Host, key: string, problem: Tell) {
    this.#host = host
    this.#problem = problem
    while (used.has(key)) key += '+'
    used.add(key)
    this.#key = key
    const kept = KEPT.exec(this.#stored(storage => storage.getItem(key)) ?? '')
    this.instance = kept?.[1] ?? this.#draw()
    this.epoch = Number(kept?.[2] ?? 0)
  }

  /** Makes sure that nobody else is this instance; `null`: it is so already. Never rejects. */
  claim(): Promise<void> | null {
    const { locks, storage } = this.#host
    if (this.#claimed || storage === null) return null
    this.#claimed = true
    if (locks !== null) return this.#lock(locks)
    this.#problem('locks', 'no Web Locks (they need https): only the server can tell a copied tab')
    return null
  }

  /** Lets another page be this instance, and this page be put into the back/forward cache. */
  release(): void {
    this.#claimed = false
    this.#release()
  }

  /** For the next connection. */
  advance(): void {
    this.epoch++
    this.#stored(storage => storage.setItem(this.#key, `${this.instance} ${this.epoch}`))
  }

  renew(): void {
    this.release()
    this.instance = this.#draw()
    this.epoch = 0
  }

  destroy(): void {
    this.release()
    used.delete(this.#key)
  }

  #draw(): string {
    const letters = Array.from(this.#host.bytes(LENGTH), byte => (byte % 32).toString(32))
    return letters.join('')
  }

  #lock(locks: NonNullable<Host['locks']>): Promise<void> {
    return new Promise<void>((granted, failed) => {
      const hold = () =>
        new Promise<void>(release => {
          this.#release = release
          granted()
        })
      locks.request(`systole ${this.instance}`, { signal: AbortSignal.timeout(HANDOVER) }, hold).catch(failed)
    }).catch(cause => {
      if (cause?.name !== 'TimeoutError') return this.#problem('locks', `no Web Lock: ${cause}`, { cause })
      this.renew()
      return this.claim() ?? undefined
    })
  }

  #stored<T>(use: (storage: NonNullable<Host['storage']>) => T): T | null {
    const { storage } = this.#host
    try {
      return storage && use(storage)
    } catch (cause) {
      if (this.#told) return null
      this.#told = true
      this.#problem('storage', `no storage, so a reload begins a new session: ${cause}`, { cause })
      return null
    }
  }
}
