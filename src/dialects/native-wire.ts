// What the native dialect may do with its connection, besides what every dialect may. The server implements it; what
// takes time answers by a promise and is never waited for by the frames that follow.

import type { Details } from '../core/change.ts'
import type { Terms } from '../core/terms.ts'
import type { ClientMessage, Hello, MessageId } from '../protocol/messages.ts'
import type { AskedTiming } from './native-terms.ts'

/** Where a connection stands: nothing said; its hello waits for the answer; greeted as a member or an observer. */
export type Stage = 'new' | 'waiting' | 'member' | 'observer'

/** What is said to the hub. */
export type HubRequest = Extract<ClientMessage, { readonly t: 'watch' | 'unwatch' | 'ask' }>

export interface NativeWire {
  readonly stage: Stage
  /** The terms that a hello asks for; `null`: there is no such preset. */
  agree(asked: AskedTiming | undefined): Terms | null
  /** Where tokens are asked for: finds out who says hello, then joins or observes; or refuses. `terms` as asked for. */
  prove(hello: Hello, details: Details | null, terms: Terms, at: number): void
  /** A fresh token. The server answers: by an ack, or an error; the connection stays. */
  refresh(token: string, id: MessageId | undefined, at: number): void
  /** Begins or continues a session of `member`. The server answers: by a welcome, or an error and a close. */
  join(member: string, hello: Hello, details: Details | null, terms: Terms, at: number): void
  /** Goes on without a member. The server answers by a welcome. */
  observe(hello: Hello, terms: Terms, at: number): void
  /** Answers a beat. */
  answerBeat(at: number): void
  /** Its page is hidden, or shown again. */
  hide(hidden: boolean, at: number): void
  /** What its member says of itself. */
  describe(details: Details, at: number): void
  /** Whether its member may enter a group by its own wish. */
  mayEnter(group: string): boolean
  /** Puts its member into a group; false where it is in as many as it may be. */
  enter(group: string): boolean | Promise<boolean>
  exit(group: string): void | Promise<void>
  /** The hub answers. */
  request(message: HubRequest, at: number): void
  /** Hands a message to the host; false where nobody took it. */
  tellHost(data: unknown): boolean | Promise<boolean>
  /** A message of the server was taken. */
  acknowledged(id: MessageId): void
  /** Something that took time failed: the connection ends. */
  failed(error: unknown): void
  /** Goodbye: its session ends as `left`. */
  bye(at: number): void
}
