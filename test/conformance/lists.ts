// Reads what a watch tells: the parts of a snapshot, and a list kept by the rules, as a client of the protocol would.

import type { Entry, ServerMessage } from '../../src/protocol/messages.ts'
import { must, mustBe, show, Unlike } from './case.ts'
import type { Of, Visitor } from './visitor.ts'

/** Which watch. */
export interface Which {
  readonly of: 'all' | 'group' | 'members'
  readonly group?: string
}

/** A snapshot put together. */
export interface Whole {
  readonly entries: readonly Entry[]
  readonly parts: number
  readonly cursor: string
  readonly reset: boolean
}

const MOST = 500

/** All parts of the next snapshot of a watch, each checked for its place; no diff of it may come before the last. */
export async function partsOf(visitor: Visitor, which: Which): Promise<Whole> {
  const before = visitor.all('snapshot', snapshot => isOf(snapshot, which)).length
  const entries: Entry[] = []
  let reset = false
  for (let part = 0; ; part++) {
    const snapshot = await visitor.take('snapshot', snapshot => isOf(snapshot, which))
    mustBe(snapshot.part, part, 'number of the part')
    must(snapshot.entries.length <= MOST, `${snapshot.entries.length} entries in one part`)
    if (part === 0) reset = snapshot.reset === true
    else must(snapshot.reset === undefined, 'reset on a part that is not the first')
    entries.push(...snapshot.entries)
    if (snapshot.more === true) {
      must(snapshot.cursor === undefined, 'a part with more and a cursor')
      continue
    }
    must(typeof snapshot.cursor === 'string', 'the last part has no cursor')
    mustBe(earlyDiffs(visitor, which, before === 0, snapshot), [], 'diffs before the last part')
    return { entries, parts: part + 1, cursor: snapshot.cursor, reset }
  }
}

// Before part 0, diffs of the watch that this one replaces, or adds to, may still have been on their way.
function earlyDiffs(
  { heard }: Visitor,
  which: Which,
  isFirst: boolean,
  last: Of<'snapshot'>,
): readonly Of<'diff'>[] {
  const end = heard.findIndex(({ message }) => message === last)
  const isBegin = ({ message }: { message: ServerMessage }) =>
    message.t === 'snapshot' && message.part === 0 && isOf(message, which)
  const from = isFirst ? 0 : heard.slice(0, end + 1).findLastIndex(isBegin)
  return heard
    .slice(from, end)
    .flatMap(({ message }) => (message.t === 'diff' && isOf(message, which) ? [message] : []))
}

/** The entry of a member that must be there once. */
export function entryIn(entries: readonly Entry[], member: string): Entry {
  const found = entries.filter(entry => entry.member === member)
  if (found.length !== 1) throw new Unlike(`${found.length} entries of ${member} in ${show(entries)}`)
  return found[0]!
}

/** The list that snapshot and diffs make, by the rules for clients, once it is right; what it is at the deadline. */
export async function quietList(
  visitor: Visitor,
  which: Which,
  { entries }: Whole,
  isRight: (list: ReadonlyMap<string, Entry>) => boolean,
  within = 2_000,
): Promise<ReadonlyMap<string, Entry>> {
  const until = performance.now() + within
  for (;;) {
    const list = new Map(entries.map(entry => [entry.member, entry]))
    for (const diff of visitor.all('diff', diff => isOf(diff, which)))
      for (const entry of diff.entries) {
        if ((entry.version ?? 0) < (list.get(entry.member)?.version ?? 0)) continue
        if (entry.gone === true) list.delete(entry.member)
        else list.set(entry.member, entry)
      }
    if (isRight(list) || performance.now() > until) return list
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** Waits for the diff of a watch that tells of a member in this way. */
export async function toldOf(
  visitor: Visitor,
  which: Which,
  member: string,
  fits: (entry: Entry) => boolean = () => true,
  within?: number,
): Promise<{ readonly entry: Entry; readonly diff: Of<'diff'> }> {
  const isIt = (entry: Entry) => entry.member === member && fits(entry)
  const diff = await visitor.take('diff', diff => isOf(diff, which) && diff.entries.some(isIt), within)
  return { diff, entry: diff.entries.find(isIt)! }
}

export function isOf({ of, group }: Which, which: Which): boolean {
  return of === which.of && group === which.group
}
