// How long to wait before the next try: full jitter, so that thousands who lost one server do not come back as one
// wave. The chance is handed in; nothing here waits.

const FLOOR = 250
const FIRST = 1_000
const CEILING = 30_000

/** Milliseconds in [250, min(30 s, 1 s x 2^tries)]. `tries`: those that failed before; `chance`: in [0, 1). */
export function backoff(tries: number, chance: number): number {
  const most = Math.min(CEILING, FIRST * 2 ** tries)
  return Math.max(FLOOR, Math.round(chance * most))
}
