// How many members others see, by state, type and group. It is moved with every change and never recounts; what a member
// is, it is told.

import type { Member } from './member.ts'

const NONE: readonly string[] = Object.freeze([])

/** Members by what others see of them; a suspect by what it was before. */
export type SeenNumbers = Record<'online' | 'away' | 'suspectOnline' | 'suspectAway' | 'offline', number>

/** What a member counts as. */
export interface Seen {
  readonly as: keyof SeenNumbers
  readonly type: string | null
}

/** What `member` counts as now: hidden members as offline, and of the type they had when they hid. */
export function seenOf(member: Member): Seen {
  const { state, type, status } = member
  if (status?.visibility === 'hidden') return { as: 'offline', type: (status.shownAs ?? member).type }
  if (state === 'offline') return { as: 'offline', type }
  if (state !== 'suspect') return { as: state, type }
  return { as: member.settledState === 'away' ? 'suspectAway' : 'suspectOnline', type }
}

/** The groups in which others find `member`: a hidden one only where it stands whether it is here or not. */
export function seenGroups(member: Member): readonly string[] {
  const { memberships, status } = member
  if (memberships === null) return NONE
  return status?.visibility === 'hidden' ? memberships.standing() : memberships.all()
}

/** What is in `groups` and not in `others`. */
export function without(groups: readonly string[], others: readonly string[]): readonly string[] {
  if (groups.length === 0 || groups === others) return NONE
  const left = groups.filter(group => !others.includes(group))
  return left.length === 0 ? NONE : left
}

/** Invariant: no map holds an entry of nobody. */
class Numbers {
  readonly seen = nobody()
  readonly types = new Map<string, SeenNumbers>()

  add({ as, type }: Seen, by: 1 | -1): void {
    this.seen[as] += by
    if (type === null) return
    const ofType = this.types.get(type) ?? nobody()
    ofType[as] += by
    if (isNobody(ofType)) this.types.delete(type)
    else this.types.set(type, ofType)
  }

  // what is stays before what was goes, so that an entry of one member is not made anew
  move(was: Seen, is: Seen): void {
    this.add(is, 1)
    this.add(was, -1)
  }
}

/** Numbers of all members, and of each group in which others find any. */
export class Tallies extends Numbers {
  readonly groups = new Map<string, Numbers>()

  /** A member came to be known, with the groups it is in. */
  know(member: Member): void {
    const is = seenOf(member)
    this.add(is, 1)
    for (const group of seenGroups(member)) this.#enter(group, is)
  }

  forget(member: Member): void {
    const was = seenOf(member)
    this.add(was, -1)
    for (const group of seenGroups(member)) this.#exit(group, was)
  }

  /** The member counted as `was` before, and was seen in `groups`. */
  change(member: Member, was: Seen, groups: readonly string[]): void {
    const is = seenOf(member)
    const after = seenGroups(member)
    if (is.as !== was.as || is.type !== was.type) {
      this.move(was, is)
      for (const group of after) if (groups.includes(group)) this.groups.get(group)!.move(was, is)
    }
    for (const group of without(after, groups)) this.#enter(group, is)
    for (const group of without(groups, after)) this.#exit(group, was)
  }

  #enter(name: string, is: Seen): void {
    const group = this.groups.get(name) ?? new Numbers()
    this.groups.set(name, group)
    group.add(is, 1)
  }

  #exit(name: string, was: Seen): void {
    const group = this.groups.get(name)!
    group.add(was, -1)
    if (isNobody(group.seen)) this.groups.delete(name)
  }
}

function nobody(): SeenNumbers {
  return { online: 0, away: 0, suspectOnline: 0, suspectAway: 0, offline: 0 }
}

function isNobody({ online, away, suspectOnline, suspectAway, offline }: SeenNumbers): boolean {
  return online + away + suspectOnline + suspectAway + offline === 0
}
