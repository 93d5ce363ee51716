// Reads JSON objects, for every dialect, and the fields of the published ones. Never throws; looks only at keys it is
// asked for, so that keys such as `__proto__` mean nothing.

import { type Parsed, parseId, parseText } from './ids.ts'

/** A decoded JSON object. */
export type JsonObject = { readonly [key: string]: unknown }

/** The object in `text`; `null` when it is anything else. */
export function parseObject(text: string): JsonObject | null {
  // every JSON object in sight starts with a brace or white space: this spares most rubbish the parser
  const first = text.charCodeAt(0)
  if (first !== 0x7b && first > 0x20) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}

/** The id under `key`: a string, or an integer as the digits that stand in `text`, so that 64-bit ids survive. */
export function idOf(object: JsonObject, key: string, text: string): Parsed<string> {
  if (!Object.hasOwn(object, key)) return { ok: false, code: 'missing' }
  const value = object[key]
  if (typeof value === 'string') return parseId(value)
  if (typeof value !== 'number') return { ok: false, code: 'wrong_type' }
  const digits = digitsOf(value, key, text)
  return digits === null ? { ok: false, code: 'wrong_type' } : parseId(digits)
}

/** The text under `key`, of at most `bytes` bytes; a number as its digits. Missing or `null`: undefined. */
export function textOf(object: JsonObject, key: string, bytes: number): Parsed<string | undefined> {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  if (value === undefined || value === null) return { ok: true, value: undefined }
  if (typeof value === 'number') return { ok: true, value: String(value) }
  return typeof value === 'string' ? parseText(value, bytes) : { ok: false, code: 'wrong_type' }
}

// Inside a JSON string a quote never stands without a backslash, so `"key"` without one before it is a whole key (or a
// value without a colon).
// A reviver with source text would be exact too, but it overflows the stack on deep nesting and takes a second for
// 4 MiB on V8. Objects further in may hold the same key: where they leave a doubt there is no id.
function digitsOf(value: number, key: string, text: string): string | null {
  let found: string | null = null
  for (const [, digits = ''] of text.matchAll(
    new RegExp(`(?<!\\\\)"${key}"\\s*:\\s*(-?\\d+)(?=[\\s,}])`, 'g'),
  )) {
    if (Number(digits) !== value || digits === found) continue
    if (found !== null) return null
    found = digits
  }
  return found
}
