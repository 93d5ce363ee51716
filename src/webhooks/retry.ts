// When a message that was not taken is sent again, and when no more. The chance is handed in; nothing here waits.

const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** An endpoint that took nothing for so long is dead. */
export const DEAD_AFTER = 5 * DAY

/**
 * Milliseconds to wait after `failures` tries in a row that failed (>= 1): 1 s doubling to 1 h, of which the second half
 * is chance, in [0, 1). What the endpoint itself asked for goes before where it is longer, up to a day.
 */
export function retryIn(failures: number, chance: number, asked: number | null): number {
  const most = Math.min(HOUR, SECOND * 2 ** (failures - 1))
  return Math.max(Math.round(most * (0.5 + chance / 2)), Math.min(asked ?? 0, DAY))
}

/** `Retry-After` (RFC 9110 §10.2.3), seconds or a date, in ms from `now` on; `null`: it says nothing. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * SECOND
  const at = / GMT$/.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}
