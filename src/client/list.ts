// One list as the server tells it: snapshots, diffs and the cursor to go on from (PROTOCOL.md, how a client keeps a list). A
// new list is built beside the old one, which stands until the new one is whole.

import type { Entry } from '../protocol/messages.ts'
import type { Frame } from './driver.ts'
import type { Counts, Payloads } from './types.ts'
import type { WatchHandle } from './watch.ts'

export class List<P extends Payloads> {
  readonly watches = new Set<WatchHandle<P>>()
  members = new Map<string, Entry>()
  whole = false
  counts: Counts | null = null
  cursor: string | undefined = undefined
  /** The server was told on this connection. */
  told = false
  /** As it stands in a `watch`. */
  readonly scope: object
  /** Of its `watch`: what an error about it refers to. */
  readonly id: number
  #next: Map<string, Entry> | null = null

  constructor(scope: object, id: number) {
    this.scope = scope
    this.id = id
  }

  /** Takes a frame in, and tells those who watch. Throws for what cannot be understood. */
  heard(frame: Frame<'snapshot'> | Frame<'diff'> | Frame<'counts'>): void {
    if (frame.t === 'counts') this.counts = frame
    const changed = frame.t === 'counts' ? [] : this.#listed(frame)
    if (changed !== null) for (const watch of [...this.watches]) watch.tell(changed, frame.t === 'counts')
  }

  /** A new connection: half a snapshot is none. */
  broke(): void {
    this.told = false
    this.#next = null
  }

  #listed(frame: Frame<'snapshot'> | Frame<'diff'>): readonly Entry[] | null {
    const { t, of, entries, cursor } = frame
    if (!entries.every(isEntry) || (cursor !== undefined && typeof cursor !== 'string'))
      throw new TypeError('no list')
    if (t === 'diff') this.whole ||= frame.resumed === true
    if (of !== 'members' && t === 'snapshot') return this.#built(entries, frame.part, cursor)
    // a diff before its snapshot is of an older watch
    if (of !== 'members' && !this.whole) return null
    this.cursor = cursor ?? this.cursor
    return entries.filter(entry => this.#put(entry, t === 'snapshot'))
  }

  #built(entries: readonly Entry[], part: number, cursor: string | undefined): readonly Entry[] | null {
    if (part === 0) this.#next = new Map()
    const next = this.#next
    for (const entry of entries) next?.set(entry.member, entry)
    if (next === null || cursor === undefined) return null
    const before = this.members
    this.members = next
    this.#next = null
    this.whole = true
    this.cursor = cursor
    const left = [...before.values()].filter(({ member }) => !next.has(member))
    const came = [...next.values()].filter(({ member, version }) => before.get(member)?.version !== version)
    return [...left.map(entry => ({ ...entry, gone: true as const })), ...came]
  }

  #put(entry: Entry, answer: boolean): boolean {
    const { member, version, gone } = entry
    const held = this.members.get(member)?.version
    if (held !== undefined && version !== undefined && (version < held || (version === held && !answer)))
      return false
    return gone ? this.members.delete(member) : !!this.members.set(member, entry)
  }
}

function isEntry(entry: Entry): boolean {
  return typeof entry.member === 'string' && typeof entry.state === 'string'
}
