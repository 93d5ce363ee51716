// How web addresses and networks are written in options.

import { isIP } from 'node:net'
import type { Reading } from './option-kinds.ts'

/** An `http` or `https` address as it was written; `null`: it is none. A password in it would be shown in logs. */
export function readUrl(input: unknown): string | null {
  const url = typeof input === 'string' && URL.canParse(input) ? new URL(input) : null
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
    ? url.href
    : null
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. */
export function readNetwork(input: unknown): Reading<string> {
  const [address = '', bits, ...rest] = String(input).split('/')
  const family = isIP(address)
  const most = family === 4 ? 32 : 128
  const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most)
  return family !== 0 && isNetwork && rest.length === 0
    ? { value: String(input) }
    : { problem: 'must be an address or a network, such as 10.0.0.7 or 10.0.0.0/8' }
}
