// How a watcher comes into a list: with a snapshot, or with the diffs it missed since its cursor, and then onto a
// shard. Nothing is missed in between: what was told meanwhile is in the list's history, what was not will be told.

import { isReady } from './courier.ts'
import { cursorAt } from './cursor.ts'
import type { Feed } from './feed.ts'
import { diffFrame, snapshotFrame } from './frames.ts'
import type { House } from './house.ts'
import { costOf } from './rounds.ts'
import type { Berth, Recipient } from './watcher.ts'

/** Where a watcher wants to go on: a version, or `null` for a snapshot. */
export interface Boarding {
  readonly to: Recipient
  readonly berth: Berth<Feed>
  readonly since: number | null
  /** Its cursor could not be continued. */
  readonly reset: boolean
}

/** Changes that a newcomer is told at once, although they are told to all in a moment. */
const FEW = 100

/**
 * Resolves when the watcher is on a shard, or gone. A list that is kept may be a moment old, and an old diff may have
 * named somebody who left while the snapshot was read: what waits to be told mends both. Where very many come at once
 * it is left to the next diff.
 */
export async function board(house: House, boarding: Boarding): Promise<void> {
  const { history } = boarding.berth.feed
  history.pin()
  try {
    await goAboard(house, boarding)
  } finally {
    history.unpin()
  }
}

async function goAboard(house: House, boarding: Boarding): Promise<void> {
  const { to, berth } = boarding
  const { feed } = berth
  let version = await begin(house, boarding)
  let late = false
  while (version !== null) {
    await feed.settled()
    if (berth.over || to.link === null) return
    const missed = feed.history.after(version)
    if (missed === null) version = await snapshot(house, boarding, boarding.since !== null)
    else if (missed.length === 0) {
      const stale = version < house.version() && feed.waiting <= FEW
      if (late || stale) for (const frame of feed.untold()) to.send(frame)
      berth.shard = feed.shards.join(to.link)
      return
    } else {
      late = true
      version = feed.toldVersion
      if (!(await bringAll(house, boarding, missed))) return
    }
  }
}

async function begin(house: House, boarding: Boarding): Promise<number | null> {
  const { berth, since, reset } = boarding
  if (berth.over) return null
  if (since === null) return snapshot(house, boarding, reset)
  if (berth.feed.history.after(since) === null) return snapshot(house, boarding, true)
  const frame = diffFrame(berth.feed.scope, '', cursorAt(house.run, since), true)
  return (await bringAll(house, boarding, [frame])) ? since : null
}

async function snapshot(house: House, boarding: Boarding, reset: boolean): Promise<number | null> {
  const { feed } = boarding.berth
  const { version, parts } = await feed.listing.get(feed.toldVersion)
  const cursor = cursorAt(house.run, version)
  if (reset) house.count('watch_resets')
  for (const [part, entries] of parts.entries()) {
    const last = part === parts.length - 1
    const frame = snapshotFrame(feed.scope, part, entries, last ? cursor : null, reset)
    if (!(await bringAll(house, boarding, [frame]))) return null
  }
  return version
}

async function bringAll(house: House, { to, berth }: Boarding, frames: readonly string[]): Promise<boolean> {
  for (const frame of frames) {
    if (!(await isReady(house, to, costOf(1, frame.length), () => berth.over))) return false
    to.send(frame)
  }
  return true
}
