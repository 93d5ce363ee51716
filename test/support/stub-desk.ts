// The API over a server of a test, without a transport: who calls is anybody unless a test says otherwise.

import type { CallerOf } from '../../src/auth/access.ts'
import type { Caller, Rights, Scope } from '../../src/auth/authority.ts'
import { SCOPES } from '../../src/auth/authority.ts'
import { type AppOptions, createApp } from '../../src/http/app.ts'
import type { Desk } from '../../src/http/route.ts'
import type { PresenceServer, RequestHandler } from '../../src/server/api.ts'
import type { Endpoints } from '../../src/webhooks/endpoint.ts'

const NO_ENDPOINTS: Endpoints = { list: () => [], resume: async () => false, stop: async () => {} }

/** Nobody is asked for a key. */
export const anybody: CallerOf = () => ({
  ok: true,
  caller: { name: 'anybody', scopes: new Set(SCOPES), rights: null, member: null, bucket: null },
})

/** Keys by what is shown; everything else is refused. */
export function keysOf(keys: Readonly<Record<string, Caller>>): CallerOf {
  return authorization => {
    const caller = authorization === null ? undefined : keys[authorization.replace(/^Bearer /, '')]
    if (caller !== undefined) return { ok: true, caller }
    const code = authorization === null ? 'no_key' : 'bad_key'
    return { ok: false, status: 401, code, message: 'show a key', retryAfter: null }
  }
}

/** A key that may do this. */
export function keyFor(name: string, ...scopes: readonly Scope[]): Caller {
  return { name, scopes: new Set(scopes), rights: null, member: null, bucket: `key:${name}` }
}

/** A token of a member. */
export function tokenFor(member: string, rights: Rights): Caller {
  return { name: `member:${member}`, scopes: new Set(), rights, member, bucket: `member:${member}` }
}

export interface StubDesk extends AppOptions {
  readonly callerOf?: CallerOf
  readonly endpoints?: Endpoints
  /** @default 1 MiB */
  readonly mostBody?: number
}

/** The handler of all requests, from this machine unless an address is given. */
export function appOf(
  server: PresenceServer,
  { callerOf = anybody, endpoints = NO_ENDPOINTS, mostBody = 1_048_576, ...options }: StubDesk = {},
): (request: Request, address?: string) => ReturnType<RequestHandler> {
  const desk: Desk = { server, endpoints, mostBody }
  const app = createApp(desk, callerOf, options)
  return (request, address = '127.0.0.1') => app(request, address)
}
