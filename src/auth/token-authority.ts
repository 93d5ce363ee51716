// Says who somebody is by a signed token (JWT, RFC 7519). Every key verifies one algorithm, its own (RFC 8725 §3.1); what is
// not signed by one of them is not read further. Keeps nothing of the tokens it has seen.

import { fieldOf } from '../protocol/fields.ts'
import { Flaw } from '../protocol/flaw.ts'
import { type JsonObject, parseObject } from '../protocol/json.ts'
import type { Awaitable } from '../stores/store.ts'
import type { Authority, Credentials, Grant, Verdict } from './authority.ts'
import { type ClaimRules, given, grantIn } from './claims.ts'
import type { JwkSet } from './jwk-set.ts'
import { type Jws, payloadText, readJws } from './jws.ts'
import type { VerifyKey } from './verify-key.ts'

export interface TokenRules extends ClaimRules {
  readonly issuer: string | null
  readonly audience: string | null
  /** Milliseconds. */
  readonly leeway: number
}

export interface TokenParts {
  /** Keys in hand. */
  readonly keys: readonly VerifyKey[]
  /** Keys to be asked for. */
  readonly jwks: JwkSet | null
  /** The wall clock, in ms since 1970. */
  readonly wall: () => number
}

/** `expired`: it was good once, so whoever shows it does not guess. */
export type TokenVerdict = Verdict & { readonly expired?: true }

/** So many keys are tried for one token: each costs. */
const MOST_TRIED = 8
/** Seconds since 1970 in the year 5138: what is over is milliseconds. */
const LATEST = 1e11

export class TokenAuthority implements Authority {
  readonly #rules: TokenRules
  readonly #parts: TokenParts

  constructor(rules: TokenRules, parts: TokenParts) {
    this.#rules = rules
    this.#parts = parts
  }

  authorize({ token }: Pick<Credentials, 'token'>): Awaitable<TokenVerdict> {
    if (token === null || token === '')
      return refuse('there is no token: send one that this server can verify')
    const jws = readJws(token)
    if (typeof jws === 'string') return refuse(jws)
    const { keys, jwks } = this.#parts
    const mine = keys.filter(({ algorithm, kid }) => algorithm === jws.algorithm && fits(kid, jws.kid))
    if (mine.length > 0 && isSignedByOne(mine, jws)) return this.#judge(jws)
    if (jwks === null || jws.algorithm === 'HS256') return unsigned(jws, mine)
    const found = jwks.find(jws.algorithm, jws.kid)
    return found instanceof Promise
      ? found.then(theirs => this.#byTheirs(jws, theirs))
      : this.#byTheirs(jws, found)
  }

  #byTheirs(jws: Jws, theirs: readonly VerifyKey[] | null): TokenVerdict {
    if (theirs === null)
      return {
        ok: false,
        why: 'unavailable',
        message: 'the keys for this token cannot be fetched now: come later',
      }
    return isSignedByOne(theirs, jws) ? this.#judge(jws) : unsigned(jws, theirs)
  }

  // From here on the token is signed; what it says may still not do.
  #judge(jws: Jws): TokenVerdict {
    const text = payloadText(jws)
    const claims = text === null ? null : parseObject(text)
    if (text === null || claims === null) return refuse('the claims of the token are no JSON object')
    const times = this.#timesIn(claims)
    if (times instanceof Flaw) return refuse(`of the token, ${times.message}`)
    const { expires, begins } = times
    const now = this.#parts.wall()
    if (expires !== null && now >= expires)
      return { ...refuse(`the token expired ${ago(now - expires)}: send a fresh one`), expired: true }
    if (now < begins)
      return refuse(`the token is not valid before another ${begins - now} ms: correct a clock`)
    const stranger = this.#strangerIn(claims)
    if (stranger !== null) return refuse(stranger)
    const grant: Grant | Flaw = grantIn(claims, text, 'sub', expires, this.#rules)
    return grant instanceof Flaw ? refuse(`of the token, ${grant.message}`) : { ok: true, grant }
  }

  #timesIn(claims: JsonObject): { expires: number | null; begins: number } | Flaw {
    const { leeway } = this.#rules
    const exp = dateIn(claims, 'exp')
    const nbf = dateIn(claims, 'nbf')
    const iat = dateIn(claims, 'iat')
    for (const date of [exp, nbf, iat]) if (date instanceof Flaw) return date
    return {
      expires: exp === null ? null : (exp as number) + leeway,
      begins: Math.max((nbf as number | null) ?? 0, (iat as number | null) ?? 0) - leeway,
    }
  }

  #strangerIn(claims: JsonObject): string | null {
    const { issuer, audience } = this.#rules
    if (issuer !== null && fieldOf(claims, 'iss') !== issuer)
      return 'iss of the token is not the one this server takes (--auth-issuer)'
    const aud = fieldOf(claims, 'aud')
    const isMeant = audience === null || aud === audience || (Array.isArray(aud) && aud.includes(audience))
    return isMeant ? null : 'aud of the token does not hold this server (--auth-audience)'
  }
}

function fits(key: string | null, token: string | null): boolean {
  return key === null || token === null || key === token
}

function isSignedByOne(keys: readonly VerifyKey[], jws: Jws): boolean {
  return keys.length <= MOST_TRIED && keys.some(key => key.verify(jws.signed, jws.signature))
}

function unsigned({ algorithm }: Jws, keys: readonly VerifyKey[]): TokenVerdict {
  if (keys.length > MOST_TRIED)
    return refuse(`${keys.length} keys could have signed the token: name the one that did by kid`)
  return keys.length === 0
    ? refuse(`no key of this server verifies this token: none for ${algorithm} has its kid`)
    : refuse('the token is not signed by a key of this server')
}

/** A NumericDate in ms; fractions of a second count. */
function dateIn(claims: JsonObject, key: string): number | null | Flaw {
  const value = given(claims, key)
  if (value === undefined) return null
  if (typeof value !== 'number' || !(value >= 0))
    return new Flaw('bad_field', key, `${key} is no number: it is seconds since 1970`)
  if (value > LATEST)
    return new Flaw('bad_field', key, `${key} is ${value}: it is seconds since 1970, not milliseconds`)
  return Math.floor(value * 1_000)
}

function ago(ms: number): string {
  return ms < 120_000 ? `${Math.floor(ms / 1_000)} s ago` : `${Math.floor(ms / 60_000)} min ago`
}

function refuse(message: string): TokenVerdict {
  return { ok: false, why: 'unauthorized', message }
}
