// All that is watched: one list per scope however many watch it, told to the server once, and again after every break with
// the cursor where it left off. What is watched and what the server was told are compared once a turn, so that a page
// that mounts two hundred rows sends one frame.

import type { Emitter } from './emitter.ts'
import type { Frame } from './frame.ts'
import { isId, textOf } from './ids.ts'
import { forgetVersions, hear, type List, makeList } from './list.ts'
import type { Id, Payloads, Watch, WatchScope } from './types.ts'
import { makeWatch } from './watch.ts'

export interface Lists<P extends Payloads> {
  watch(scope: WatchScope): Watch<P>
  isOnline(id: Id): boolean
  lastSeen(id: Id): number | null
  /** A new connection: everything is to be told again, with the next `flush`. */
  greeted(): void
  /** Tells the server what it does not know yet. */
  flush(): void
  /** Throws for what cannot be understood. */
  heard(frame: Frame<'snapshot'> | Frame<'diff'> | Frame<'counts'>): void
  /** Whether an error was about the cursor of a watch. */
  refused(error: Frame<'error'>): boolean
}

/** Ids that one connection may watch (PROTOCOL.md, limits). */
const MOST = 10_000

/** `suspect`: suspicions are asked for; `send`: false where no connection is known to live. */
export function makeLists<P extends Payloads>(
  suspect: boolean | undefined,
  emitter: Emitter<P>,
  send: (message: object) => boolean,
): Lists<P> {
  const lists = new Map<string, List>()
  let planned = false
  let isFull = false
  /** Below zero, where no request counts. */
  let last = 0
  const listOf = (key: string, scope?: object) => {
    const list = lists.get(key) ?? makeList(scope, --last)
    lists.set(key, list)
    return list
  }
  /** Ids that watches name share one list, which is always there. */
  const named = listOf('members ')
  const find = (id: Id) => [...lists.values()].map(({ members }) => members.get(`${id}`)).find(Boolean)
  // what is no id is nobody's
  const known = (given: Id) => {
    const id = textOf(given)
    if (!isId(id)) named.members.set(id, { member: id, state: 'unknown' })
    return id
  }
  const compare = (list: List, key: string) => {
    const { told, members, watches, scope, whole, id } = list
    const asked = new Set([...watches.values()].flatMap(ids => [...(ids ?? [''])]))
    // one that the server refuses would cost all that are named with it
    const wanted = new Set([...asked].filter(id => scope || isId(id)).slice(0, MOST))
    if (asked.size > MOST && !isFull) emitter.problem('refused', `of ${asked.size} ids ${MOST} are watched`)
    if (!scope) isFull = asked.size > MOST
    const fresh = [...wanted].filter(id => !told.has(id))
    const left = [...told].filter(id => !wanted.has(id))
    // a cursor is only good where the list it belongs to is held
    const held = scope ? whole : told.size === 0 && fresh.every(id => members.has(id))
    const cursor = held ? list.cursor : undefined
    if (told.size === 0 && !cursor) forgetVersions(members)
    if (fresh.length > 0) list.offered = cursor !== undefined
    if (fresh.length > 0 && send({ t: 'watch', ...(scope ?? { members: fresh }), suspect, cursor, id }))
      for (const id of fresh) told.add(id)
    if (left.length > 0 && send({ t: 'unwatch', ...(scope ?? { members: left }) }))
      for (const id of left) told.delete(id)
    if (!scope) for (const id of members.keys()) if (!asked.has(id) && !told.has(id)) members.delete(id)
    if (scope && wanted.size + told.size === 0) lists.delete(key)
  }
  const flush = () => {
    planned = false
    lists.forEach(compare)
  }
  const plan = () => {
    if (!planned) void Promise.resolve().then(flush)
    planned = true
  }
  return {
    watch: scope =>
      isIds(scope)
        ? makeWatch(named, new Set(scope.map(known)), emitter, plan)
        : makeWatch(listOf(...wireOf(scope)), undefined, emitter, plan),
    isOnline: id => !['offline', 'unknown', undefined].includes(find(id)?.state),
    lastSeen: id => find(id)?.lastEvidenceAt ?? null,
    greeted() {
      for (const list of lists.values()) {
        list.told.clear()
        list.next = undefined
      }
    },
    flush,
    heard(frame) {
      // what nobody watches any more is not there
      const list = lists.get(`${'of' in frame ? frame.of : 'counts'} ${frame.group ?? ''}`)
      if (list) hear(list, frame)
    },
    refused({ code, id }) {
      const list = [...lists.values()].find(list => list.id === id)
      // there may be room for it later
      if (list?.scope) list.told.clear()
      if (!list?.offered || !/cursor/.test(code)) return false
      // a server that knows nothing of our cursor begins with a new list
      list.cursor = undefined
      list.told.clear()
      plan()
      return true
    },
  }
}

function isIds(scope: WatchScope): scope is readonly Id[] {
  return Array.isArray(scope)
}

/** Its key, as frames of the server give it, and how a `watch` has it. No group is named ''. */
function wireOf(scope: Exclude<WatchScope, readonly Id[]>): [key: string, wire: object] {
  const counts = scope !== 'all' && 'counts' in scope
  const whom = counts ? scope.counts : scope
  const wire = whom === 'all' ? { all: true } : { group: `${whom.group}` }
  if (counts) return [`counts ${wire.group ?? ''}`, { counts: wire.all ?? wire }]
  return [wire.all ? 'all ' : `group ${wire.group}`, wire]
}
