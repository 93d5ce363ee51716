// The list that a watch keeps: a snapshot begins it, diffs change it, and what is not newer changes nothing. It says
// what changed from what; how that is shown is not its business.

import type { Entry } from '../protocol/messages.ts'
import type { ListFrame } from './observer.ts'

/** One member before and after. */
export interface ListChange {
  readonly before: Entry | undefined
  readonly after: Entry
}

/** What a frame did. `first`: the first list is whole; `anew`: another list is whole, with what differs from the last. */
export interface ListStep {
  readonly what: 'part' | 'first' | 'anew' | 'diff'
  readonly changes: readonly ListChange[]
}

export class WatchList {
  entries = new Map<string, Entry>()
  #whole = false
  #gathered = new Map<string, Entry>()

  apply(frame: ListFrame): ListStep {
    if (frame.t === 'diff')
      return { what: 'diff', changes: frame.entries.flatMap(entry => this.#change(entry)) }
    if (frame.part === 0) this.#gathered = new Map()
    for (const entry of frame.entries) this.#gathered.set(entry.member, entry)
    if (frame.more) return { what: 'part', changes: [] }
    return this.#begin(this.#gathered)
  }

  #begin(entries: Map<string, Entry>): ListStep {
    const old = this.entries
    const first = !this.#whole
    this.#whole = true
    this.entries = entries
    this.#gathered = new Map()
    if (first) return { what: 'first', changes: [] }
    const changes = [...entries.values()].map(after => ({ before: old.get(after.member), after }))
    const gone = [...old.values()].filter(({ member }) => !entries.has(member))
    return { what: 'anew', changes: [...changes, ...gone.map(before => ({ before, after: goneOf(before) }))] }
  }

  #change(after: Entry): ListChange[] {
    const before = this.entries.get(after.member)
    if (isOlder(after, before) || (after.gone && before === undefined)) return []
    if (after.gone) this.entries.delete(after.member)
    else this.entries.set(after.member, after)
    return [{ before, after }]
  }
}

// `unknown` has no version: it is what the server says now. Going from a list is no step of the member's own.
function isOlder({ version, gone }: Entry, before: Entry | undefined): boolean {
  if (version === undefined || before?.version === undefined) return false
  return gone ? version < before.version : version <= before.version
}

// The new list does not say why, nor when.
function goneOf({ member, name, version }: Entry): Entry {
  return {
    member,
    state: 'offline',
    gone: true,
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
  }
}
