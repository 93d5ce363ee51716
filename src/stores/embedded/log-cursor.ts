// Decides where a reader of the log may go on. A cursor names a log and the last version that was told; what cannot
// be continued without a gap is answered `reset`. Knows nothing of files.

import { SystoleError } from '../../errors.ts'

/** Versions of an epoch: `epoch x EPOCH + n`. */
export const EPOCH = 2 ** 32

const HOUR = 3_600_000
const FIRST_HOUR = Date.UTC(2026, 0, 1)
/** So many versions a millisecond are left to a run of which nothing was kept; the last of an hour still has 3.4e9. */
const A_MILLISECOND = 250

/** Where a run begins: its versions are above `epoch x EPOCH + n`. */
export interface RunStart {
  readonly epoch: number
  readonly n: number
}

/** Above everything that runs before told, as far as the wall clock, in ms since 1970, can tell. */
export function runStartAt(wall: number): RunStart {
  const ms = Math.max(0, wall - FIRST_HOUR)
  return { epoch: Math.max(1, Math.floor(ms / HOUR)), n: Math.floor(ms % HOUR) * A_MILLISECOND }
}

/** What is known of a log. `end`: last durable version. `ends`: last version of each earlier epoch. */
export interface LogBounds {
  readonly log: string
  readonly epoch: number
  readonly end: number
  readonly trimmed: number
  readonly ends: ReadonlyMap<number, number>
}

/** Where to go on, and whether the reader must start from a snapshot. */
export interface LogPosition {
  readonly after: number
  readonly reset: boolean
}

const LONGEST = 2_048

/** The cursor after `version`. */
export function cursorOf(log: string, version: number): string {
  return Buffer.from(`1 ${log} ${version}`).toString('base64url')
}

/** Throws `bad_cursor` or `cursor_ahead`. */
export function positionOf(cursor: string | null, bounds: LogBounds): LogPosition {
  if (cursor === null) return { after: bounds.trimmed, reset: false }
  const { log, version } = decode(cursor)
  const reset = log !== bounds.log || isGap(version, bounds)
  return reset ? { after: bounds.end, reset } : { after: version, reset }
}

function isGap(version: number, { epoch, end, trimmed, ends }: LogBounds): boolean {
  if (version < trimmed) return true
  // a run may tell more than its epoch has room for
  if (version === trimmed || (version >= epoch * EPOCH && version <= end)) return false
  const of = Math.floor(version / EPOCH)
  if (of === epoch) throw ahead(version, end)
  const last = ends.get(of)
  return last === undefined || version > last
}

function decode(cursor: string): { log: string; version: number } {
  if (cursor.length > LONGEST) throw bad(`it is ${cursor.length} characters long`)
  const match = /^1 ([\w-]{1,64}) (\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  const version = Number(match?.[2])
  if (match === null || !Number.isSafeInteger(version)) throw bad('it cannot be read')
  return { log: match[1]!, version }
}

function bad(why: string): SystoleError {
  return new SystoleError(
    'bad_cursor',
    `This is no cursor of the log: ${why}. Give back one that the log gave.`,
  )
}

function ahead(version: number, end: number): SystoleError {
  const text = `The cursor stands at ${version}, past the end of the log at ${end}. Read from an older cursor.`
  return new SystoleError('cursor_ahead', text)
}
