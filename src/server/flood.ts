// Limits how much a connection may send: two virtual schedules (GCRA, ITU-T I.371), one of frames and one of bytes, in
// a number each, no timer and no bucket to refill. A large frame counts for several, since it takes longer to read.
// What is over either is dropped by the caller; who stays over for 3 s is to be cut. No frame is impossible: one dearer
// than the burst passes alone.

import type { Settings } from './settings.ts'

/** What may last, and how much may come at once. */
export interface Rate {
  /** Frames, in cost: see `frameCost`. */
  readonly perSecond: number
  readonly burst: number
  readonly bytesPerSecond: number
  readonly bytesAtOnce: number
}

/** What is kept per connection; all -1 at first. Plain fields of their owner, since there is one per connection. */
export interface FloodState {
  /** When the schedule of frames is used up to; runs ahead of time by what came too early. */
  floodAhead: number
  /** The same of bytes. */
  bytesAhead: number
  /** Since when it is over the rate. */
  floodSince: number
  /** When a frame was over the rate last. */
  floodLast: number
}

const PATIENCE = 3_000
/** Nothing dropped for so long: what comes next is a new excess. */
const LULL = 1_000

/** What makes a frame count for one more. */
const STEP = 8_192
const DEAREST = 50

/** For how many frames one of `length` bytes counts. */
export function frameCost(length: number): number {
  return Math.min(DEAREST, 1 + Math.floor(length / STEP))
}

/** How many times as many bytes may come at once as in a second. */
const BURST = 8

/** What a server's settings allow a connection: at once always one largest message, or it would fit only a quiet one. */
export function rateOf({ rate, limits, maxMessage }: Pick<Settings, 'rate' | 'limits' | 'maxMessage'>): Rate {
  return {
    ...rate,
    bytesPerSecond: limits.bytes,
    bytesAtOnce: Math.max(BURST * limits.bytes, maxMessage),
  }
}

/** Whether a frame of `length` may pass at `at`. */
export function admitFrame(
  state: FloodState,
  at: number,
  rate: Rate,
  length: number,
): 'pass' | 'drop' | 'cut' {
  const frames = Math.max(state.floodAhead, at) + (frameCost(length) * 1_000) / rate.perSecond
  const bytes = Math.max(state.bytesAhead, at) + (length * 1_000) / rate.bytesPerSecond
  // nearly all are quiet: their first condition is all that is looked at
  const fits = state.floodAhead <= at || frames - at <= (rate.burst * 1_000) / rate.perSecond
  if (fits && (state.bytesAhead <= at || bytes - at <= (rate.bytesAtOnce * 1_000) / rate.bytesPerSecond)) {
    state.floodAhead = frames
    state.bytesAhead = bytes
    return 'pass'
  }
  if (state.floodLast === -1 || at - state.floodLast > LULL) state.floodSince = at
  state.floodLast = at
  return at - state.floodSince >= PATIENCE ? 'cut' : 'drop'
}

/** Whether a frame of `length` would be too many bytes. */
export function isOverBytes(state: FloodState, at: number, rate: Rate, length: number): boolean {
  const bytes = Math.max(state.bytesAhead, at) + (length * 1_000) / rate.bytesPerSecond
  return state.bytesAhead > at && bytes - at > (rate.bytesAtOnce * 1_000) / rate.bytesPerSecond
}
