// Every setting of a server after parsing: plain data, nothing optional, durations in milliseconds. The schema in
// options.ts makes it out of flags, environment and file; the server reads it and changes nothing.

import type { Scope } from '../auth/authority.ts'
import type { BreakerOptions } from '../core/breaker.ts'
import type { Policy } from '../core/terms.ts'
import type { Timing } from '../core/timing.ts'
import type { TransitionKind } from '../protocol/words.ts'

/** What a listener speaks. `auto` decides by the subprotocol or the first frame. */
export type ListenerDialect = 'auto' | 'native' | 'heartbeat' | 'members' | 'gateway' | 'uid'

/** One port. */
export interface ListenerSettings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly dialect: ListenerDialect
  /** Silence limit of the published dialects; `null`: the dialect's own; `false`: silence never ends a session. */
  readonly limit: number | false | null
  /** Grace after a break or close of the published dialects; `null`: the dialect's own. */
  readonly grace: number | null
  /** Native connections: what proves life; `null`: as the preset says. */
  readonly evidence: 'any' | 'beat' | null
  /** `gateway`: silence after which `pingData` is sent. @default 15_000 */
  readonly pingInterval: number
  /** `gateway`: limit = pingInterval x this; 0: silence never disconnects. @default 1 */
  readonly pingNotResponseLimit: number
  /** `gateway`: text sent to every link silent for `pingInterval`; '' sends none. @default '' */
  readonly pingData: string
  /** With auth on, where connections of the published dialects show their token; `none`: they need none. @default 'any' */
  readonly token: 'any' | 'query' | 'message' | 'none'
}

/** How people and devices prove who they are. Secrets as given: text, `base64:…` or `file:…`. */
export interface AuthSettings {
  readonly secret: string | null
  /** Of before: what it signed is still taken. */
  readonly oldSecret: string | null
  /** Files with public keys. */
  readonly publicKey: readonly string[]
  readonly jwks: string | null
  readonly hook: string | null
  readonly hookSecret: string | null
  /** @default 5_000 */
  readonly hookTimeout: number
  readonly issuer: string | null
  readonly audience: string | null
  /** Milliseconds by which the clock of who signs may be off. @default 5_000 */
  readonly leeway: number
  /** What a token may watch and ask that does not say so: its member and its groups, or everybody. @default 'own' */
  readonly rights: 'own' | 'all'
}

/** One key of the HTTP API. `secret`: text, `file:…`, or `sha256:` and 64 hex digits. */
export interface KeySettings {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly secret: string
}

/** One endpoint that is told transitions. */
export interface WebhookSettings {
  /** Names its cursor: an endpoint of a new name begins now. */
  readonly name: string
  readonly url: string
  /** `whsec_…` or `file:…`; `null`: what is sent is not signed. */
  readonly secret: string | null
  readonly kinds: readonly TransitionKind[]
  /** Only of members of this type, of this group; `null`: of all. */
  readonly type: string | null
  readonly group: string | null
  /** Its address may be of this machine or of a private network. */
  readonly allowPrivate: boolean
}

/** How much anybody may do. `UNLIMITED`: as much as it likes. `null`: the default, and no limit on loopback. */
export interface LimitSettings {
  /** Connections from one address. @default 1,000 */
  readonly perAddress: number | null
  /** Connections of one member on this node. @default 100 */
  readonly perMember: number
  /** New connections per second from one address, five times as many at once. @default 100 */
  readonly upgrades: number | null
  /** Bytes per second from one connection, eight times as many at once. @default 1 MiB */
  readonly bytes: number
  /** Members one connection may watch by name. @default 10,000 */
  readonly watched: number
  /** Groups a member may be in, and a connection may watch. @default 100 */
  readonly groups: number
  /** Bytes of a profile as JSON. @default 8,192 */
  readonly profile: number
  /** Updates of one member told per second. @default 1 */
  readonly updates: number
  /** Bytes of a request body. @default 1 MiB */
  readonly body: number
  /** API requests per second of one key, or of one address where no key is asked for. @default UNLIMITED */
  readonly requests: number
  /** Wrong keys and tokens per minute from one address. @default 60 */
  readonly failures: number | null
}

/** How the options that name files were given, for messages: `--key`, `SYSTOLE_KEY`, `key in systole.config.json`. */
export interface OptionNames {
  readonly secret: string
  readonly oldSecret: string
  readonly publicKey: string
  readonly hookSecret: string
  readonly key: string
  readonly webhook: string
  readonly tlsCert: string
  readonly tlsKey: string
}

/** All of them. */
export interface Settings {
  readonly names: OptionNames
  /** The first is the main one: it also serves HTTP pages and the API. */
  readonly listeners: readonly ListenerSettings[]
  /** Pages opened from a file are let in. */
  readonly published: boolean
  /** Folder of the data file; `false`: nothing is kept. */
  readonly data: string | false
  readonly durability: 'normal' | 'full'
  /** Namespace of keys and topics. @default 'systole' */
  readonly prefix: string
  /** Serve other machines although nobody has to prove who they are. */
  readonly open: boolean
  /** Origins let in besides loopback; may hold 'null'. */
  readonly origins: readonly string[]
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[]
  /** Files of certificate and key; `null`: plain. */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** `null`: open mode, ids are claims. */
  readonly auth: AuthSettings | null
  /** Keys of the HTTP API; none: it asks for none. */
  readonly keys: readonly KeySettings[]
  readonly webhooks: readonly WebhookSettings[]
  readonly limits: LimitSettings
  /** Name of this node; `null`: one is made up. */
  readonly node: string | null
  /** Timing of the native protocol. */
  readonly timing: Timing
  /** What proves life on native connections that ask for no preset: `beat` with preset `device`. */
  readonly evidence: 'any' | 'beat'
  /** What a native client may ask for at least, part by part. @default 1_000, 500, 0 */
  readonly timingLeast: Timing
  /** And at most. @default 300_000, 120_000, 900_000 */
  readonly timingMost: Timing
  readonly policy: Policy
  /** Suspicions shorter than this are not told. @default 1_000 */
  readonly suspectAfter: number
  /** Grace after a page or program closed its connection. @default 5_000 */
  readonly refreshGrace: number
  /** Grace of sessions found open at a start. @default 35_000 */
  readonly restartGrace: number
  /** A hidden page is told as away after this long. @default 30_000 */
  readonly awayAfter: number
  readonly breaker: BreakerOptions
  /** Frames per second and link, and how many may come at once. @default 100, 200 */
  readonly rate: { readonly perSecond: number; readonly burst: number }
  /** Largest inbound message in bytes. @default 4 MiB */
  readonly maxMessage: number
  /** What may wait to be sent to one link, in bytes. @default 1 MiB */
  readonly maxQueued: number
  /** A link that never says what it speaks is cut after this. @default 90_000 */
  readonly firstMessage: number
  /** One that asked for the native protocol and says no hello is closed after this. @default 10_000 */
  readonly firstHello: number
  /** Undecided links per remote address; `null`: 100, and no limit on loopback. */
  readonly maxUndecided: number | null
  readonly keep: {
    readonly membersFor: number
    readonly membersMost: number
    readonly logFor: number
    readonly logMost: number
  }
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
    readonly format: 'auto' | 'json' | 'pretty'
  }
}
