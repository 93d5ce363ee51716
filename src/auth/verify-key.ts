// A key that can say whether it signed a token, and for which algorithm: its own kind decides that, never the token. By
// `node:crypto`, at once, on both runtimes (ADR 8).

import {
  createHmac,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { fieldOf } from '../protocol/fields.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { Algorithm } from './jws.ts'

export interface VerifyKey {
  readonly algorithm: Algorithm
  /** `null`: it has no id, and is tried for every token of its kind. */
  readonly kid: string | null
  verify(signed: string, signature: Uint8Array): boolean
}

const LEAST_RSA_BITS = 2_048
/** Of ES256 (r and s) and of Ed25519. */
const SIGNATURE_BYTES = 64

/** For HS256. */
export function secretKey(bytes: Uint8Array): VerifyKey {
  const key = createSecretKey(bytes)
  return {
    algorithm: 'HS256',
    kid: null,
    verify: (signed, signature) => {
      const mac = createHmac('sha256', key).update(signed, 'latin1').digest()
      return signature.length === mac.length && timingSafeEqual(mac, signature)
    },
  }
}

/** For RS256, ES256 or EdDSA; else what it would have to be. */
export function publicKey(key: KeyObject, kid: string | null): VerifyKey | string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      const bits = modulusLength ?? 0
      if (bits < LEAST_RSA_BITS)
        return `an RSA key of ${bits} bits is too weak: use ${LEAST_RSA_BITS} or more`
      return make('RS256', kid, 'sha256', key, Math.ceil(bits / 8))
    }
    case 'ec':
      if (namedCurve !== 'prime256v1') return `the curve ${namedCurve} is not taken: use P-256, for ES256`
      return make('ES256', kid, 'sha256', { key, dsaEncoding: 'ieee-p1363' }, SIGNATURE_BYTES)
    case 'ed25519':
      return make('EdDSA', kid, null, key, SIGNATURE_BYTES)
    default:
      return `a key of the kind ${key.asymmetricKeyType} is not taken: use RSA, P-256 or Ed25519`
  }
}

/** A key out of a JWK (RFC 7517); else why it is none. */
export function jwkKey(jwk: JsonObject): VerifyKey | string {
  const kty = fieldOf(jwk, 'kty')
  if (kty === 'oct') return 'a secret (kty oct) is no public key: give it by --auth-secret'
  if (Object.hasOwn(jwk, 'd')) return 'it holds a private key: leave out d and what else is secret'
  const kid = fieldOf(jwk, 'kid') ?? null
  if (kid !== null && typeof kid !== 'string') return 'its kid must be text'
  const use = fieldOf(jwk, 'use') ?? 'sig'
  const operations = fieldOf(jwk, 'key_ops') ?? ['verify']
  if (use !== 'sig' || !Array.isArray(operations) || !operations.includes('verify'))
    return 'by its use or key_ops it does not verify'
  const key = imported(jwk)
  if (key === null) return `kty ${JSON.stringify(kty)} and the rest of it make no key`
  const made = publicKey(key, kid)
  const alg = fieldOf(jwk, 'alg') ?? null
  if (typeof made === 'string' || alg === null || alg === made.algorithm) return made
  if (alg === 'Ed25519' && made.algorithm === 'EdDSA') return made
  return `its alg ${JSON.stringify(alg)} is not ${made.algorithm}`
}

function make(
  algorithm: Algorithm,
  kid: string | null,
  digest: string | null,
  key: Parameters<typeof verify>[2],
  bytes: number,
): VerifyKey {
  return {
    algorithm,
    kid,
    verify: (signed, signature) =>
      signature.length === bytes && verify(digest, Buffer.from(signed, 'latin1'), key, signature),
  }
}

function imported(jwk: JsonObject): KeyObject | null {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  } catch {
    return null
  }
}
