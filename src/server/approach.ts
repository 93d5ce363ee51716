// What came with an upgrade that may prove who is coming. Kept until that is known, and never logged.

import type { UpgradeRequest } from '../transports/transport.ts'

/** As in `Credentials`. */
export interface Approach {
  /** `token` of its query. */
  readonly token: string | null
  readonly origin: string | null
  readonly cookie: string | null
  readonly userAgent: string | null
}

const NOTHING: Approach = { token: null, origin: null, cookie: null, userAgent: null }

/** `headers`: whether more than the token counts. */
export function approachOf(request: UpgradeRequest, headers: boolean): Approach {
  const token = tokenOf(request.url)
  if (!headers) return token === null ? NOTHING : { ...NOTHING, token }
  return {
    token,
    origin: request.header('origin'),
    cookie: request.header('cookie'),
    userAgent: request.header('user-agent'),
  }
}

function tokenOf(url: string): string | null {
  const query = url.indexOf('?')
  if (query === -1 || !url.includes('token=', query)) return null
  return new URLSearchParams(url.slice(query + 1)).get('token') || null
}
