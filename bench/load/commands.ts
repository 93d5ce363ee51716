// What the bench may ask of a load process, one JSON object a line, and what it answers. Shapes only.

import type { AsksOptions, AsksResult } from './asks.ts'
import type { ChangesResult } from './changes.ts'
import type { GetsOptions, GetsResult } from './gets.ts'
import type { ListsResult } from './lists.ts'
import type { PostsOptions } from './posts.ts'
import type { ProbeResult } from './probe.ts'
import type { ScriptName } from './scripts.ts'
import type { StreamsResult } from './streams.ts'

export type LoadCommand =
  /** Opens links; answered when all are identified, or with `quiet` when all are upgraded. */
  | {
      readonly do: 'open'
      readonly port: number
      readonly script: ScriptName
      readonly count: number
      readonly quiet: boolean
    }
  /** All links that were opened quietly are identified at once. */
  | { readonly do: 'greet' }
  /** Every link sends its next beat when the last one is answered. */
  | { readonly do: 'drive-closed' }
  /** So many beats a second over all links. */
  | { readonly do: 'drive-open'; readonly rate: number }
  | { readonly do: 'halt' }
  | { readonly do: 'count' }
  /** Answered when so many data frames were received in all. */
  | { readonly do: 'await-received'; readonly received: number }
  | { readonly do: 'probe'; readonly seconds: number }
  /** Bursts of `count` changes on the link of script `changer`, one every `spacing` ms. */
  | { readonly do: 'changes'; readonly count: number; readonly times: number; readonly spacing: number }
  /** On the first link, a `native-observer`. */
  | ({ readonly do: 'asks' } & AsksOptions)
  /** By HTTP, one after the other. */
  | ({ readonly do: 'gets' } & GetsOptions)
  | { readonly do: 'lists-open'; readonly port: number; readonly watchers: number }
  /** Changes members of the `hub` links, `rate` a second. */
  | { readonly do: 'lists-run'; readonly rate: number; readonly seconds: number }
  /** For beats by HTTP: connections, idle until they are driven. */
  | ({ readonly do: 'posts-open'; readonly port: number } & PostsOptions)
  /** As fast as they are answered, until they are halted. */
  | { readonly do: 'posts-drive' }
  | { readonly do: 'posts-halt' }
  /** Members that come without WebSocket. */
  | { readonly do: 'streams-open'; readonly port: number; readonly count: number }
  /** `rate` beats a second of theirs. */
  | { readonly do: 'streams-run'; readonly rate: number; readonly seconds: number }

/** `at`: the load's own clock in ms, so that rates do not depend on the way of the answer. */
export interface LoadCounts {
  readonly at: number
  readonly sent: number
  readonly received: number
  readonly lost: number
}

export type LoadAnswer =
  | {
      readonly ok: true
      readonly counts: LoadCounts
      /** Seconds from the first connect until the last link was identified. */
      readonly opened?: number
      /** Of `greet`: seconds until each link was identified. */
      readonly greeted?: readonly number[]
      readonly probe?: ProbeResult
      readonly asks?: AsksResult
      readonly gets?: GetsResult
      readonly changes?: ChangesResult
      readonly lists?: ListsResult
      readonly streams?: StreamsResult
    }
  | { readonly ok: false; readonly error: string }
