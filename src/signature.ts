// Signs what the server posts to others, as Standard Webhooks (standardwebhooks.com, spec 1.0) says: HMAC-SHA256 over
// `id.timestamp.body`. Never shows a secret, and never decides what is sent.

import { createHmac } from 'node:crypto'

const LEAST_BYTES = 24
const MOST_BYTES = 64

/** The bytes of `whsec_` and base64 of 24 to 64 bytes; `null`: it is no such text. */
export function secretBytes(text: string): Uint8Array | null {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  const bytes = Buffer.from(text.slice('whsec_'.length), 'base64')
  return bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES ? bytes : null
}

/** The headers of one request. `id`: the same at every try; `timestampSeconds`: since 1970, of this try. */
export function sign(
  secret: Uint8Array,
  id: string,
  timestampSeconds: number,
  body: string | Uint8Array,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const mac = createHmac('sha256', secret).update(`${id}.${timestampSeconds}.`).update(body)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${mac.digest('base64')}`,
  }
}
