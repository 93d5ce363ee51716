// One list as the server tells it: snapshots, diffs and the cursor to go on from (PROTOCOL.md, how a client keeps a list). A
// new list is built beside the old one, which stands until the new one is whole.

import type { Entry } from '../protocol/messages.ts'
import { type Frame, time } from './frame.ts'
import type { Counts } from './types.ts'

export interface List {
  /** As it stands in a `watch`; absent: of the ids that watches name. */
  readonly scope: object | undefined
  /** Of its `watch`: what an error about it refers to. */
  readonly id: number
  /** Those who watch it, told who changed; and whom of it, where not everybody. */
  readonly watches: Map<(changed: readonly Entry[]) => void, ReadonlySet<string> | undefined>
  members: Map<string, Entry>
  whole: boolean
  counts: Counts | null
  cursor?: string | undefined
  /** The last `watch` had a cursor. */
  offered?: boolean
  /** What the server was told on this connection: ids, or '' for the whole scope. */
  readonly told: Set<string>
  /** Under way. */
  next?: Map<string, Entry> | undefined
}

/** Nobody is on it. */
export function makeList(scope: object | undefined, id: number): List {
  return { scope, id, watches: new Map(), members: new Map(), told: new Set(), whole: false, counts: null }
}

/** Takes a frame in, and tells those who watch. Throws for what cannot be understood. */
export function hear(list: List, frame: Frame<'snapshot'> | Frame<'diff'> | Frame<'counts'>): void {
  const changed = frame.t === 'counts' ? counted(list, frame) : listed(list, frame)
  if (changed) for (const tell of [...list.watches.keys()]) tell(changed)
}

function counted(list: List, counts: Frame<'counts'>): readonly Entry[] {
  time(counts.states.online)
  list.counts = counts
  return []
}

function listed(list: List, frame: Frame<'snapshot'> | Frame<'diff'>): readonly Entry[] | undefined {
  const { scope, told, members } = list
  const isAnswer = frame.t === 'snapshot'
  // what nobody watches any more is not there
  const entries = entriesOf(frame).filter(({ member }) => scope || told.has(member))
  if (isAnswer && scope) return built(list, frame, entries)
  if (isAnswer && frame.reset) forgetVersions(members)
  // a diff before its snapshot is of an older watch
  if (scope && !list.whole) return undefined
  list.cursor = frame.cursor ?? list.cursor
  return entries.filter(entry => put(members, entry, isAnswer))
}

function built(
  list: List,
  { part, cursor }: Frame<'snapshot'>,
  entries: readonly Entry[],
): readonly Entry[] | undefined {
  if (part === 0) list.next = new Map()
  const { members, next } = list
  for (const entry of entries) next?.set(entry.member, entry)
  if (!next || cursor === undefined) return undefined
  Object.assign(list, { members: next, next: undefined, whole: true, cursor })
  const left = [...members.values()].filter(({ member }) => !next.has(member))
  const came = [...next.values()].filter(({ member, version }) => members.get(member)?.version !== version)
  return [...left.map(entry => ({ ...entry, gone: true as const })), ...came]
}

/** Those of another run of the server do not compare. */
export function forgetVersions(members: Map<string, Entry>): void {
  for (const [id, entry] of members) members.set(id, { ...entry, version: 0 })
}

/** Whether it is news. An answer may say once more what is known. */
function put(members: Map<string, Entry>, entry: Entry, isAnswer: boolean): boolean {
  const { member, version, gone } = entry
  const held = members.get(member)?.version
  // unknown ones have no version
  if (held && version && version < held + (isAnswer ? 0 : 1)) return false
  return gone ? members.delete(member) : !!members.set(member, entry)
}

/** Throws where they are none. */
export function entriesOf({ entries }: { readonly entries: readonly Entry[] }): readonly Entry[] {
  if (entries.every(({ member, state }) => typeof member === 'string' && typeof state === 'string'))
    return entries
  throw new TypeError('no entries')
}
