// The messages of `systole.v1`, as PROTOCOL.md defines them: one type each way. Shapes only. Times in ms since 1970;
// `null`: never. Unknown keys of a message are ignored by whoever reads it.

import type { MemberState, Reason } from './words.ts'

/** Silence in ms: suspect after interval + timeout, offline after interval + timeout + grace. */
export interface WireTiming {
  readonly interval: number
  readonly timeout: number
  readonly grace: number
}

/** What a member says of itself to all. `until`: when it lapses, ms since 1970. */
export interface WireStatus {
  readonly visibility: 'shown' | 'hidden'
  readonly text: string | null
  readonly until: number | null
}

/** Chosen by whoever sends a message; comes back in the `ack`, `answer` or `error` that follows. */
export type MessageId = string | number

/** What a watch is of. `members`: ids are added to those already watched; in `unwatch`, `true` means every id. */
export type Scope =
  | { readonly of: 'members'; readonly members: readonly string[] | true }
  | { readonly of: 'group'; readonly group: string }
  | { readonly of: 'all' }
  /** Numbers only: of a group, or (`null`) of all. */
  | { readonly of: 'counts'; readonly group: string | null }

/** Who a connection is. */
export type Identity =
  | { readonly as: 'member'; readonly member: string }
  | { readonly as: 'observer'; readonly token?: string }
  | { readonly as: 'token'; readonly token: string }

export interface Hello {
  readonly t: 'hello'
  readonly identity: Identity
  /** Of a member or token: at least 96 random bits, the same for as long as the page or program runs. */
  readonly instance: string | null
  /** Grows with every connection of the instance. */
  readonly epoch: number
  readonly name?: string
  readonly type?: string
  readonly profile?: unknown
  /** A preset's name, or the parts that should differ from the server's own. */
  readonly timing?: string | Partial<WireTiming>
  /** What `"cursor": true` in a `watch` of this connection stands for. */
  readonly cursor?: string
  /** Nobody is at it: the session begins, or goes on, as one that said `away`. */
  readonly away?: true
}

/** A decoded message of a client. */
export type ClientMessage =
  | Hello
  | { readonly t: 'beat' }
  | { readonly t: 'auth'; readonly token: string; readonly id?: MessageId }
  | { readonly t: 'away' | 'back'; readonly id?: MessageId }
  | { readonly t: 'status'; readonly status: WireStatus | null; readonly id?: MessageId }
  | {
      readonly t: 'update'
      readonly name?: string
      readonly type?: string
      readonly profile?: unknown
      readonly id?: MessageId
    }
  | {
      readonly t: 'watch'
      readonly scope: Scope
      readonly suspect: boolean
      /** `true`: the one of the hello. */
      readonly cursor: string | true | null
      readonly id?: MessageId
    }
  | { readonly t: 'unwatch'; readonly scope: Scope; readonly id?: MessageId }
  | { readonly t: 'ask'; readonly members: readonly string[]; readonly id?: MessageId }
  | { readonly t: 'enter' | 'exit'; readonly group: string; readonly id?: MessageId }
  | { readonly t: 'message'; readonly data: unknown; readonly id?: MessageId }
  /** A message of the server was taken. */
  | { readonly t: 'ack'; readonly id: MessageId }
  | { readonly t: 'bye' }

/** One member as a watcher or asker sees it. Keys that say nothing are absent, except those marked. */
export interface Entry {
  readonly member: string
  /** `unknown`: never seen, forgotten, or not yours to ask; then nothing but `member` and `state` is there. */
  readonly state: MemberState | 'unknown'
  /** When this state began. */
  readonly since?: number
  /** When this stay began; absent while offline. */
  readonly joinedAt?: number
  /** Always there, `null`: never. */
  readonly lastEvidenceAt?: number | null
  /** Always there, `null`: never. */
  readonly lastBeatAt?: number | null
  /** Why it is suspect or offline. */
  readonly reason?: Reason
  readonly version?: number
  readonly name?: string
  readonly type?: string
  readonly profile?: unknown
  readonly status?: { readonly text: string; readonly until: number | null }
  /** The breaker withholds its end. */
  readonly held?: true
  /** No longer in this list: it left, went offline where only present members are listed, or is hidden. */
  readonly gone?: true
}

/** Members by state. Without `suspect` in the watch, suspects count as what they were before. */
export interface StateCounts {
  readonly online: number
  readonly away: number
  readonly suspect: number
  readonly offline: number
}

/** What `snapshot`, `diff` and `counts` tell of. */
export interface Told {
  readonly of: 'members' | 'group' | 'all'
  readonly group?: string
}

/** How much this server takes: ids, groups, bytes of JSON, updates of a member told per second. */
export type WireLimits = Readonly<
  Record<'watch' | 'ask' | 'groups' | 'profile' | 'updates' | 'message' | 'frame', number>
>

/** A message of the server. */
export type ServerMessage =
  | {
      readonly t: 'welcome'
      readonly session: string
      /** `null`: an observer. */
      readonly member: string | null
      readonly timing: WireTiming
      readonly evidence: 'any' | 'beat'
      readonly bound: { readonly ms: number; readonly words: string }
      readonly now: number
      readonly resumed: boolean
      /** Where a token was sent. */
      readonly tokenExpires?: number
      readonly limits: WireLimits
    }
  | { readonly t: 'beat'; readonly now: number }
  | (Told & {
      readonly t: 'snapshot'
      /** 0 begins a new list; the last part has a cursor instead of `more`. */
      readonly part: number
      readonly entries: readonly Entry[]
      readonly more?: true
      readonly cursor?: string
      /** The cursor given could not be continued. */
      readonly reset?: true
    })
  | (Told & {
      readonly t: 'diff'
      readonly entries: readonly Entry[]
      /** Absent where another diff of the same batch follows. */
      readonly cursor?: string
      /** First diff after a watch that was continued from its cursor. */
      readonly resumed?: true
    })
  | {
      readonly t: 'counts'
      /** Absent: of all. */
      readonly group?: string
      readonly states: StateCounts
      /** The 100 largest. */
      readonly types: Readonly<Record<string, StateCounts>>
      /** The 100 largest; only of all. */
      readonly groups?: Readonly<Record<string, StateCounts>>
      readonly now: number
    }
  | {
      readonly t: 'answer'
      readonly id?: MessageId
      readonly entries: readonly Entry[]
      readonly more?: true
    }
  | { readonly t: 'message'; readonly data: unknown; readonly id?: MessageId }
  | {
      readonly t: 'ack'
      readonly id: MessageId
      /** Of an `auth` only. */
      readonly tokenExpires?: number
    }
  | {
      readonly t: 'error'
      readonly code: string
      readonly message: string
      /** `t` of the message that was refused. */
      readonly re?: string
      readonly id?: MessageId
      readonly field?: string
    }
  | { readonly t: 'moved'; readonly retryAfter: { readonly min: number; readonly max: number } }
