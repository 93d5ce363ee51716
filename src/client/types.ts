// What a program sees of the client: its options, what it tells, and what it can be asked. Shapes only. Durations in
// ms; times in ms since 1970 by the server's clock, `null`: never.

import type { Entry, StateCounts, WireTiming } from '../protocol/messages.ts'
import type { ClientTransport, Host } from './host.ts'

/** An id of a member or a group: 1-256 UTF-8 bytes without control characters; an integer stands for its digits. */
export type Id = string | number

/** What is carried, by direction; every part is JSON. */
export interface Payloads {
  /** Of members, as watchers see it. */
  profile?: unknown
  /** From this client to the host. */
  up?: unknown
  /** From the host to this client. */
  down?: unknown
}

/**
 * `idle`: not begun, or put aside with the page; `connecting`: until the server's welcome; `online`; `probing`: asked
 * the server for a sign of life that has not come yet; `waiting`: for the next try; `closed`: for good, until `connect`.
 */
export type State = 'idle' | 'connecting' | 'online' | 'probing' | 'waiting' | 'closed'

/**
 * Why a state changed.
 * `connect`, `leave`, `destroy`: asked to by the program · `welcome`: the server greeted · `wake`: the page woke, or the
 * network changed · `answer`: the server gave a sign of life · `silence`: it gave none in time · `timeout`: no welcome
 * in time · `lost`: the connection broke or was closed · `moved`: the server asked to come back later · `retry`: the wait
 * is over · `conflict`: the instance is used elsewhere (4409) · `refused`: the server does not want this client back ·
 * `token`: the token was refused, or there is none to be had · `unauthorized`: the provider says that nobody is signed
 * in · `cached`, `restored`: the page went into the back/forward cache, or came out of it.
 */
export type Cause =
  | 'connect'
  | 'leave'
  | 'destroy'
  | 'welcome'
  | 'wake'
  | 'answer'
  | 'silence'
  | 'timeout'
  | 'lost'
  | 'moved'
  | 'retry'
  | 'conflict'
  | 'refused'
  | 'token'
  | 'unauthorized'
  | 'cached'
  | 'restored'

/** One change of state. */
export interface StateChange {
  readonly from: State
  readonly to: State
  /** The close code that led to it; 0: none did. */
  readonly code: number
  readonly reason: Cause
  /** Tries that failed since the client was last proved to be online. */
  readonly attempt: number
  /** ms to the next try; `null`: none is planned. */
  readonly retryIn: number | null
}

/**
 * Something is not as it should be, and the client goes on as well as it can.
 * `storage`: cannot be used, the session will not survive a reload · `locks`: the browser has none, a copied tab is
 * noticed by the server only · `token`: the provider threw, gave no text or hangs · `refused`: the server refused a message
 * (`server`: its code) · `bad_frame`: the server sent what cannot be understood · `unsupported`: what answers there does
 * not speak this protocol · `transport`: a transport could not be used · `share`: no connection can be shared here ·
 * `listener`: a callback of the program threw · `dropped`: a message was given up.
 */
export interface Problem {
  readonly code:
    | 'storage'
    | 'locks'
    | 'token'
    | 'refused'
    | 'bad_frame'
    | 'unsupported'
    | 'transport'
    | 'share'
    | 'listener'
    | 'dropped'
  /** What was wrong, with which value, and how to mend it. For people. */
  readonly message: string
  /** Code of the server's error (PROTOCOL.md, errors). */
  readonly server?: string
  readonly cause?: unknown
}

/** Tells a problem. */
export type Tell = (
  code: Problem['code'],
  message: string,
  more?: { readonly server?: string; readonly cause?: unknown },
) => void

/** Events and what their listeners are given. */
export interface Events<P extends Payloads = Payloads> {
  state: StateChange
  /** From the host; acknowledged when every listener returned. */
  message: P['down']
  problem: Problem
}

