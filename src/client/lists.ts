// All that is watched: one list per scope however many watch it, told to the server once, and again after every break with
// the cursor where it left off. What is watched and what the server was told are compared once a turn, so that a page
// that mounts two hundred rows sends one frame.

import type { Emitter } from './emitter.ts'
import { hear, type List, makeList } from './list.ts'
import type { Frame } from './reader.ts'
import type { Id, Payloads, Watch, WatchScope } from './types.ts'
import { makeWatch } from './watch.ts'

export interface Lists<P extends Payloads> {
  watch(scope: WatchScope): Watch<P>
  isOnline(id: Id): boolean
  lastSeen(id: Id): number | null
  /** A new connection: everything is to be told again. */
  greeted(): void
  /** Tells the server what it does not know yet. */
  flush(): void
  /** Throws for what cannot be understood. */
  heard(frame: Frame<'snapshot'> | Frame<'diff'> | Frame<'counts'>): void
  /** Whether an error was about the cursor of a watch. */
  refused(error: Frame<'error'>): boolean
}

/** `suspect`: suspicions are asked for; `send`: false where no connection is known to live. */
export function makeLists<P extends Payloads>(
  suspect: boolean | undefined,
  emitter: Emitter<P>,
  send: (message: object) => boolean,
): Lists<P> {
  /** Ids that watches name share one list, which is always there; of these the server was told on this connection. */
  const named = makeList({}, 0)
  const told = new Set<string>()
  const lists = new Map([[keyOf('members'), named]])
  let planned = false
  let last = 0
  // a cursor is only good where the list it belongs to is held
  const begin = ({ id, cursor }: List, scope: object, held: boolean) =>
    send({ t: 'watch', ...scope, suspect, cursor: held ? cursor : undefined, id })
  const find = (id: Id) =>
    [...lists.values()].find(({ members }) => members.has(`${id}`))?.members.get(`${id}`)
  const flushIds = () => {
    const { members, watches } = named
    const wanted = new Set([...watches.values()].flatMap(ids => [...ids!]))
    const fresh = [...wanted].filter(id => !told.has(id))
    const left = [...told].filter(id => !wanted.has(id))
    const held = told.size === 0 && fresh.every(id => members.has(id))
    if (fresh.length > 0 && begin(named, { members: fresh }, held)) for (const id of fresh) told.add(id)
    if (left.length > 0 && send({ t: 'unwatch', members: left })) for (const id of left) told.delete(id)
    for (const id of members.keys()) if (!wanted.has(id)) members.delete(id)
  }
  const flush = () => {
    planned = false
    for (const [key, list] of lists) {
      if (list === named) flushIds()
      else if (list.watches.size > 0) list.told ||= begin(list, list.scope, list.whole)
      else if (!list.told || send({ t: 'unwatch', ...list.scope })) lists.delete(key)
    }
  }
  const plan = () => {
    if (!planned) void Promise.resolve().then(flush)
    planned = true
  }
  const listOf = (scope: Exclude<WatchScope, readonly Id[]>) => {
    const [wire, of, group] = wireOf(scope)
    const key = keyOf(of, group)
    const list = lists.get(key) ?? makeList(wire, --last)
    lists.set(key, list)
    return list
  }
  return {
    watch: scope =>
      isIds(scope)
        ? makeWatch(named, new Set(scope.map(String)), emitter, plan)
        : makeWatch(listOf(scope), undefined, emitter, plan),
    isOnline: id => !['offline', 'unknown', undefined].includes(find(id)?.state),
    lastSeen: id => find(id)?.lastEvidenceAt ?? null,
    greeted() {
      told.clear()
      for (const list of lists.values()) Object.assign(list, { told: false, next: undefined })
      flush()
    },
    flush,
    heard(frame) {
      // what nobody watches any more is not there
      const list = lists.get(keyOf('of' in frame ? frame.of : 'counts', frame.group))
      if (!list) return
      const entries =
        'entries' in frame && frame.entries.filter(({ member }) => list !== named || told.has(member))
      hear(list, entries ? { ...frame, entries } : frame)
    },
    refused({ code, id }) {
      const list = [...lists.values()].find(list => list.id === id && list.cursor !== undefined)
      if (!list || (code !== 'bad_cursor' && code !== 'cursor_ahead')) return false
      // a server that knows nothing of our cursor begins with a new list
      list.cursor = undefined
      list.told = false
      if (list === named) told.clear()
      plan()
      return true
    },
  }
}

function isIds(scope: WatchScope): scope is readonly Id[] {
  return Array.isArray(scope)
}

function wireOf(
  scope: Exclude<WatchScope, readonly Id[]>,
): [wire: object, of: string, group: Id | undefined] {
  if (scope === 'all') return [{ all: true }, scope, undefined]
  if ('group' in scope) return [{ group: `${scope.group}` }, 'group', scope.group]
  const group = scope.counts === 'all' ? undefined : scope.counts.group
  return [{ counts: group === undefined ? true : { group: `${group}` } }, 'counts', group]
}

/** No group is named '', so no two scopes have the same key. */
function keyOf(of: string, group: Id = ''): string {
  return `${of} ${group}`
}
