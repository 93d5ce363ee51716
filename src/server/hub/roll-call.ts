// Answers for members that are named: every id gets an answer. Long lists are looked up in slices over several turns.

import type { Entry, MessageId } from '../../protocol/messages.ts'
import type { MemberRecord } from '../../stores/store.ts'
import { unknownEntry } from './beyond.ts'
import { isReady } from './courier.ts'
import { cursorAt } from './cursor.ts'
import { recordEntry } from './entry.ts'
import { diffFrame, FRAME_ENTRIES, snapshotFrame } from './frames.ts'
import type { House } from './house.ts'
import { type Roster, type RosterIndex, runOf } from './roster.ts'
import type { Sight } from './sight.ts'
import type { Recipient } from './watcher.ts'

/** Ids of one answer frame. */
const ANSWER = 1_000
/** A look-up and its text cost about a quarter of a delivery. */
const LOOKUP = 0.25
const TOLD = { of: 'members' } as const
const ALWAYS = () => false

/** Where the watcher of a roster stands. */
export interface Standing {
  /** Version of its cursor; `null`: it wants all. */
  readonly since: number | null
  /** Its cursor could not be continued. */
  readonly reset: boolean
}

/** Answers an `ask`. */
export async function answer(
  house: House,
  to: Recipient,
  ids: readonly string[],
  id: MessageId | undefined,
): Promise<void> {
  const head = id === undefined ? '{"t":"answer",' : `{"t":"answer","id":${JSON.stringify(id)},`
  for (let from = 0; from < Math.max(1, ids.length); from += ANSWER) {
    const slice = ids.slice(from, from + ANSWER)
    if (!(await isReady(house, to, slice.length * LOOKUP, ALWAYS))) return
    const entries = await lookUp(house, slice, false, to.asks)
    const more = from + ANSWER < ids.length ? ',"more":true' : ''
    to.send(`${head}"entries":${JSON.stringify(entries)}${more}}`)
  }
}

/** Tells a watcher of the members it named: all of them, or what changed since its cursor. */
export async function callRoll(
  house: House,
  to: Recipient,
  roster: Roster,
  index: RosterIndex,
  ids: readonly string[],
  { since, reset }: Standing,
): Promise<void> {
  const cursor = cursorAt(runOf(house, to.sight), roster.knownVersion())
  for (let from = 0, part = 0; from < Math.max(1, ids.length); from += FRAME_ENTRIES, part++) {
    const slice = ids.slice(from, from + FRAME_ENTRIES)
    if (!(await isReady(house, to, slice.length * LOOKUP, () => roster.over))) return
    // some may have been taken off the roster meanwhile; from here on nothing of the others is missed
    const wanted = slice.filter(id => roster.members.has(id))
    for (const id of wanted) index.add(id, roster)
    const { sight } = to
    const entries = await lookUp(house, wanted, roster.suspect, sight)
    if (sight !== null) roster.saw(entries)
    // who is unknown now may have been known before: which of them were is not to be told, or not remembered
    const mayBeNews = since !== null && (sight !== null || since < house.erasedAt())
    const news =
      since === null
        ? entries
        : entries.filter(({ version = mayBeNews ? since + 1 : since }) => version > since)
    const text = JSON.stringify(news).slice(1, -1)
    const end = from + FRAME_ENTRIES >= ids.length ? cursor : null
    to.send(
      since === null ? snapshotFrame(TOLD, part, text, end, reset) : diffFrame(TOLD, text, end, part === 0),
    )
  }
}

// A store in memory answers at once: then no other frame comes between a look-up and its sending.
async function lookUp(
  { store, views, now }: House,
  ids: readonly string[],
  suspect: boolean,
  sight: Sight | null,
): Promise<Entry[]> {
  const found = store.lookup(ids)
  const records = found instanceof Promise ? await found : found
  const at = now()
  const entryFor = (record: MemberRecord | null, i: number): Entry =>
    record === null || sight?.sees(record) === false
      ? unknownEntry(ids[i]!)
      : recordEntry(views.member(record, at), suspect)
  return records.map(entryFor)
}
