// How durations, sizes and switches are written in options, and how they are shown again. Nothing here knows an
// option by name, and nothing guesses: what is not written as stated is `null`.

const DURATION_UNITS = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const
const SIZE_UNITS = {
  B: 1,
  kB: 1_000,
  KiB: 1_024,
  MB: 1_000_000,
  MiB: 2 ** 20,
  GB: 1e9,
  GiB: 2 ** 30,
} as const

/** `40s`, `500ms`, `2m`, `1h`, `90d`; a bare number is milliseconds. Whole milliseconds or `null`. */
export function parseDuration(input: unknown): number | null {
  return parseQuantity(input, DURATION_UNITS)
}

/** `4MiB`, `64KiB`, `1MB`; a bare number is bytes. Whole bytes or `null`. */
export function parseSize(input: unknown): number | null {
  return parseQuantity(input, SIZE_UNITS)
}

/** The shortest way to write a duration: `90d`, `1500ms`. */
export function formatDuration(ms: number): string {
  return formatQuantity(ms, [
    ['d', DURATION_UNITS.d],
    ['h', DURATION_UNITS.h],
    ['m', DURATION_UNITS.m],
    ['s', DURATION_UNITS.s],
    ['ms', 1],
  ])
}

/** The shortest way to write a size: `4MiB`. */
export function formatSize(bytes: number): string {
  return formatQuantity(bytes, [
    ['GiB', SIZE_UNITS.GiB],
    ['MiB', SIZE_UNITS.MiB],
    ['KiB', SIZE_UNITS.KiB],
    ['B', 1],
  ])
}

/** `true on yes 1` and `false off no 0`, in any case; else `null`. */
export function parseSwitch(input: unknown): boolean | null {
  if (typeof input === 'boolean') return input
  const word = String(input).trim().toLowerCase()
  if (['true', 'on', 'yes', '1'].includes(word)) return true
  return ['false', 'off', 'no', '0'].includes(word) ? false : null
}

function parseQuantity(input: unknown, units: Readonly<Record<string, number>>): number | null {
  if (typeof input === 'number') return whole(input)
  if (typeof input !== 'string') return null
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(input.trim())
  if (match === null) return null
  const unit = match[2] ?? ''
  const factor = unit === '' ? 1 : Object.hasOwn(units, unit) ? units[unit] : undefined
  return factor === undefined ? null : whole(Number(match[1]) * factor)
}

// 1.1 s is 1,100.0000000000002 ms in floating point
function whole(value: number): number | null {
  const rounded = Math.round(value)
  return Number.isSafeInteger(rounded) && Math.abs(value - rounded) < 1e-6 ? rounded : null
}

function formatQuantity(value: number, units: readonly (readonly [string, number])[]): string {
  if (value === 0) return '0'
  const [unit, factor] = units.find(([, factor]) => value % factor === 0) ?? ['', 1]
  return `${value / factor}${unit}`
}
