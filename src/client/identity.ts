// Who this tab is to the server: an instance drawn once and an epoch that grows with every connection. Both survive a
// reload in the tab's storage. A copied tab holds the same: a Web Lock tells which of the two is the original. Where
// there is no storage or no lock it goes on without, and says so.

import type { Host } from './host.ts'
import type { Tell } from './types.ts'

export interface Identity {
  /** Makes sure that nobody else is this instance; a promise only where that takes a while. Never rejects. */
  claim(): Promise<void> | undefined
  /** Lets another page be this instance, and this page be put into the back/forward cache. */
  release(): void
  /** As a hello has it. */
  current(): { readonly instance: string; readonly epoch: number }
  /** For the next connection. */
  advance(): void
  renew(): void
  destroy(): void
}

/** Letters of 5 bits: 130 random bits. */
const LENGTH = 26
/** A page that is reloaded lets go of its lock a moment after the next one asks for it. */
const HANDOVER = 1_000

/** Keys in use on this page: two clients of one member are two sessions. */
const used = new Set<string>()

/** `key`: the same for every load of the same page. */
export function makeIdentity(host: Host, key: string, problem: Tell): Identity {
  const { storage, locks } = host
  let claimed = false
  let release = () => {}
  const told = new Set<string>()
  const once: Tell = (code, message, more) => {
    if (!told.has(code)) problem(code, message, more)
    told.add(code)
  }
  const stored = (use: (storage: NonNullable<Host['storage']>) => string | null | void) => {
    try {
      return storage && use(storage)
    } catch (cause) {
      once('storage', `no storage, so a reload begins a new session: ${cause}`, { cause })
      return null
    }
  }
  const draw = () => Array.from(host.bytes(LENGTH), byte => (byte % 32).toString(32)).join('')
  while (used.has(key)) key += '+'
  used.add(key)
  const kept = /^([\w-]{16,64}) (\d{1,9})$/.exec(stored(storage => storage.getItem(key)) ?? '')
  let instance = kept?.[1] ?? draw()
  let epoch = Number(kept?.[2] ?? 0)
  const hold = (granted: () => void) =>
    new Promise<void>(done => {
      release = done
      granted()
    })
  const self: Identity = {
    claim() {
      if (claimed || !storage) return
      claimed = true
      if (!locks)
        return void once('locks', 'no Web Locks (they need https): only the server can tell a copied tab')
      return new Promise<void>((granted, failed) => {
        const signal = AbortSignal.timeout(HANDOVER)
        locks.request(`systole ${instance}`, { signal }, () => hold(granted)).catch(failed)
      }).catch(cause => {
        if (cause.name !== 'TimeoutError') return once('locks', `no Web Lock: ${cause}`, { cause })
        self.renew()
        return self.claim()
      })
    },
    release() {
      claimed = false
      release()
    },
    current: () => ({ instance, epoch }),
    advance() {
      epoch++
      stored(storage => storage.setItem(key, `${instance} ${epoch}`))
    },
    renew() {
      self.release()
      instance = draw()
      epoch = 0
    },
    destroy() {
      self.release()
      used.delete(key)
    },
  }
  return self
}
