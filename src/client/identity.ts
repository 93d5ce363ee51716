// Who this tab is to the server: an instance drawn once and an epoch that grows with every connection. Both survive a
// reload in the tab's storage. A copied tab holds the same: a Web Lock tells which of the two is the original. Where
// there is no storage or no lock it goes on without, and says so.

import { type Agenda, NEVER } from './agenda.ts'
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
export function makeIdentity(host: Host, { now, plan }: Agenda, key: string, problem: Tell): Identity {
  const { storage, locks } = host
  let isClaimed = false
  let claim: AbortController | undefined
  let release = () => {}
  const told = new Set<string>()
  const once: Tell = (code, message, more) => {
    if (!told.has(code)) problem(code, message, more)
    told.add(code)
  }
  const stored = (use: (storage: NonNullable<Host['storage']>) => string | null | undefined) => {
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
  let instance = ''
  let epoch = 0
  const load = () => {
    const kept = /^([\w-]{16,64}) (\d{1,9})$/.exec(stored(storage => storage.getItem(key)) ?? '')
    instance = kept?.[1] ?? draw()
    epoch = Number(kept?.[2] ?? 0)
  }
  const expire = () => claim?.abort()
  const self: Identity = {
    claim() {
      // not before somebody can listen to what is wrong with it
      if (instance === '') load()
      if (isClaimed || !storage) return
      isClaimed = true
      // where no page can be copied there is nothing to tell
      if (!locks && host.base !== null)
        once('locks', 'no Web Locks (https?): only the server can tell a copied tab')
      if (!locks) return
      const mine = new AbortController()
      claim = mine
      plan(expire, now() + HANDOVER)
      const hold = (granted: () => void) =>
        new Promise<void>(done => {
          release = done
          plan(expire, NEVER)
          granted()
        })
      return new Promise<void>((granted, failed) => {
        locks.request(`systole ${instance}`, { signal: mine.signal }, () => hold(granted)).catch(failed)
      }).catch(cause => {
        if (claim !== mine) return
        if (!mine.signal.aborted) return once('locks', `no Web Lock: ${cause}`, { cause })
        self.renew()
        return self.claim()
      })
    },
    release() {
      const mine = claim
      isClaimed = false
      claim = undefined
      release()
      mine?.abort()
    },
    current: () => ({ instance, epoch }),
    advance() {
      epoch++
      stored(storage => {
        storage.setItem(key, `${instance} ${epoch}`)
        return null
      })
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
