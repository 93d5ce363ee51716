// Takes a signed token apart (compact JWS, RFC 7515) before anything in it is believed. Never looks at its claims, and
// follows nothing a token names: keys come from the options alone.

import { fieldOf } from '../protocol/fields.ts'
import { type JsonObject, parseObject } from '../protocol/json.ts'
import { LIMITS } from '../protocol/limits.ts'

/** What may sign a token; the name of a key's kind, never of what a token asks for. */
export const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** A token that has the form of one. */
export interface Jws {
  readonly algorithm: Algorithm
  /** Id of the key that is said to have signed it; `null`: it names none. */
  readonly kid: string | null
  /** What was signed. */
  readonly signed: string
  readonly signature: Uint8Array
  /** Base64url. */
  readonly payload: string
}

const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/
// RFC 7519 §5.1, RFC 9068 §2.1; each may be written as a whole media type
const TYPES = /^(application\/)?(jwt|at\+jwt)$/i
const MOST_KID = 512
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether `text` could be a token: three parts with a dot between. */
export function looksLikeToken(text: string): boolean {
  return FORM.test(text)
}

/** The parts of a token, or what is wrong with it. Over 8,192 bytes it is not read. */
export function readJws(token: string): Jws | string {
  if (token.length > LIMITS.tokenBytes)
    return `the token is over ${LIMITS.tokenBytes} bytes: put less into its claims`
  if (!FORM.test(token)) return 'this is no signed token (header.payload.signature, each base64url)'
  const first = token.indexOf('.')
  const last = token.lastIndexOf('.')
  const header = parseObject(Buffer.from(token.slice(0, first), 'base64url').toString())
  if (header === null) return 'the header of the token is no JSON object'
  const algorithm = algorithmIn(header)
  if (algorithm === null)
    return `alg of the token must be one of ${ALGORITHMS.join(', ')}, and that of a key of this server`
  const typ = fieldOf(header, 'typ')
  if (typ !== undefined && !(typeof typ === 'string' && TYPES.test(typ)))
    return 'typ of the token must be JWT, or be left out'
  if (Object.hasOwn(header, 'crit')) return 'the token has crit, extensions that this server does not know'
  const kid = fieldOf(header, 'kid')
  if (kid !== undefined && !(typeof kid === 'string' && kid.length <= MOST_KID))
    return `kid of the token must be text of at most ${MOST_KID} characters`
  return {
    algorithm,
    kid: kid ?? null,
    signed: token.slice(0, last),
    signature: Buffer.from(token.slice(last + 1), 'base64url'),
    payload: token.slice(first + 1, last),
  }
}

/** The text of the payload; `null`: it is no UTF-8. */
export function payloadText({ payload }: Jws): string | null {
  try {
    return decoder.decode(Buffer.from(payload, 'base64url'))
  } catch {
    return null
  }
}

function algorithmIn(header: JsonObject): Algorithm | null {
  const alg = fieldOf(header, 'alg')
  // RFC 9864 gives EdDSA with Ed25519 this name
  if (alg === 'Ed25519') return 'EdDSA'
  return ALGORITHMS.find(known => known === alg) ?? null
}
