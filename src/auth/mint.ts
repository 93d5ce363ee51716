// Mints tokens for development (HS256), and fresh secrets and keys. A backend mints its own by any JWT library; nothing here
// runs in a server.

import { createHash, createHmac, randomBytes } from 'node:crypto'

const SECRET_BYTES = 32

/** A token of these claims, signed with `secret`. */
export function mintToken(claims: object, secret: Uint8Array): string {
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** For `--auth-secret`. */
export function freshSecret(): string {
  return `base64:${randomBytes(SECRET_BYTES).toString('base64')}`
}

/** A key of the API, and what the server has to know of it. */
export function freshKey(): { readonly key: string; readonly digest: string } {
  const key = `systole_${randomBytes(SECRET_BYTES).toString('base64url')}`
  return { key, digest: `sha256:${createHash('sha256').update(key).digest('hex')}` }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
