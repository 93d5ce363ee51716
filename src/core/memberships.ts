// The groups of one member: which it is in, and who made each membership. A group is the union: it is left with its
// last maker. It knows no other member and tells nobody.

import type { Membership } from './change.ts'
import type { Member } from './member.ts'

/** Groups a member may be in. */
export const MOST_GROUPS = 100

/** Stands for the API among the makers. */
const STANDING = 0

/** Made only for members that are in a group. Two short lists: a map would cost three times as much. */
export class Memberships {
  readonly #groups: string[] = []
  /** Makers of each membership, in the same order: session ids, and `STANDING`. */
  readonly #makers: (number | number[])[] = []
  /** Ends of standing memberships that have one. */
  #untils: Map<string, number> | null = null

  get size(): number {
    return this.#groups.length
  }

  has(group: string): boolean {
    return this.#groups.includes(group)
  }

  /** The groups, in no order. */
  all(): string[] {
    return [...this.#groups]
  }

  /** Those that last whether the member is here or not. */
  standing(): string[] {
    return this.#groups.filter((_, i) => includes(this.#makers[i]!, STANDING))
  }

  /** What `session` made; of 0: the standing memberships. */
  of(session: number): Membership[] {
    const made = this.#groups.filter((_, i) => includes(this.#makers[i]!, session))
    return made.map(group => ({ group, until: (session === STANDING && this.#untils?.get(group)) || null }))
  }

  /** True when the member was not in the group before. Beyond `MOST_GROUPS` nothing happens. */
  enter(session: number, { group, until }: Membership): boolean {
    const i = this.#groups.indexOf(group)
    if (i === -1 && this.size >= MOST_GROUPS) return false
    if (session === STANDING) this.#lasts(group, until)
    if (i === -1) {
      this.#groups.push(group)
      this.#makers.push(session)
      return true
    }
    const makers = this.#makers[i]!
    if (!includes(makers, session))
      this.#makers[i] = typeof makers === 'number' ? [makers, session] : [...makers, session]
    return false
  }

  /** True when the member is no longer in the group. */
  exit(session: number, group: string): boolean {
    const i = this.#groups.indexOf(group)
    if (i === -1 || !includes(this.#makers[i]!, session)) return false
    if (session === STANDING) this.#lasts(group, null)
    const makers = this.#makers[i]!
    if (typeof makers === 'number') {
      this.#groups.splice(i, 1)
      this.#makers.splice(i, 1)
      return true
    }
    const left = makers.filter(maker => maker !== session)
    this.#makers[i] = left.length === 1 ? left[0]! : left
    return false
  }

  #lasts(group: string, until: number | null): void {
    if (until !== null) {
      this.#untils ??= new Map()
      this.#untils.set(group, until)
    } else if (this.#untils?.delete(group) && this.#untils.size === 0) this.#untils = null
  }
}

/** `session` makes a membership of `member`; true when the member is new in the group. */
export function enterGroup(member: Member, session: number, membership: Membership): boolean {
  const memberships = member.memberships ?? new Memberships()
  member.memberships = memberships
  return memberships.enter(session, membership)
}

/** `session` takes back the membership it made; true when the member is no longer in the group. */
export function exitGroup(member: Member, session: number, group: string): boolean {
  const left = member.memberships?.exit(session, group) ?? false
  if (member.memberships?.size === 0) member.memberships = null
  return left
}

/** Ends what `session` made; the groups the member is no longer in. */
export function endGroups(member: Member, session: number): readonly string[] {
  const made = member.memberships?.of(session) ?? []
  return made.map(({ group }) => group).filter(group => exitGroup(member, session, group))
}

function includes(makers: number | number[], session: number): boolean {
  return typeof makers === 'number' ? makers === session : makers.includes(session)
}
