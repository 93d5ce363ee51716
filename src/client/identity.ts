// Who this tab is to the server: an instance drawn once and an epoch that grows with every hello. Both survive a
// reload in the tab's storage. A copied tab holds the same: a Web Lock tells which of the two is the original. Where
// there is no storage or no lock it goes on without, and says so.

import type { Agenda } from './agenda.ts'
import type { Host } from './host.ts'
import type { Keep } from './keep.ts'
import { NEVER } from './machine.ts'
import type { Tell } from './types.ts'

export interface Identity {
  /** Makes sure that nobody else is this instance; a promise only where that takes a while. Never rejects. */
  claim(): Promise<void> | undefined
  /** Lets another page be this instance, and this page be put into the back/forward cache. */
  release(): void
  /** For the next hello. */
  next(): { readonly instance: string; readonly epoch: number }
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
export function makeIdentity(
  { base, bytes, locks }: Host,
  { now, plan }: Agenda,
  key: string,
  keep: Keep,
  problem: Tell,
): Identity {
  let claim: AbortController | undefined
  let release = () => {}
  const draw = () => Array.from(bytes(LENGTH), byte => (byte % 32).toString(32)).join('')
  while (used.has(key)) key += '+'
  used.add(key)
  let instance = ''
  let epoch = 0
  // not before somebody can listen to what is wrong with it
  const load = () => {
    const [, drawn = draw(), reached = 0] = /^([\w-]{16,64}) (\d{1,9})$/.exec(keep(key) ?? '') ?? []
    instance = drawn
    epoch = Number(reached)
    // where no page can be copied there is nothing to tell
    if (!locks && base !== null)
      problem('locks', 'no Web Locks (https?): only the server can tell a copied tab')
  }
  const expire = () => claim?.abort()
  const self: Identity = {
    claim() {
      if (instance === '') load()
      if (claim || !locks) return
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
        if (!mine.signal.aborted) return problem('locks', `no Web Lock: ${cause}`, { cause })
        self.renew()
        return self.claim()
      })
    },
    release() {
      claim?.abort()
      claim = undefined
      release()
    },
    next() {
      epoch++
      keep(key, `${instance} ${epoch}`)
      return { instance, epoch }
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
