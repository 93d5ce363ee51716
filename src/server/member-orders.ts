// Orders of a member list besides that of the ids. Only few enough are put in order: a list that changes all the time
// cannot be kept in every order. A page goes on from the last one's place in the order, so that changes in between
// neither repeat nor lose whoever did not move.

import { SystoleError } from '../errors.ts'
import type { MemberAnswer, MemberOrder } from './api.ts'

type Order = Exclude<MemberOrder, 'id'>
type Key = number | string | null
/** Where a member stands: by its key, then by its id. */
type Place = readonly [key: Key, id: string]

/** Fewer must be hit. */
export const TOO_MANY_HITS = 10_000

const KEYS: Record<Order, { readonly of: (member: MemberAnswer) => Key; readonly latestFirst: boolean }> = {
  since: { of: ({ since }) => since, latestFirst: false },
  '-since': { of: ({ since }) => since, latestFirst: true },
  name: { of: ({ name }) => name, latestFirst: false },
  '-lastEvidenceAt': { of: ({ lastEvidenceAt }) => lastEvidenceAt, latestFirst: true },
}

/** The page after `after` of all that were hit. Throws `bad_cursor`. */
export function ordered(
  hits: readonly MemberAnswer[],
  order: Order,
  after: string | null,
  limit: number,
): { members: MemberAnswer[]; next: string | null } {
  const { of, latestFirst } = KEYS[order]
  const from = after === null ? null : placeOf(after, order)
  const placed = hits.map(member => ({ member, place: [of(member), member.id] as Place }))
  const left = from === null ? placed : placed.filter(({ place }) => compare(place, from, latestFirst) > 0)
  left.sort((a, b) => compare(a.place, b.place, latestFirst))
  const page = left.slice(0, limit)
  const next = left.length > limit ? JSON.stringify([order, ...page.at(-1)!.place]) : null
  return { members: page.map(({ member }) => member), next }
}

/** What is thrown where an order is asked for and too many are hit. */
export function tooManyHits(order: Order): SystoleError {
  return new SystoleError(
    'too_many_hits',
    `order ${order} is for fewer than ${TOO_MANY_HITS} members: narrow the list down, or take it in the order of the ids`,
  )
}

// Whoever has none comes last; equal ones by id.
function compare([a, idA]: Place, [b, idB]: Place, latestFirst: boolean): number {
  if (a === b) return idA < idB ? -1 : idA === idB ? 0 : 1
  if (a === null || b === null) return a === null ? 1 : -1
  return a < b === latestFirst ? 1 : -1
}

function placeOf(after: string, order: Order): Place {
  const read = readJson(after)
  if (Array.isArray(read) && read.length === 3 && read[0] === order) {
    const [, key, id] = read as readonly unknown[]
    const fits = key === null || (order === 'name' ? typeof key === 'string' : typeof key === 'number')
    if (typeof id === 'string' && fits) return [key as Key, id]
  }
  throw new SystoleError('bad_cursor', 'the cursor is of another list: take it from the page before')
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
