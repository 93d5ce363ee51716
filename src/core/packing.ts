// Reasons as small numbers, for objects of which there are a million. The numbers live in memory only and mean nothing
// outside this process.

import type { Reason } from '../protocol/words.ts'

const REASONS: readonly (Reason | null)[] = [
  null,
  'left',
  'closed',
  'lost',
  'replaced',
  'kicked',
  'expired',
  'node_lost',
]

/** A number below 16. */
export function packReason(reason: Reason | null): number {
  return REASONS.indexOf(reason)
}

/** The reason of a number that `packReason` gave. */
export function unpackReason(packed: number): Reason | null {
  return REASONS[packed] ?? null
}
