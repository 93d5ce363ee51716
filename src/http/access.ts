// May this caller do this: what a route asks for against what the caller has. How a key or a token is proved is the
// business of the auth room.

import type { AccessRefusal } from '../auth/access.ts'
import type { Caller, Scope } from '../auth/authority.ts'
import { Refusal } from './problem.ts'

/** Who nobody was asked to be. */
export const UNASKED: Caller = {
  name: 'anybody',
  scopes: new Set(),
  rights: null,
  member: null,
  bucket: null,
}

const CHALLENGE = 'Bearer realm="systole"'

/** Why somebody is nobody, as an answer. RFC 6750, section 3.1: no error where nothing was shown. */
export function notAdmitted({ status, code, message, retryAfter }: AccessRefusal): Refusal {
  const challenge = code === 'no_key' ? CHALLENGE : `${CHALLENGE}, error="invalid_token"`
  const headers =
    status === 401 ? { 'www-authenticate': challenge } : { 'retry-after': String(Math.ceil(retryAfter ?? 1)) }
  return new Refusal(code, message, {}, headers)
}

/** Throws a `Refusal` that names the scope a caller lacks. `token`: a token will do. */
export function checkScope({ name, scopes, rights }: Caller, scope: Scope, token: boolean): void {
  if (rights === null ? scopes.has(scope) || scopes.has('admin') : token) return
  const detail =
    rights === null
      ? `the key ${JSON.stringify(name)} may not do this: it lacks the scope ${scope}`
      : `a token may not do this: show a key with the scope ${scope}`
  const challenge = `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`
  throw new Refusal('missing_scope', detail, { scope }, { 'www-authenticate': challenge })
}
