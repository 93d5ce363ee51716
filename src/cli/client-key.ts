// What commands show a server that asks who they are: a key for its API, a token for a connection. Where they come from,
// and what is said when they do not do. Never says what they hold.

import { SystoleError } from '../errors.ts'
import type { Answer } from './ask-server.ts'
import { CLIENT_ENV } from './client-env.ts'
import { visible } from './visible.ts'

/** What a problem of the API says, as far as it is one. */
interface Problem {
  readonly code?: unknown
  readonly detail?: unknown
  readonly scope?: unknown
}

/** The header that shows a key; none without one. Throws `bad_option`. */
export function showKey(key: string | undefined): Readonly<Record<string, string>> {
  if (key === undefined || key === '') return {}
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new SystoleError('bad_option', '--key holds what no key does: it is ASCII without spaces')
  return { authorization: `Bearer ${key}` }
}

/** Why a caller is refused, and what mends it; `null`: it is not for who it is. */
export function refusedCaller(base: URL, { status, body }: Answer): SystoleError | null {
  const { code, detail, scope } = (typeof body === 'object' && body !== null ? body : {}) as Problem
  if (![401, 403, 429, 503].includes(status) || typeof code !== 'string') return null
  return new SystoleError('refused', `${base.origin} refuses: ${wordsOf(code, detail, scope)}`)
}

function wordsOf(code: string, detail: unknown, scope: unknown): string {
  if (code === 'no_key') return `it asks for a key: give one by --key or ${CLIENT_ENV.key}`
  if (code === 'bad_key') return `it does not know this key: correct --key or ${CLIENT_ENV.key}`
  if (code === 'missing_scope')
    return `this key may not do that: give one with the scope ${visible(String(scope))} by --key`
  return `${visible(String(detail))} (${visible(code)})`
}
