// When one watcher may be brought what it has to be told alone: parts of a snapshot, diffs it missed, long answers.
// It gives way to others between frames, and waits for a slow reader instead of filling its queue.

import type { House } from './house.ts'
import type { Recipient } from './watcher.ts'

/**
 * Resolves when there is room for something of this cost: true when it is to be sent now, in the same turn; false
 * where nobody is there any more, or wants it.
 */
export async function isReady(
  house: House,
  to: Recipient,
  cost: number,
  isOver: () => boolean,
): Promise<boolean> {
  await house.rounds.room(cost)
  while (to.link !== null && to.link.queued > house.highWater && !isOver()) await house.nextTick()
  return to.link !== null && !isOver()
}
