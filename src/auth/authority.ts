// What it means to have a right: who a connection or a caller of the API is, and how far each may see and reach. Shapes,
// and the two reaches that need no list. How it is proved is the business of this room; the server only asks.

import type { Details } from '../core/change.ts'
import type { Policy } from '../core/terms.ts'
import type { Awaitable } from '../stores/store.ts'

/** What a key of the HTTP API may do. */
export const SCOPES = ['read', 'push', 'beat', 'admin'] as const

/** `admin` includes the others. */
export type Scope = (typeof SCOPES)[number]

/** Whom a right reaches: all, or these members, and whoever is in one of these groups at the moment. */
export interface Reach {
  readonly all: boolean
  readonly members: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
}

export const EVERYBODY: Reach = { all: true, members: new Set(), groups: new Set() }
export const NOBODY: Reach = { all: false, members: new Set(), groups: new Set() }

/** What its holder may do besides being here. Ids beyond it are answered `unknown`. */
export interface Rights {
  readonly watch: Reach
  readonly ask: Reach
  /** By `POST /v1/push` with its token. */
  readonly push: Reach
}

/** What was proved of somebody. */
export interface Grant {
  /** `null`: nobody in particular, who may only observe. */
  readonly member: string | null
  /** What the token says of the member; wins over what its connection says. `null`: nothing. */
  readonly details: Details | null
  /** Groups it is put into, for as long as the session lasts. */
  readonly groups: readonly string[]
  /** `null`: as the server is set. */
  readonly policy: Policy | null
  readonly rights: Rights
  /** In ms since 1970; `null`: never. */
  readonly expires: number | null
  /** Kept with the session for the host, JSON of at most 4 KiB; `null`: nothing. */
  readonly data: unknown
}

/** What came with a connection that may prove who it is. */
export interface Credentials {
  readonly token: string | null
  /** Whom it claims to be, besides its token. */
  readonly member: string | null
  /** Remote address, behind trusted proxies the client's. */
  readonly address: string
  readonly dialect: string
  /** Of the upgrade request; `null`: it had none. */
  readonly origin: string | null
  readonly cookie: string | null
  readonly userAgent: string | null
}

/** `unauthorized`: not with this; `unavailable`: nobody can say now, come back later. `message` never holds a secret. */
export type Verdict =
  | { readonly ok: true; readonly grant: Grant }
  | { readonly ok: false; readonly why: 'unauthorized' | 'unavailable'; readonly message: string }

/**
 * Says who somebody is. MUST answer within a bounded time, and MUST NOT throw or reject. An answer that needs no
 * waiting SHOULD come at once, not as a promise: a wave of connections then costs no turn each.
 */
export interface Authority {
  authorize(credentials: Credentials): Awaitable<Verdict>
}

/** Who calls the HTTP API. */
export interface Caller {
  /** Of a key: its name; of a token: `member:` and the member; where nobody is asked: `anybody`. */
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
  /** Of a token: how far it reaches. `null`: everybody. */
  readonly rights: Rights | null
  /** Of a token. */
  readonly member: string | null
  /** Under which its requests are counted, a name that nobody else has; `null`: under its address. */
  readonly bucket: string | null
}
