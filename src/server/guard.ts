// Who may talk to a server through somebody's browser. A page of any other site must not reach it that way, nor, where
// nobody is asked who they are, by a name that was made to point here.

import type { Settings } from './settings.ts'

/** What its rules are made of. */
export type GuardOptions = Pick<Settings, 'open' | 'auth' | 'tls' | 'origins' | 'trustedProxies'>

/** What the guard of one listener goes by. */
export interface GuardRules {
  /** Only names of this machine are served. */
  readonly local: boolean
  /** This listener speaks TLS: a page of its own came by https. */
  readonly https: boolean
  /** Origins let in besides loopback; 'null' among them admits pages opened from a file. */
  readonly origins: readonly string[]
}

/** Why a request is refused, with the option that would let it in. */
export interface Refused {
  readonly message: string
}

const LOOPBACK = /^(localhost|([\w-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])$/i

/** Whether an address or host name means this machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || host === '::1'
}

/**
 * The rules of a listener on `address`. With auth on a name that was made to point here brings nothing, as no token goes
 * with it; so the name matters no more, unless nobody but this machine should ask: not even by a proxy.
 */
export function rulesOf(options: GuardOptions, address: string): GuardRules {
  const { open, auth, tls, origins, trustedProxies } = options
  const isPrivate = isLoopback(address) && trustedProxies.length === 0
  return { local: !open && (auth === null || isPrivate), https: tls !== null, origins }
}

/** `null` when the request may pass. Headers as sent; `null`: absent. */
export function guard(rules: GuardRules, host: string | null, origin: string | null): Refused | null {
  const name = hostName(host)
  if (rules.local && (name === null || !isLoopback(name)))
    return { message: `host ${quote(host)} is not this machine: use http://localhost, or start with --open` }
  if (origin === null || rules.origins.includes(origin)) return null
  const { scheme, place } = /^(?<scheme>https?):\/\/(?<place>[^/]+)$/i.exec(origin)?.groups ?? {}
  if (place !== undefined) {
    if (isLoopback(hostName(place) ?? '')) return null
    // a page that came in plain may have been put there by anybody on the way
    const isOwn = place === host && (!rules.https || scheme?.toLowerCase() === 'https')
    if (!rules.local && isOwn) return null
  }
  return { message: `origin ${quote(origin)} is not let in: start with --origin ${quote(origin)}` }
}

function hostName(host: string | null): string | null {
  return host === null ? null : (/^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host)?.[1] ?? null)
}

function quote(value: string | null): string {
  return value === null ? '(none)' : JSON.stringify(value.slice(0, 100))
}
