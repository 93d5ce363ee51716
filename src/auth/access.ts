// Says who calls the HTTP API, by the `Authorization` header: a key, a member's token, or anybody where nobody is asked.
// Too many wrong ones from an address, and it looks at none. Never says which part of a secret was wrong.

import { type LazyText, textOf } from '../core/lazy.ts'
import { networkOf } from '../core/network-of.ts'
import type { Awaitable } from '../stores/store.ts'
import { type Caller, type Grant, SCOPES, type Scope } from './authority.ts'
import type { FailureLimit } from './failure-limit.ts'
import { looksLikeToken } from './jws.ts'
import type { Keyring } from './keyring.ts'
import { reachesAny } from './reach.ts'
import type { TokenAuthority, TokenVerdict } from './token-authority.ts'

/** Why a call is refused. `retryAfter`: seconds, of 429 and 503; else `null`. */
export interface AccessRefusal {
  readonly ok: false
  readonly status: 401 | 429 | 503
  readonly code: 'no_key' | 'bad_key' | 'too_many_failures' | 'unavailable'
  readonly message: string
  readonly retryAfter: number | null
}

export type CallerVerdict = { readonly ok: true; readonly caller: Caller } | AccessRefusal

/** `authorization`: the header as sent; `null`: there was none. Never throws or rejects. */
export type CallerOf = (authorization: string | null, address: LazyText) => Awaitable<CallerVerdict>

export interface AccessParts {
  readonly keyring: Keyring
  /** `null`: no token opens the API. */
  readonly tokens: TokenAuthority | null
  /** Nobody has to prove who they are, on connections either. */
  readonly open: boolean
  readonly failures: FailureLimit
}

const ANYBODY: CallerVerdict = {
  ok: true,
  caller: { name: 'anybody', scopes: new Set(SCOPES), rights: null, member: null, bucket: null },
}
/** Seconds after which keys of tokens may be there again. */
const KEYS_AGAIN = 30
const BEARER = /^Bearer +([^\s]+) *$/i

export function makeCallerOf(parts: AccessParts): CallerOf {
  const { keyring, tokens, open, failures } = parts
  if (open && keyring.size === 0) return () => ANYBODY
  const missing = tokens === null ? 'an API key (--key)' : 'an API key or a token'
  const noKey = refusal('no_key', `send ${missing} as Authorization: Bearer …`)
  return (authorization, address) => {
    const wait = failures.size === 0 ? 0 : failures.wait(textOf(address))
    if (wait > 0) return tooMany(wait)
    const secret = BEARER.exec(authorization ?? '')?.[1]
    if (secret === undefined) return noKey
    const caller = keyring.find(secret)
    if (caller !== null) return { ok: true, caller }
    const verdict = tokens !== null && looksLikeToken(secret) ? tokens.authorize({ token: secret }) : UNKNOWN
    const from = textOf(address)
    return verdict instanceof Promise
      ? verdict.then(later => callerBy(later, from, failures))
      : callerBy(verdict, from, failures)
  }
}

const UNKNOWN: TokenVerdict = { ok: false, why: 'unauthorized', message: 'this is no key of this server' }

function callerBy(verdict: TokenVerdict, address: string, failures: FailureLimit): CallerVerdict {
  if (verdict.ok) return { ok: true, caller: callerFor(verdict.grant) }
  if (verdict.why === 'unavailable')
    return { ok: false, status: 503, code: 'unavailable', message: verdict.message, retryAfter: KEYS_AGAIN }
  if (verdict.expired !== true) failures.failed(address)
  return refusal('bad_key', verdict.message)
}

function callerFor({ member, rights }: Grant): Caller {
  const scopes = new Set<Scope>()
  if (reachesAny(rights.ask) || reachesAny(rights.watch)) scopes.add('read')
  if (reachesAny(rights.push)) scopes.add('push')
  const bucket = member === null ? null : `member:${member}`
  return { name: bucket ?? 'observer', scopes, rights, member, bucket }
}

/** Under which name the requests of a caller are counted: nobody can call themselves so. */
export function bucketOf({ bucket }: Caller, address: LazyText): string {
  return bucket ?? networkOf(textOf(address))
}

function refusal(code: 'no_key' | 'bad_key', message: string): AccessRefusal {
  return { ok: false, status: 401, code, message, retryAfter: null }
}

function tooMany(wait: number): AccessRefusal {
  const retryAfter = Math.ceil(wait / 1_000)
  const message = `too many wrong keys and tokens from this address: come back in ${retryAfter} s`
  return { ok: false, status: 429, code: 'too_many_failures', message, retryAfter }
}
