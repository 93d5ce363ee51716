// A client's side of watching, as PROTOCOL.md says a client applies frames: nothing of the server's code is used. It
// fails where a frame comes that must not come.

import type { Entry, ServerMessage } from '../../src/protocol/messages.ts'

type Snapshot = Extract<ServerMessage, { t: 'snapshot' }>
type Diff = Extract<ServerMessage, { t: 'diff' }>

/** One list as the client holds it. */
export interface WatchedList {
  readonly entries: Map<string, Entry>
  cursor: string | null
  /** Parts that have come of a snapshot that is not complete; -1: none is on its way. */
  part: number
  /** The snapshot is complete. */
  whole: boolean
}

/** A watch as it is sent, without its cursor. */
export interface WatchRequest {
  readonly of: 'members' | 'group' | 'all'
  readonly group?: string
  readonly members?: readonly string[]
  readonly suspect?: boolean
}

export class WatchModel {
  readonly lists = new Map<string, WatchedList>()
  /** Codes of error frames. */
  readonly errors: string[] = []
  /** Everything else, in order. */
  readonly others: ServerMessage[] = []
  frames = 0
  resets = 0
  resumes = 0

  /** Begins a watch; where there is a cursor it goes on from there. */
  expect({ of, group }: WatchRequest, fresh: boolean): WatchedList {
    const key = keyOf(of, group)
    const list = this.lists.get(key)
    if (list !== undefined && !fresh) {
      list.whole = false
      list.part = -1
      return list
    }
    const made: WatchedList = { entries: new Map(), cursor: null, part: -1, whole: false }
    this.lists.set(key, made)
    return made
  }

  hear(text: string): void {
    this.frames++
    const message = JSON.parse(text) as ServerMessage
    if (message.t === 'snapshot') this.#snapshot(message)
    else if (message.t === 'diff') this.#diff(message)
    else if (message.t === 'error') this.errors.push(message.code)
    else this.others.push(message)
  }

  #snapshot(message: Snapshot): void {
    const list = this.#list(message)
    if (message.part !== list.part + 1) throw new Error(`part ${message.part} after ${list.part}`)
    if (message.entries.length > 500) throw new Error(`${message.entries.length} entries in one frame`)
    if (message.part === 0 && message.of !== 'members') list.entries.clear()
    if (message.reset) this.resets++
    list.part = message.part
    for (const entry of message.entries) put(list, entry, true)
    if ((message.more === true) === (message.cursor !== undefined))
      throw new Error('a part has a cursor, or more follows')
    if (message.more) return
    list.part = -1
    list.whole = true
    list.cursor = message.cursor!
  }

  #diff(message: Diff): void {
    const list = this.#list(message)
    if (message.resumed) {
      if (list.whole) throw new Error('resumed twice')
      this.resumes++
      list.whole = true
    }
    if (!list.whole) throw new Error(`a diff before the snapshot is complete: ${JSON.stringify(message)}`)
    if (message.entries.length > 500) throw new Error(`${message.entries.length} entries in one frame`)
    for (const entry of message.entries) put(list, entry, message.of === 'members')
    if (message.cursor !== undefined) list.cursor = message.cursor
  }

  #list({ of, group }: Snapshot | Diff): WatchedList {
    const list = this.lists.get(keyOf(of, group))
    if (list === undefined) throw new Error(`nobody watches ${keyOf(of, group)}`)
    return list
  }
}

/** The name of a list. */
export function keyOf(of: string, group?: string): string {
  return group === undefined ? of : `${of} ${group}`
}

function put({ entries }: WatchedList, entry: Entry, answered: boolean): void {
  const held = entries.get(entry.member)
  if (
    held?.version !== undefined &&
    entry.version !== undefined &&
    entry.version <= held.version &&
    !answered
  )
    return
  if (held?.version !== undefined && entry.version !== undefined && entry.version < held.version) return
  if (entry.gone) entries.delete(entry.member)
  else entries.set(entry.member, entry)
}
