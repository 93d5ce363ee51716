// What a tab and the worker that tabs share say to each other. Shapes only. Frames of the protocol cross as text; all else
// is a list that begins with a word.

import type { Signal } from './host.ts'
import type { ClientOptions, Problem, TokenRequest } from './types.ts'

/** Grows with every change of this file: tabs of another version have a worker of their own. */
export const VERSION = 1

/** What a tab brings to its worker. */
export interface Arrival {
  readonly url: string
  readonly hidden: boolean
  /** What `keep` gave last; `null`: nothing yet; `undefined`: this tab cannot keep anything. */
  readonly kept: string | null | undefined
  readonly idleAfter: ClientOptions['idleAfter']
  /** It can be asked for a token. */
  readonly tokens: boolean
}

export type ToWorker =
  | string
  /** A connection is wanted; the hello follows when it is told to be open. */
  | readonly ['open', Arrival]
  /** It is not wanted any more. */
  | readonly ['drop']
  | readonly ['signal', Signal]
  /** A lock that the tab holds for as long as it is there. */
  | readonly ['lock', string]
  | readonly ['token', unknown]
  | readonly ['no token', why: string, unauthorized: boolean]
  | readonly ['gone', cached: boolean]

export type ToTab =
  | string
  | readonly ['opened']
  | readonly ['closed', code: number]
  /** The server is there again. */
  | readonly ['wake']
  | readonly ['token', TokenRequest]
  /** For the next worker. */
  | readonly ['keep', string]
  /** A lock that the worker holds for as long as it is there. */
  | readonly ['lock', string]
  | readonly ['problem', Problem]

/** One end of what they talk over. */
export type Port = Pick<MessagePort, 'postMessage' | 'close' | 'onmessage'>
