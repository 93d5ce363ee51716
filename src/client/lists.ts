// All that is watched: one list per scope however many watch it, told to the server once, and again after every break with
// the cursor where it left off. What is watched and what the server was told are compared once a turn, so that a page
// that mounts two hundred rows sends one frame.

import type { Entry } from '../protocol/messages.ts'
import type { Frame } from './driver.ts'
import type { Emitter } from './emitter.ts'
import { List } from './list.ts'
import type { Id, Payloads, Watch, WatchScope } from './types.ts'
import { WatchHandle } from './watch.ts'

export class Lists<P extends Payloads> {
  readonly #send: (message: object) => boolean
  readonly #suspect: boolean
  readonly #emitter: Emitter<P>
  /** Ids that watches name share one list, which is always there. */
  readonly #ids = new List<P>({}, 0)
  readonly #lists = new Map([[keyOf('members'), this.#ids]])
  /** Of these ids the server was told on this connection. */
  readonly #told = new Set<string>()
  #planned = false
  #last = 0

  /** `suspect`: suspicions are asked for too. */
  constructor(send: (message: object) => boolean, suspect: boolean, emitter: Emitter<P>) {
    this.#send = send
    this.#suspect = suspect
    this.#emitter = emitter
  }

  watch(scope: WatchScope): Watch<P> {
    const ids = Array.isArray(scope) ? new Set((scope as readonly Id[]).map(String)) : null
    const list = ids === null ? this.#listOf(scope as Exclude<WatchScope, readonly Id[]>) : this.#ids
    const watch = new WatchHandle<P>(list, ids, this.#emitter, () => {
      if (list.watches.delete(watch)) this.#plan()
    })
    list.watches.add(watch)
    this.#plan()
    return watch
  }

  find(id: Id): Entry | undefined {
    const lists = [...this.#lists.values()]
    return lists.find(({ members }) => members.has(`${id}`))?.members.get(`${id}`)
  }

  /** A new connection: everything is to be told again. */
  broke(): void {
    this.#told.clear()
    for (const list of this.#lists.values()) list.broke()
  }

  /** Throws for what cannot be understood. */
  heard(frame: Frame<'snapshot'> | Frame<'diff'> | Frame<'counts'>): void {
    // what nobody watches any more is not there
    const list = this.#lists.get(keyOf('of' in frame ? frame.of : 'counts', frame.group))
    if (list === this.#ids && frame.t !== 'counts')
      list.heard({ ...frame, entries: frame.entries.filter(({ member }) => this.#told.has(member)) })
    else list?.heard(frame)
  }

  /** Whether an error was about the cursor of a watch. */
  refused({ code, id }: Frame<'error'>): boolean {
    if (code !== 'bad_cursor' && code !== 'cursor_ahead') return false
    // a server that knows nothing of our cursors begins with a new list
    for (const list of this.#lists.values()) {
      if (list.id !== id) continue
      list.cursor = undefined
      list.told = false
      if (list === this.#ids) this.#told.clear()
    }
    this.#plan()
    return true
  }

  /** Tells the server what it does not know yet. */
  flush(): void {
    const send = this.#send
    for (const [key, list] of this.#lists) {
      if (list === this.#ids) this.#flushIds()
      else if (list.watches.size > 0) list.told ||= this.#begin(list, list.scope, list.whole)
      else {
        if (list.told) send({ t: 'unwatch', ...list.scope })
        this.#lists.delete(key)
      }
    }
  }

  #flushIds(): void {
    const told = this.#told
    const { watches, members } = this.#ids
    const wanted = new Set([...watches].flatMap(({ ids }) => [...ids!]))
    const fresh = [...wanted].filter(id => !told.has(id))
    const left = [...told].filter(id => !wanted.has(id))
    const known = told.size === 0 && fresh.every(id => members.has(id))
    if (fresh.length > 0 && this.#begin(this.#ids, { members: fresh }, known))
      for (const id of fresh) told.add(id)
    if (left.length > 0) this.#send({ t: 'unwatch', members: left })
    for (const id of left) told.delete(id)
    for (const id of members.keys()) if (!wanted.has(id)) members.delete(id)
  }

  /** A cursor is only good where the list it belongs to is held. */
  #begin({ cursor, id }: List<P>, scope: object, held: boolean): boolean {
    const suspect = this.#suspect || undefined
    return this.#send({ t: 'watch', ...scope, suspect, cursor: held ? cursor : undefined, id })
  }

  #listOf(scope: Exclude<WatchScope, readonly Id[]>): List<P> {
    const { of, group, wire } = wireOf(scope)
    const key = keyOf(of, group)
    const list = this.#lists.get(key) ?? new List<P>(wire, --this.#last)
    this.#lists.set(key, list)
    return list
  }

  #plan(): void {
    if (this.#planned) return
    this.#planned = true
    void Promise.resolve().then(() => {
      this.#planned = false
      this.flush()
    })
  }
}

function wireOf(scope: Exclude<WatchScope, readonly Id[]>): { of: string; group?: Id; wire: object } {
  if (scope === 'all') return { of: scope, wire: { all: true } }
  if ('group' in scope) return { of: 'group', group: scope.group, wire: { group: `${scope.group}` } }
  const { counts } = scope
  if (counts === 'all') return { of: 'counts', wire: { counts: true } }
  return { of: 'counts', group: counts.group, wire: { counts: { group: `${counts.group}` } } }
}

/** No group is named '', so no two scopes have the same key. */
function keyOf(of: string, group: Id = ''): string {
  return `${of} ${group}`
}
