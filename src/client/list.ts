// One list as the server tells it: snapshots, diffs and the cursor to go on from (PROTOCOL.md, how a client keeps a list). A
// new list is built beside the old one, which stands until the new one is whole.

import type { Entry } from '../protocol/messages.ts'
import type { Frame } from './frames.ts'
import type { Counts } from './types.ts'

export class List {
  members = new Map<string, Entry>()
  whole = false
  counts: Counts | null = null
  /** `null`: the next watch begins anew. */
  cursor: string | null = null
  #next: Map<string, Entry> | null = null

  /** What changed; `null`: nothing that shows yet. */
  snapshot({ of, part, entries, cursor }: Frame<'snapshot'>): readonly Entry[] | null {
    if (of === 'members') {
      const changed = entries.filter(entry => this.#put(entry, true))
      if (cursor !== undefined) this.#reached(cursor)
      return changed
    }
    if (part === 0) this.#next = new Map()
    if (this.#next === null) return null
    for (const entry of entries) this.#next.set(entry.member, entry)
    if (cursor === undefined) return null
    const changed = difference(this.members, this.#next)
    this.members = this.#next
    this.#next = null
    this.#reached(cursor)
    return changed
  }

  diff({ of, entries, cursor, resumed }: Frame<'diff'>): readonly Entry[] {
    if (resumed === true) this.whole = true
    // else of an older watch of the same scope
    if (!this.whole && of !== 'members') return []
    const changed = entries.filter(entry => this.#put(entry, false))
    if (cursor !== undefined) this.cursor = cursor
    return changed
  }

  /** A new connection: half a snapshot is none. */
  broke(): void {
    this.#next = null
  }

  #reached(cursor: string): void {
    this.cursor = cursor
    this.whole = true
  }

  #put(entry: Entry, answer: boolean): boolean {
    const { member, version, gone } = entry
    const held = this.members.get(member)
    const older = held?.version !== undefined && version !== undefined && version <= held.version
    if (older && (version !== held.version || !answer)) return false
    if (gone !== true) this.members.set(member, entry)
    return gone === true ? this.members.delete(member) : true
  }
}

function difference(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): Entry[] {
  const left = [...before.values()].filter(({ member }) => !after.has(member))
  const came = [...after.values()].filter(({ member, version, state }) => {
    const held = before.get(member)
    return held === undefined || held.version !== version || held.state !== state
  })
  return [...left.map((entry): Entry => ({ ...entry, gone: true })), ...came]
}
