// A snapshot of a list: read page by page over several turns, and kept for a moment, since those who come together
// ask for the same.

import type { MemberRecord } from '../../stores/store.ts'
import { isPresent, recordEntry } from './entry.ts'
import { FRAME_ENTRIES } from './frames.ts'
import type { House, ListScope } from './house.ts'

const FRESH = 1_000

/** Entries as JSON, a part per frame; at least one part. Every change up to `version` is in it, later ones may be. */
export interface Listed {
  readonly version: number
  readonly at: number
  readonly parts: readonly string[]
}

export class Listing {
  readonly #house: House
  readonly #scope: ListScope
  readonly #suspect: boolean
  #listed: Listed | null = null
  #making: Promise<Listed> | null = null

  constructor(house: House, scope: ListScope, suspect: boolean) {
    this.#house = house
    this.#scope = scope
    this.#suspect = suspect
  }

  /** A list that is fresh, and not older than `version`. */
  get(version: number): Listed | Promise<Listed> {
    const listed = this.#listed
    if (listed !== null && listed.version >= version && this.#house.now() - listed.at < FRESH) return listed
    this.#making ??= this.#make().finally(() => {
      this.#making = null
    })
    return this.#making
  }

  /** Lets go of the list: it names somebody who must not be named any more. */
  outdate(): void {
    this.#listed = null
  }

  /** Lets go of a list nobody asked for in a while. */
  trim(at: number): void {
    if (this.#listed !== null && at - this.#listed.at >= FRESH) this.#listed = null
  }

  async #make(): Promise<Listed> {
    const { store, rounds } = this.#house
    const version = this.#house.version()
    const at = this.#house.now()
    const parts: string[] = []
    let after: string | null = null
    do {
      const page = await store.page({ order: 'id', after, limit: FRAME_ENTRIES, ...this.#query() })
      parts.push(this.#textOf(page.members))
      after = page.next
      if (after !== null) await rounds.room(FRAME_ENTRIES / 2)
    } while (after !== null)
    this.#listed = { version, at, parts }
    return this.#listed
  }

  #query() {
    return this.#scope.of === 'all' ? { present: true as const } : { group: this.#scope.group }
  }

  #textOf(records: readonly MemberRecord[]): string {
    const at = this.#house.now()
    return records
      .filter(record => isListed(record, this.#scope))
      .map(record => JSON.stringify(recordEntry(this.#house.views.member(record, at), this.#suspect)))
      .join(',')
  }
}

/** Whether others find the member in the list. */
export function isListed(
  facts: Parameters<typeof isPresent>[0] & { readonly seenGroups: readonly string[] },
  scope: ListScope,
): boolean {
  return scope.of === 'all' ? isPresent(facts) : facts.seenGroups.includes(scope.group)
}
