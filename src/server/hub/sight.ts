// How far a connection sees: itself, members that its right names, and whoever others find in one of its groups at the
// moment. Whoever sees everybody has no sight at all (`null`), so that nothing is asked on its behalf.

import type { Reach } from '../../auth/authority.ts'

/** What is looked at. */
export interface Seen {
  readonly id: string
  /** Groups in which others find it: a member that hid is as far away as one that left. */
  readonly seenGroups: readonly string[]
}

export class Sight {
  readonly #reach: Reach
  readonly #self: string | null
  #name = ''

  constructor(reach: Reach, self: string | null) {
    this.#reach = reach
    this.#self = self
  }

  sees({ id, seenGroups }: Seen): boolean {
    const { members, groups } = this.#reach
    if (id === this.#self || members.has(id)) return true
    return groups.size > 0 && seenGroups.some(group => groups.has(group))
  }

  seesGroup(group: string): boolean {
    return this.#reach.groups.has(group)
  }

  /** Whether there is anybody to be seen. */
  get isBlind(): boolean {
    return this.#reach.members.size === 0 && this.#reach.groups.size === 0
  }

  /** The same for the same sight, and hardly ever for another: letters and digits. */
  get name(): string {
    if (this.#name === '') {
      const { members, groups } = this.#reach
      this.#name = hashOf([[this.#self ?? ''], [...members].sort(), [...groups].sort()])
    }
    return this.#name
  }
}

/** `null`: everybody. */
export function sightOf(reach: Reach, self: string | null): Sight | null {
  return reach.all ? null : new Sight(reach, self)
}

/** Whether two see the same. */
export function sameSight(a: Sight | null, b: Sight | null): boolean {
  return a === b || (a !== null && b !== null && a.name === b.name)
}

// FNV-1a, twice with different seeds: it tells rights apart, it protects nothing.
function hashOf(value: unknown): string {
  const text = JSON.stringify(value)
  let [a, b] = [0x811c9dc5, 0x01000193]
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193)
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b)
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36)
}
