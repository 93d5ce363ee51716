// What both bindings read from a client: the state of its connection and the view of a watch, each as a value that only
// changes when something changed. They never make or end a client, and change nothing but which watches stand.

import type { Client, Payloads, State, StateChange, View, Watch, WatchScope } from './types.ts'

/** How the connection is, and how it came to be so. */
export interface Connection {
  readonly state: State
  /** The last change; `null`: none was seen yet. */
  readonly change: StateChange | null
  /** When the next try is, in ms since 1970 by this machine's clock; `null`: none is planned. */
  readonly retryAt: number | null
}

/** A value and how to hear that it changed. `read` gives the same object until then. */
export interface Source<T> {
  readonly subscribe: (changed: () => void) => () => void
  readonly read: () => T
}

/** Where there is no client. */
export const APART: Connection = { state: 'idle', change: null, retryAt: null }

/** Where nothing is watched. */
export const NOBODY: View<never> = { whole: false, members: new Map(), counts: null }

export function connectionOf(client: Client | null): Source<Connection> {
  let known = APART
  return {
    subscribe: changed =>
      client?.on('state', change => {
        const { to, retryIn } = change
        known = { state: to, change, retryAt: retryIn === null ? null : Date.now() + retryIn }
        changed()
      }) ?? nothing,
    read: () => {
      const state = client?.state ?? 'idle'
      if (known.state !== state) known = { ...APART, state }
      return known
    },
  }
}

/** `key`: the scope as JSON, `null` for no watch. The watch stands while somebody listens. */
export function viewOf<P extends Payloads>(client: Client<P> | null, key: string): Source<View<P>> {
  const scope: WatchScope | null = JSON.parse(key)
  let watch: Watch<P> | undefined
  return {
    subscribe: changed => {
      if (client === null || scope === null) return nothing
      const mine = client.watch(scope)
      watch = mine
      const stop = mine.subscribe(changed)
      return () => {
        stop()
        // Whoever watches the same next, in this turn, takes over without a word to the server.
        queueMicrotask(() => mine.close())
      }
    },
    read: () => watch?.view ?? NOBODY,
  }
}

function nothing(): void {}
