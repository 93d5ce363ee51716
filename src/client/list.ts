// One list as the server tells it: snapshots, diffs and the cursor to go on from (PROTOCOL.md, how a client keeps a list). A
// new list is built beside the old one, which stands until the new one is whole.

import type { Entry } from '../protocol/messages.ts'
import { type Frame, time } from './reader.ts'
import type { Counts } from './types.ts'

export interface List {
  /** As it stands in a `watch`. */
  readonly scope: object
  /** Of its `watch`: what an error about it refers to. */
  readonly id: number
  /** Those who watch it, told who changed and whether numbers did; and whom of it, where not everybody. */
  readonly watches: Map<
    (changed: readonly Entry[], counted: boolean) => void,
    ReadonlySet<string> | undefined
  >
  members: Map<string, Entry>
  whole: boolean
  counts: Counts | null
  cursor: string | undefined
  /** The server was told on this connection. */
  told: boolean
  /** Under way. */
  next: Map<string, Entry> | undefined
}

/** Nobody is on it. */
export function makeList(scope: object, id: number): List {
  const nothing = { counts: null, cursor: undefined, next: undefined }
  return { scope, id, watches: new Map(), members: new Map(), whole: false, told: false, ...nothing }
}

/** Takes a frame in, and tells those who watch. Throws for what cannot be understood. */
export function hear(list: List, frame: Frame<'snapshot'> | Frame<'diff'> | Frame<'counts'>): void {
  const counted = frame.t === 'counts'
  if (counted && time(frame.states.online) >= 0) list.counts = frame
  const changed = counted ? [] : listed(list, frame)
  if (changed) for (const watch of [...list.watches.keys()]) watch(changed, counted)
}

function listed(list: List, frame: Frame<'snapshot'> | Frame<'diff'>): readonly Entry[] | undefined {
  const { t, of, cursor } = frame
  const entries = entriesOf(frame)
  if (cursor !== undefined && typeof cursor !== 'string') throw new TypeError('no cursor')
  if (t === 'diff') list.whole ||= frame.resumed === true
  else if (of !== 'members') return built(list, frame)
  // a diff before its snapshot is of an older watch
  if (of !== 'members' && !list.whole) return undefined
  list.cursor = cursor ?? list.cursor
  return entries.filter(entry => put(list.members, entry, t === 'snapshot'))
}

function built(list: List, { part, entries, cursor }: Frame<'snapshot'>): readonly Entry[] | undefined {
  if (part === 0) list.next = new Map()
  const { members, next } = list
  for (const entry of entries) next?.set(entry.member, entry)
  if (!next || cursor === undefined) return undefined
  Object.assign(list, { members: next, next: undefined, whole: true, cursor })
  const left = [...members.values()].filter(({ member }) => !next.has(member))
  const came = [...next.values()].filter(({ member, version }) => members.get(member)?.version !== version)
  return [...left.map(entry => ({ ...entry, gone: true as const })), ...came]
}

function put(members: Map<string, Entry>, entry: Entry, answer: boolean): boolean {
  const { member, version, gone } = entry
  const held = members.get(member)?.version
  if (held && version && (answer ? version < held : version <= held)) return false
  return gone ? members.delete(member) : !!members.set(member, entry)
}

/** Throws where they are none. */
export function entriesOf({ entries }: { readonly entries: readonly Entry[] }): readonly Entry[] {
  if (entries.every(({ member, state }) => typeof member === 'string' && typeof state === 'string'))
    return entries
  throw new TypeError('no entries')
}
