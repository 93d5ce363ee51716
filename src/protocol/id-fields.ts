// Reads ids in a client's message. A JSON integer is its digits as they stand in the frame, so that 64-bit ids survive;
// a fraction or an exponent makes it no id.

import { wrong } from './fields.ts'
import { excerpt, Flaw } from './flaw.ts'
import { parseId } from './ids.ts'
import { LIMITS } from './limits.ts'
import { itemSources, sourceOf } from './source.ts'

const DIGITS = /^-?\d+$/
/** Somewhere there may be a number that is not written as String would write it. */
const ODD_NUMBER = /\d[.eE]|-0/
// A well-formed frame without escapes and control characters holds no id with any of them. One look at the frame then
// saves one at each of ten thousand ids.
const UNCLEAN = /[\\\p{Cc}]/u
/** UTF-16 units that are at most 256 bytes whatever they are. */
const SHORT = 85
const REMEDY = 'an id is a string of 1-256 bytes without control characters, or an integer'

/** One id. `source`: where it stands in the frame; called for numbers only. */
export function idIn(value: unknown, field: string, source: () => string | null): string | Flaw {
  const id = typeof value === 'number' ? digitsIn(source()) : value
  return typeof id === 'string' ? checked(id, field) : badId(value, field)
}

/** The list of ids under `field` of the frame `text`, each id once. */
export function idsIn(value: unknown, field: string, text: string): readonly string[] | Flaw {
  if (!Array.isArray(value)) return wrong(field, value, 'send a list of ids')
  const { ids: most } = LIMITS
  if (value.length > most)
    return new Flaw('too_many', field, `${field} has ${value.length} ids, over ${most}: send fewer`)
  const sources = isPlain(value, text) ? null : itemSources(sourceOf(text, field) ?? '[]', most)
  const clean = !UNCLEAN.test(text) && text.isWellFormed()
  const ids: string[] = []
  const once = new Set<string>()
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i]
    const id = typeof item === 'number' ? (sources === null ? String(item) : digitsIn(sources[i]!)) : item
    if (typeof id !== 'string') return badId(item, field)
    const sound = clean && id !== '' && id.length <= SHORT
    const read = sound ? id : checked(id, field)
    if (read instanceof Flaw) return read
    const before = once.size
    once.add(read)
    if (once.size > before) ids.push(read)
  }
  return ids
}

// Every number is the text that String makes of it, also where the frame is looked at as a whole.
function isPlain(items: readonly unknown[], text: string): boolean {
  let numbers = false
  for (const item of items) {
    if (typeof item !== 'number') continue
    if (!Number.isSafeInteger(item)) return false
    numbers = true
  }
  return !numbers || !ODD_NUMBER.test(text)
}

function digitsIn(source: string | null | undefined): string | null {
  return source != null && DIGITS.test(source) ? source : null
}

function checked(id: string, field: string): string | Flaw {
  const parsed = parseId(id)
  return parsed.ok ? parsed.value : badId(id, field)
}

function badId(value: unknown, field: string): Flaw {
  return new Flaw('bad_id', field, `${field}: ${excerpt(value)} is no id; ${REMEDY}`)
}
