// What survives a reload of the tab, where the place has a storage. One that fails is told once and not used again: the
// client goes on without.

import type { Host } from './host.ts'
import type { Tell } from './types.ts'

/** Gives what is kept under `key`; keeps `text` there, where it is given. */
export type Keep = (key: string, text?: string) => string | null | undefined

export function makeKeep(host: Host, problem: Tell): Keep {
  let works = true
  return (key, text) => {
    try {
      const storage = works ? host.storage : null
      if (!text) return storage?.getItem(key)
      storage?.setItem(key, text)
    } catch (cause) {
      works = false
      problem('storage', `no storage, so a reload begins a new session: ${cause}`, { cause })
    }
    return undefined
  }
}
