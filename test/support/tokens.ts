// Mints tokens for tests by `node:crypto` alone, also such as no library would mint.

import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export const SECRET = 'a secret of tests, long enough for HS256'
export const KEYS = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
} as const

export type TestAlgorithm = 'HS256' | keyof typeof KEYS

export interface Minting {
  readonly alg?: TestAlgorithm
  /** What the header says besides, or instead. */
  readonly header?: object
  /** The header as text. */
  readonly rawHeader?: string
  readonly secret?: string | Uint8Array
  readonly key?: KeyObject
}

/** A token; `claims` as text is taken as it is. */
export function mint(claims: object | string, minting: Minting = {}): string {
  const { alg = 'HS256', header, rawHeader, secret = SECRET, key } = minting
  const head = rawHeader ?? JSON.stringify({ alg, typ: 'JWT', ...header })
  const signed = `${base64url(head)}.${base64url(typeof claims === 'string' ? claims : JSON.stringify(claims))}`
  const signature =
    alg === 'HS256' ? createHmac('sha256', secret).update(signed).digest() : by(alg, key, signed)
  return `${signed}.${signature.toString('base64url')}`
}

export function base64url(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64url')
}

export function jwk(alg: keyof typeof KEYS, more: object = {}): object {
  return { ...KEYS[alg].publicKey.export({ format: 'jwk' }), ...more }
}

export function pem(alg: keyof typeof KEYS): string {
  return KEYS[alg].publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

function by(alg: keyof typeof KEYS, other: KeyObject | undefined, signed: string): Buffer {
  const key = other ?? KEYS[alg].privateKey
  const data = Buffer.from(signed)
  if (alg === 'EdDSA') return sign(null, data, key)
  return sign('sha256', data, alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key)
}
