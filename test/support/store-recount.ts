// Counts members anew, in the most naive way, to be compared with what a ledger keeps up with every change.

import type { Member } from '../../src/core/member.ts'
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
