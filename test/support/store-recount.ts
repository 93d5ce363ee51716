// Counts members anew, in the most naive way, to be compared with what a ledger keeps up with every change.

import type { Catalog } from '../../src/core/catalog.ts'
import type { Member } from '../../src/core/member.ts'
import { shownState } from '../../src/core/member-sessions.ts'
import type { MemberList } from '../../src/core/roll.ts'
import { MEMBER_STATES } from '../../src/protocol/words.ts'
import type { GroupTally, SeenCounts, Tally } from '../../src/stores/store.ts'

/** A tally as plain data: numbers of all, of types, of groups and of their types, by a key that names them. */
export type PlainTally = Readonly<Record<string, SeenCounts>>

/** What `tally` should be. */
export function recount(members: Iterable<Member>): PlainTally {
  const found: Record<string, Record<keyof SeenCounts, number>> = { all: nobody() }
  for (const member of members) {
    const groups = groupsOf(member)
    const keys = ['all', ...groups.map(group => `group ${group}`)]
    const type = typeOf(member)
    if (type !== null) keys.push(...keys.map(key => `${key} type ${type}`))
    for (const key of keys) {
      found[key] ??= nobody()
      found[key][keyOf(member)]++
    }
  }
  return found
}

/** What `tally` says. */
export function plainTally(tally: Tally): PlainTally {
  const groups = [...tally.groups].flatMap(([name, group]) => entriesOf(`group ${name}`, group))
  return Object.fromEntries([...entriesOf('all', tally), ...groups])
}

function entriesOf(name: string, { seen, types }: GroupTally): [string, SeenCounts][] {
  const ofTypes = [...types].map(([type, counts]): [string, SeenCounts] => [
    `${name} type ${type}`,
    { ...counts },
  ])
  return [[name, { ...seen }], ...ofTypes]
}

/** Ids in each list of a catalog, and its counts, by a key that names them. */
export type PlainCatalog = Readonly<
  Record<string, { readonly ids?: readonly string[]; readonly count?: number }>
>

/** What the catalog of these members should be. */
export function recatalogued(members: Iterable<Member>): PlainCatalog {
  const found: Record<string, { ids?: string[]; count?: number }> = {}
  const put = (key: string, id: string) => {
    found[key] ??= { ids: [] }
    found[key].ids!.push(id)
  }
  const add = (key: string) => {
    found[key] ??= { count: 0 }
    found[key].count!++
  }
  const all = [...members].sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const member of all) {
    const { id, type } = member
    const state = shownState(member)
    const shelves = (member.memberships?.all() ?? []).map(group => `group ${group}`)
    put('all', id)
    add(`all: ${state}`)
    put(state, id)
    if (state !== 'offline') put('here', id)
    if (type !== null) for (const shelf of shelves) add(`${shelf} type ${type}: ${state}`)
    if (type !== null) shelves.push(`type ${type}`)
    for (const shelf of shelves) {
      put(shelf, id)
      add(`${shelf}: ${state}`)
    }
  }
  return found
}

/** What the catalog says; lists of nobody and counts of 0 are left out. */
export function catalogued(catalog: Catalog): PlainCatalog {
  const lists: [string, MemberList | null][] = [
    ['all', catalog.all],
    ['here', catalog.find({ here: true })],
    ...MEMBER_STATES.map((state): [string, MemberList | null] => [state, catalog.find({ state })]),
    ...[...catalog.types].map(([type, { inOrder }]): [string, MemberList] => [`type ${type}`, inOrder]),
  ]
  const counts: [string, Readonly<Record<string, number>>][] = [['all', catalog.counts]]
  for (const [type, shelf] of catalog.types) counts.push([`type ${type}`, shelf.counts])
  for (const { name, inOrder, types, counts: ofGroup } of catalog.groupsAfter(null, Infinity)) {
    lists.push([`group ${name}`, inOrder])
    counts.push([`group ${name}`, ofGroup])
    for (const [type, shelf] of types) counts.push([`group ${name} type ${type}`, shelf.counts])
  }
  const found: Record<string, PlainCatalog[string]> = {}
  for (const [key, list] of lists) {
    const ids = list?.after(null, Infinity).map(({ id }) => id) ?? []
    if (ids.length > 0 || key.includes(' ')) found[key] = { ids }
  }
  for (const [key, numbers] of counts)
    for (const [state, count] of Object.entries(numbers))
      if (count !== 0) found[`${key}: ${state}`] = { count }
  return found
}

/** The groups in which others find the member. */
export function groupsOf({ memberships, status }: Member): string[] {
  if (memberships === null) return []
  return status?.visibility === 'hidden' ? memberships.of(0).map(({ group }) => group) : memberships.all()
}

// as others see it: what a hidden member says of itself is told when it is shown again
function typeOf({ status, type }: Member): string | null {
  return status?.visibility === 'hidden' ? status.shownAs!.type : type
}

function keyOf({ state, status, settledState }: Member): keyof SeenCounts {
  if (status?.visibility === 'hidden') return 'offline'
  if (state !== 'suspect') return state
  return settledState === 'away' ? 'suspectAway' : 'suspectOnline'
}

function nobody(): Record<keyof SeenCounts, number> {
  return { online: 0, away: 0, suspectOnline: 0, suspectAway: 0, offline: 0 }
}
