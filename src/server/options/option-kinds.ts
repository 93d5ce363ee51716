// The kinds of value an option may hold: how each is read from text or from a config file, and what is said when it
// is not one. Every message says what is allowed and gives an example; no kind knows which option it serves.

import { z } from 'zod'
import { formatDuration, formatSize, parseDuration, parseSize, parseSwitch } from './option-units.ts'

/** Stands for 'no limit' in settings: a whole number no count and no age reaches. */
export const UNLIMITED = Number.MAX_SAFE_INTEGER

/** Examples; of any range two of them are shown that lie in it. */
const SIZES = [512, 8_192, 65_536, 2 ** 22]

interface Range {
  readonly least: number
  readonly most: number
  /** What `off` means; undefined: it may not be off. */
  readonly off?: number
}

/** A duration in milliseconds. */
function duration(range: Range) {
  const { least, most } = range
  const says = `must be a duration from ${formatDuration(least)} to ${formatDuration(most)}`
  return quantity<number | string | false>(range, parseDuration, `${says}, such as 500ms, 40s, 2m, 1h or 90d`)
}

/** A size in bytes. */
function size(range: Range) {
  const { least, most } = range
  const examples = SIZES.filter(example => example >= least && example <= most).slice(-2)
  const says = `must be a size from ${formatSize(least)} to ${formatSize(most)}`
  return quantity<number | string>(
    range,
    parseSize,
    `${says}, such as ${examples.map(formatSize).join(' or ')}`,
  )
}

/** A whole number. */
function count(range: Range) {
  const says = `must be a whole number from ${range.least} to ${range.most}`
  return quantity<number | string | false>(range, input => (isInteger(input) ? Number(input) : null), says)
}

/** A share of 1. */
function share(range: Range) {
  const says = `must be a number from ${range.least} to ${range.most}`
  return quantity<number | string | false>(range, input => (isDecimal(input) ? Number(input) : null), says)
}

/** Yes or no. */
function toggle() {
  return kind<boolean | string, boolean>(parseSwitch, 'must be on or off (or true, false)')
}

/** One of some words. */
function oneOf<const T extends string>(words: readonly T[]) {
  return kind<T, T>(input => words.find(word => word === input) ?? null, `must be one of ${words.join(', ')}`)
}

/** Text that `accept` lets through. */
function text(accept: (text: string) => boolean, says: string) {
  return kind<string, string>(input => (typeof input === 'string' && accept(input) ? input : null), says)
}

/** A value, or what is wrong with what was given. */
export type Reading<T> = { readonly value: T } | { readonly problem: string }

/** A list: an array, or one text cut at `separator`. Its messages quote the entry that is wrong, unless it is `secret`. */
function list<In, Out>(separator: RegExp, read: (entry: unknown) => Reading<Out>, secret = false) {
  const quoted = (entry: unknown) => (secret ? '' : `${JSON.stringify(entry)?.slice(0, 100)} `)
  return z.custom<string | readonly In[]>().transform((input: unknown, context): Out[] => {
    const entries: unknown = typeof input === 'string' ? input.split(separator).filter(Boolean) : input
    if (!Array.isArray(entries))
      return refuse(context, input, `${quoted(input)}must be a list: put it into [ ]`)
    const results: Out[] = []
    for (const entry of entries) {
      const result = read(entry)
      if ('value' in result) results.push(result.value)
      else refuse(context, entry, `${quoted(entry)}${result.problem}`)
    }
    return results
  })
}

/** Any kind: `read` gives the value or `null`. */
function kind<In, Out>(read: (input: unknown) => Out | null, says: string) {
  return z.custom<In>().transform((input, context): Out => {
    const value = read(input)
    return value === null ? refuse(context, input, says) : value
  })
}

function quantity<In>(range: Range, read: (input: unknown) => number | null, says: string) {
  const { least, most, off } = range
  const orOff = off === undefined ? '' : ', or off'
  return kind<In, number>(input => {
    if (off !== undefined && (input === false || input === 'off' || input === 'false')) return off
    const value = read(input)
    return value === null || value < least || value > most ? null : value
  }, `${says}${orOff}`)
}

/** All kinds. */
export const kinds = { duration, size, count, share, toggle, oneOf, text, list, of: kind } as const

function refuse(context: z.core.$RefinementCtx, input: unknown, message: string): never {
  context.issues.push({ code: 'custom', message, input })
  return z.NEVER
}

function isInteger(input: unknown): boolean {
  return typeof input === 'number' ? Number.isSafeInteger(input) : /^\d{1,15}$/.test(String(input))
}

function isDecimal(input: unknown): boolean {
  return typeof input === 'number' ? Number.isFinite(input) : /^\d{1,9}(\.\d{1,9})?$/.test(String(input))
}
