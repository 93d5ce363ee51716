// How far somebody reaches: who was told nothing of it, whether a reach is any at all, and whether it covers a member.

import type { Reach } from './authority.ts'

/** A member and its groups. Its sets are made when first asked for: most who connect never ask. */
export class OwnReach implements Reach {
  readonly all = false
  readonly #member: string | null
  readonly #groups: readonly string[]
  #members: ReadonlySet<string> | null = null
  #groupSet: ReadonlySet<string> | null = null

  constructor(member: string | null, groups: readonly string[]) {
    this.#member = member
    this.#groups = groups
  }

  get members(): ReadonlySet<string> {
    this.#members ??= new Set(this.#member === null ? [] : [this.#member])
    return this.#members
  }

  get groups(): ReadonlySet<string> {
    this.#groupSet ??= new Set(this.#groups)
    return this.#groupSet
  }
}

export function reachesAny({ all, members, groups }: Reach): boolean {
  return all || members.size > 0 || groups.size > 0
}

/** Whether it covers the member `id`, which others find in `groups`. */
export function covers(
  { all, members, groups: reached }: Reach,
  id: string,
  groups: readonly string[],
): boolean {
  return all || members.has(id) || (groups.length > 0 && groups.some(group => reached.has(group)))
}
