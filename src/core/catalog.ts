// Where members are found, and how many there are, by what they truly are: state, type and groups, hidden members too.
// Moved with every change, never searched. What others see of a member is not its business.

import type { MemberState } from '../protocol/words.ts'
import type { Member } from './member.ts'
import { shownState } from './member-sessions.ts'
import { Ordered } from './ordered.ts'
import { HERE, type MemberList, noNumbers, Roll, STATES, type StateNumbers } from './roll.ts'

const NONE: readonly string[] = Object.freeze([])
const idOf = (member: Member) => member.id

export type { MemberList } from './roll.ts'

/** What a member is filed under. */
export interface Filing {
  readonly state: MemberState
  readonly type: string | null
  readonly groups: readonly string[]
}

/** What is asked for; a member must be all of it. */
export interface Wanted {
  readonly state?: MemberState | undefined
  readonly type?: string | undefined
  readonly group?: string | undefined
  /** Not offline. */
  readonly here?: true | undefined
}

/** What `member` has to be filed under now. */
export function filingOf(member: Member): Filing {
  return { state: shownState(member), type: member.type, groups: member.memberships?.all() ?? NONE }
}

class Shelf {
  readonly counts = noNumbers()
  readonly inOrder = new Ordered<Member, string>(idOf)
}

class GroupShelf extends Shelf {
  readonly name: string
  /** Of which types its members are. */
  readonly types = new Map<string, { readonly counts: StateNumbers }>()

  constructor(name: string) {
    super()
    this.name = name
  }
}

/**
 * Invariants: every member is in `all`, in the list of its type if it has one, and in those of its groups; counts equal
 * a recount; no shelf is empty.
 */
export class Catalog {
  readonly types = new Map<string, Shelf>()
  readonly #groups = new Map<string, GroupShelf>()
  readonly #names = new Ordered<GroupShelf, string>(({ name }) => name)
  readonly #all = new Roll()
  readonly #here = this.#all.in(HERE)
  readonly #states = Object.fromEntries(STATES.map(state => [state, this.#all.in([state])])) as Record<
    MemberState,
    MemberList
  >

  get all(): MemberList {
    return this.#all
  }

  get counts(): Readonly<StateNumbers> {
    return this.#all.counts
  }

  /** `null`: it has no members. */
  group(name: string): GroupShelf | null {
    return this.#groups.get(name) ?? null
  }

  /** Groups by name. */
  groupsAfter(name: string | null, limit: number): readonly GroupShelf[] {
    return this.#names.after(name, limit)
  }

  /** The shortest list in which all that are `wanted` are, with others perhaps; `null`: there are none. */
  find({ state, type, group, here }: Wanted): MemberList | null {
    const lists: MemberList[] = [this.#all]
    if (here === true) lists.push(this.#here)
    if (state !== undefined) lists.push(this.#states[state])
    if (type !== undefined && !this.#findOn(this.types.get(type), state, lists)) return null
    if (group !== undefined && !this.#findOn(this.#groups.get(group), state, lists)) return null
    return lists.reduce((shortest, list) => (list.size < shortest.size ? list : shortest))
  }

  /** Files the member under what it is now; `was`: what it was filed under, `null`: nothing. */
  file(member: Member, was: Filing | null): void {
    const is = filingOf(member)
    if (was === null) this.#all.add(member, is.state)
    else if (is.state !== was.state) this.#all.move(member, was.state, is.state)
    this.#fileType(member, was, is)
    this.#fileGroups(member, was, is)
  }

  forget(member: Member): void {
    const was = filingOf(member)
    this.#all.remove(member, was.state)
    this.#fileType(member, was, null)
    this.#fileGroups(member, was, null)
  }

  #findOn(shelf: Shelf | undefined, state: MemberState | undefined, lists: MemberList[]): boolean {
    if (shelf === undefined || (state !== undefined && shelf.counts[state] === 0)) return false
    lists.push(shelf.inOrder)
    return true
  }

  #fileType(member: Member, was: Filing | null, is: Filing | null): void {
    const from = was?.type ?? null
    const to = is?.type ?? null
    if (to !== null) {
      const shelf = this.types.get(to) ?? new Shelf()
      this.types.set(to, shelf)
      shelf.counts[is!.state]++
      if (to !== from) shelf.inOrder.add(member)
    }
    if (from === null) return
    const shelf = this.types.get(from)!
    shelf.counts[was!.state]--
    if (to !== from) shelf.inOrder.remove(member)
    if (shelf.inOrder.size === 0) this.types.delete(from)
  }

  // what is stays before what was goes, so that a shelf of one member is not made anew
  #fileGroups(member: Member, was: Filing | null, is: Filing | null): void {
    const from = was?.groups ?? NONE
    const to = is?.groups ?? NONE
    if (from.length + to.length === 0) return
    for (const name of to) {
      const shelf = this.#groups.get(name) ?? this.#open(name)
      count(shelf, is!, 1)
      if (!from.includes(name)) shelf.inOrder.add(member)
    }
    for (const name of from) {
      const shelf = this.#groups.get(name)!
      count(shelf, was!, -1)
      if (!to.includes(name)) shelf.inOrder.remove(member)
      if (shelf.inOrder.size === 0) this.#close(shelf)
    }
  }

  #open(name: string): GroupShelf {
    const shelf = new GroupShelf(name)
    this.#groups.set(name, shelf)
    this.#names.add(shelf)
    return shelf
  }

  #close(shelf: GroupShelf): void {
    this.#groups.delete(shelf.name)
    this.#names.remove(shelf)
  }
}

function count(shelf: GroupShelf, { state, type }: Filing, by: 1 | -1): void {
  shelf.counts[state] += by
  if (type === null) return
  const ofType = shelf.types.get(type) ?? { counts: noNumbers() }
  ofType.counts[state] += by
  if (isNobody(ofType.counts)) shelf.types.delete(type)
  else shelf.types.set(type, ofType)
}

function isNobody({ online, away, suspect, offline }: StateNumbers): boolean {
  return online + away + suspect + offline === 0
}
