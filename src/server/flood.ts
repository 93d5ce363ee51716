// Limits how much a connection may send: a virtual schedule (GCRA, ITU-T I.371) in two numbers, no timer and no
// bucket to refill. A large frame counts for several, since it takes longer to read. What is over is dropped by the
// caller; who stays over for 3 s is to be cut. No frame is impossible: one dearer than the burst passes alone.

/** Frames per second that may last, and how many may come at once; both in cost, see `frameCost`. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** What is kept per connection; all -1 at first. Plain fields of their owner, since there is one per connection. */
export interface FloodState {
  /** When the schedule is used up to; runs ahead of time by what came too early. */
  floodAhead: number
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

/** For how many frames one of `length` (UTF-16 units or bytes) counts. */
export function frameCost(length: number): number {
  return Math.min(DEAREST, 1 + Math.floor(length / STEP))
}

/** Whether a frame of `cost` may pass at `at`. */
export function admitFrame(state: FloodState, at: number, rate: Rate, cost: number): 'pass' | 'drop' | 'cut' {
  const spacing = 1_000 / rate.perSecond
  const most = rate.burst * spacing
  const ahead = Math.max(state.floodAhead, at) + cost * spacing
  if (ahead - at <= most || state.floodAhead <= at) {
    state.floodAhead = ahead
    return 'pass'
  }
  if (state.floodLast === -1 || at - state.floodLast > LULL) state.floodSince = at
  state.floodLast = at
  return at - state.floodSince >= PATIENCE ? 'cut' : 'drop'
}