/** Thrown by `getToken`: nobody is signed in, so the client is `closed` until `connect` is called. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized'
}

/** What `deliver` and `ask` reject with. */
export class Undelivered extends Error {
  override readonly name = 'Undelivered'
  /**
   * `dropped`: never sent; `lost`: the connection broke before the answer, it may have arrived; `timeout`: no answer in
   * time; else the code of the server's error, such as `not_taken`.
   */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Why a token is wanted: for a connection, because the last one was refused, or because it grows old. */
export interface TokenRequest {
  readonly reason: 'connect' | 'refused' | 'refresh'
}

/** What a client is made with. One of `member`, `getToken`, `observer` says who it is; an observer may have `getToken` too. */
export interface ClientOptions<P extends Payloads = Payloads> {
  /**
   * Where the server listens: `wss://presence.example/ws`, also `https://…`, or a path of the page's own host.
   * @default '/' of the page's own host; without a page it must be given
   */
  readonly url?: string
  /** Who this is, where the server takes claims (open mode). */
  readonly member?: Id
  /** Watches without being in any list; with `getToken` where the server asks for a token. @default false */
  readonly observer?: boolean
  /**
   * Gives a token that says who this is. Asked at the first connection, when the server refused the last one, and at 80 %
   * of its life. Sent in the first message, never in a URL. A throw or a hang is tried again later; throwing
   * `Unauthorized` closes the client.
   */
  readonly getToken?: (request: TokenRequest) => string | Promise<string>
  /** Shown to others. At most 1,024 bytes. */
  readonly name?: string
  /** The kind of member, to filter and to push by. At most 256 bytes. */
  readonly type?: string
  /** Anything to show with the member, as JSON. At most 8,192 bytes. */
  readonly profile?: P['profile']
  /** A preset, or parts that should differ from the server's own, in ms. @default the server's own */
  readonly timing?: 'fast' | 'web' | 'mobile' | 'device' | Partial<WireTiming>
  /** Watches are told of suspicions too; else they see the state before. @default false */
  readonly suspect?: boolean
  /**
   * ms without pointer, key, touch or scroll after which the member is away; `false`: never.
   * @default 300,000; false where there is no page
   */
  readonly idleAfter?: number | false
  /** Messages that may wait for a connection, at most. @default 256 */
  readonly outbox?: number
  /**
   * Ways to the server, in order. The second is tried after two failed upgrades of the first, where that never worked
   * during this visit, and is then remembered for the visit. @default ['ws', 'sse']
   */
  readonly transports?: readonly ('ws' | 'sse' | ClientTransport)[]
  /** Connects at once; else when `connect` is called. @default true */
  readonly autoConnect?: boolean
  /** Where the program runs. @default the page, or a program without one */
  readonly host?: Host
}

/** Whom to watch: these ids, a group, everybody present, or numbers only (of a group, or of all). */
export type WatchScope =
  | readonly Id[]
  | 'all'
  | { readonly group: Id }
  | { readonly counts: 'all' | { readonly group: Id } }

/** Members by state, and by type and group (the 100 largest). */
export interface Counts {
  readonly states: StateCounts
  readonly types: Readonly<Record<string, StateCounts>>
  readonly groups?: Readonly<Record<string, StateCounts>>
}

/** One member as others see it. */
export type Member<P extends Payloads = Payloads> = Omit<Entry, 'profile' | 'gone'> & {
  readonly profile?: P['profile']
}

/** What a watch shows at one moment. Never changed: after a change there is another one. */
export interface View<P extends Payloads = Payloads> {
  /** Everybody listed is there; false until the first full list came. After a break the old list stands meanwhile. */
  readonly whole: boolean
  readonly members: ReadonlyMap<string, Member<P>>
  /** Of a watch of counts. */
  readonly counts: Counts | null
}

/** Told after each change: the view, and those who changed or left (`gone`) since the last one. */
export type OnView<P extends Payloads = Payloads> = (
  view: View<P>,
  changed: readonly (Member<P> & { readonly gone?: true })[],
) => void

/** A standing watch; it goes on over breaks. */
export interface Watch<P extends Payloads = Payloads> {
  readonly view: View<P>
  /** Returns how to stop. */
  subscribe(listener: OnView<P>): () => void
  /** The server is told when the last watch of a scope is closed. Twice is once. */
  close(): void
}

/** What a member says of itself to all; the whole takes the place of the one before. */
export interface Status {
  /** `hidden`: others see it as offline. @default 'shown' */
  readonly visibility?: 'shown' | 'hidden'
  /** At most 256 bytes. */
  readonly text?: string | null
  /** When it lapses. */
  readonly until?: number | null
}

/** Name, type or profile; what is left out stays. */
export interface Details<P extends Payloads = Payloads> {
  readonly name?: string
  readonly type?: string
  readonly profile?: P['profile']
}

/** `sent`: given to an open connection · `queued`: goes out with the next one · `dropped`: too many wait, or closed. */
export type Sent = 'sent' | 'queued' | 'dropped'

/** A client of one server. No method throws but for what is plainly a wrong argument; nothing throws out of a callback. */
export interface Client<P extends Payloads = Payloads> {
  readonly state: State
  /** Of the current or last connection; `null` before the first welcome. */
  readonly session: string | null
  /** Who the server says this is; `null`: an observer, or not known yet. */
  readonly member: string | null
  /** The server's clock, as far as it is known; else this machine's. */
  readonly now: number
  /** Begins, or begins again after `closed`. */
  connect(): void
  /** Asks the server for a sign of life now: for hosts that know they woke. */
  probe(): void
  /**
   * Says goodbye, and the client is `closed`. The session ends at once; where no connection stands, there is nobody to
   * say it to, and it ends by its grace.
   */
  leave(): void
  /** Lets go of everything: no listener, timer or socket stays. The session ends by its grace, unless `leave` was first. */
  destroy(): void
  /** Returns how to stop listening. */
  on<E extends keyof Events<P>>(event: E, listener: (what: Events<P>[E]) => void): () => void
  /** A message for the host; nobody says whether it was taken. */
  send(data: P['up']): Sent
  /** A message for the host that must be taken. Rejects with `Undelivered`. `timeout`: ms, also for waiting. @default 10,000 */
  deliver(data: P['up'], timeout?: number): Promise<void>
  watch(scope: WatchScope): Watch<P>
  /** Once, for at most 10,000 ids: one answer for each, also the unknown. Rejects with `Undelivered`. */
  ask(ids: readonly Id[]): Promise<readonly Member<P>[]>
  /** Whether a watched member is present: not offline, not unknown. */
  isOnline(id: Id): boolean
  /** When a watched member last gave a sign of life, as of its last change; `null`: never, or not watched. */
  lastSeen(id: Id): number | null
  /** Of the member, so any of its sessions may change it; stands until then, or until it lapses. */
  setStatus(status: Status | null): void
  update(details: Details<P>): void
  /** For as long as this session lives. */
  enter(group: Id): void
  exit(group: Id): void
}
