// All that is watched: one list per scope however many watch it, told to the server once, and again after every break with
// the cursor where it left off. What is watched and what the server was told are compared once a turn, so that a page
// that mounts two hundred rows sends one frame.

import type { Entry, ServerMessage } from '../protocol/messages.ts'
import type { Emitter } from './emitter.ts'
import { areEntries, type Frame } from './frames.ts'
import { List } from './list.ts'
import type { Id, Payloads, Watch, WatchScope } from './types.ts'
import { WatchHandle } from './watch.ts'

interface Shelf<P extends Payloads> {
  readonly list: List
  readonly watches: Set<WatchHandle<P>>
  /** The server was told on this connection. */
  told: boolean
  /** Of its `watch`: what an error about it refers to. */
  readonly id: string
}

/** What it works with. */
export interface ListsParts<P extends Payloads> {
  send(message: object): boolean
  readonly suspect: boolean
  readonly emitter: Emitter<P>
}

export class Lists<P extends Payloads> {
  readonly #parts: ListsParts<P>
  /** By scope, as the text of what stands in the message. */
  readonly #shelves = new Map<string, Shelf<P>>()
  /** Ids that watches name share one list. */
  readonly #named: Shelf<P> = { list: new List(), watches: new Set(), told: true, id: 'ids' }
  /** Of these ids the server was told on this connection. */
  readonly #toldIds = new Set<string>()
  #planned = false

  constructor(parts: ListsParts<P>) {
    this.#parts = parts
  }

  watch(scope: WatchScope): Watch<P> {
    const ids = Array.isArray(scope) ? new Set((scope as readonly Id[]).map(String)) : null
    const shelf =
      ids === null ? this.#shelf(scopeOf(scope as Exclude<WatchScope, readonly Id[]>)) : this.#named
    const handle = new WatchHandle<P>(shelf.list, ids, this.#parts.emitter, () => {
      if (shelf.watches.delete(handle)) this.#plan()
    })
    shelf.watches.add(handle)
    this.#plan()
    return handle
  }

  find(id: Id): Entry | undefined {
    const key = String(id)
    for (const { list } of [this.#named, ...this.#shelves.values()])
      if (list.members.has(key)) return list.members.get(key)
    return undefined
  }

  /** A new connection: everything is told again. */
  greeted(): void {
    this.#toldIds.clear()
    for (const shelf of this.#shelves.values()) {
      shelf.told = false
      shelf.list.broke()
    }
    this.flush()
  }

  heard(frame: ServerMessage): void {
    if (frame.t === 'counts') {
      const shelf = this.#shelves.get(
        keyOf({ counts: frame.group === undefined ? true : { group: frame.group } }),
      )
      if (shelf === undefined || typeof frame.states !== 'object') return
      shelf.list.counts = frame
      for (const watch of [...shelf.watches]) watch.tell([], true)
    }
    if (frame.t === 'snapshot' || frame.t === 'diff') this.#listed(frame)
  }

  /** Whether an error was about the cursor of a watch. */
  refused({ code, id }: Frame<'error'>): boolean {
    if (code !== 'bad_cursor' && code !== 'cursor_ahead') return false
    // a server that knows nothing of our cursors begins with new lists
    for (const shelf of [this.#named, ...this.#shelves.values()]) {
      if (shelf.id !== id) continue
      shelf.list.cursor = null
      shelf.told = shelf === this.#named
      if (shelf.told) this.#toldIds.clear()
    }
    this.#plan()
    return true
  }

  #shelf(scope: object): Shelf<P> {
    const key = keyOf(scope)
    const found = this.#shelves.get(key)
    if (found !== undefined) return found
    const shelf = {
      list: new List(),
      watches: new Set<WatchHandle<P>>(),
      told: false,
      id: `w${this.#shelves.size}`,
    }
    this.#shelves.set(key, shelf)
    return shelf
  }

  #listed(frame: Frame<'snapshot'> | Frame<'diff'>): void {
    const { of, group } = frame
    const shelf =
      of === 'members' ? this.#named : this.#shelves.get(keyOf(of === 'all' ? { all: true } : { group }))
    // else of a watch that was given up meanwhile
    if (shelf === undefined) return
    if (!areEntries(frame.entries) || !isCursor(frame.cursor))
      return this.#parts.emitter.problem('bad_frame', `the server sent a ${frame.t} without entries`)
    const entries =
      of === 'members' ? frame.entries.filter(({ member }) => this.#toldIds.has(member)) : frame.entries
    const changed =
      frame.t === 'snapshot'
        ? shelf.list.snapshot({ ...frame, entries })
        : shelf.list.diff({ ...frame, entries })
    for (const watch of changed === null ? [] : [...shelf.watches]) watch.tell(changed!)
  }

  #plan(): void {
    if (this.#planned) return
    this.#planned = true
    void Promise.resolve().then(() => {
      this.#planned = false
      this.flush()
    })
  }

  /** Tells the server what it does not know yet. */
  flush(): void {
    const { send } = this.#parts
    for (const [key, shelf] of this.#shelves) {
      const { list, watches, told, id } = shelf
      if (watches.size > 0 && !told) shelf.told = this.#begin(JSON.parse(key), list, list.whole, id)
      if (watches.size > 0) continue
      if (told) send({ t: 'unwatch', ...JSON.parse(key) })
      this.#shelves.delete(key)
    }
    this.#flushIds()
  }

  #flushIds(): void {
    const { watches, list, id } = this.#named
    const wanted = new Set([...watches].flatMap(({ ids }) => [...ids!]))
    const fresh = [...wanted].filter(member => !this.#toldIds.has(member))
    const known = fresh.length === wanted.size && fresh.every(member => list.members.has(member))
    if (fresh.length > 0 && this.#begin({ members: fresh }, list, known, id))
      for (const member of fresh) this.#toldIds.add(member)
    const left = [...this.#toldIds].filter(member => !wanted.has(member))
    if (left.length > 0) this.#parts.send({ t: 'unwatch', members: left })
    for (const member of left) this.#toldIds.delete(member)
    for (const member of list.members.keys()) if (!wanted.has(member)) list.members.delete(member)
  }

  /** A cursor is only good where the list it belongs to is held. */
  #begin(scope: object, { cursor }: List, held: boolean, id: string): boolean {
    const { send, suspect } = this.#parts
    return send({ t: 'watch', ...scope, ...(suspect && { suspect }), ...(held && cursor && { cursor }), id })
  }
}

function scopeOf(scope: Exclude<WatchScope, readonly Id[]>): object {
  if (scope === 'all') return { all: true }
  if ('group' in scope) return { group: String(scope.group) }
  return { counts: scope.counts === 'all' || { group: String(scope.counts.group) } }
}

function isCursor(cursor: unknown): boolean {
  return cursor === undefined || typeof cursor === 'string'
}

function keyOf(scope: object): string {
  return JSON.stringify(scope)
}
