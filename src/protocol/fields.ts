// Reads one field of a client's message: its value, `undefined` where an optional one is absent, or what is wrong with
// it. `null` is a value like any other, so that nobody believes to have cleared what was only left alone.

import { Flaw, shown } from './flaw.ts'
import { isLonger, parseText } from './ids.ts'
import type { JsonObject } from './json.ts'
import { LIMITS } from './limits.ts'

/** The value under `key`; never one that was inherited. */
export function fieldOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Text of at most `most` bytes without control characters. */
export function textIn(object: JsonObject, key: string, most: number): string | undefined | Flaw {
  const value = fieldOf(object, key)
  if (value === undefined) return undefined
  if (typeof value !== 'string') return wrong(key, value, 'send a string, or leave it out')
  const text = parseText(value, most)
  if (text.ok) return text.value
  return text.code === 'too_long'
    ? new Flaw('too_large', key, `${key} is over ${most} bytes: ${shown(key, value)}; shorten it`)
    : wrong(key, value, 'leave out control characters and half surrogate pairs')
}

/** A whole number from `least` to `most`. */
export function integerIn(
  object: JsonObject,
  key: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined | Flaw {
  const value = fieldOf(object, key)
  if (value === undefined) return undefined
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
    ? (value as number)
    : wrong(key, value, `send an integer from ${least} to ${most}`)
}

/** What makes `value` too large: over `most` bytes as JSON, or nested too deep for those who have to pass it on. */
export function sizeFlaw(value: unknown, key: string, most: number): Flaw | null {
  const left = spend(value, most, LIMITS.depth)
  if (left === DEEP)
    return new Flaw('too_large', key, `${key} is nested over ${LIMITS.depth} deep: send it flatter`)
  return left < 0 || isLonger(JSON.stringify(value), most)
    ? new Flaw('too_large', key, `${key} is over ${most} bytes as JSON: send less`)
    : null
}

/** A field of the wrong form; `remedy` says what would be right. */
export function wrong(key: string, value: unknown, remedy: string): Flaw {
  return new Flaw('bad_field', key, `${key} is ${shown(key, value)}: ${remedy}`)
}

const DEEP = Number.NEGATIVE_INFINITY

// What is left of `bytes` when the least that `value` takes as JSON is gone. Never deeper than `depth`, never much
// further than `bytes` reach: a bomb costs no more than a large value.
function spend(value: unknown, bytes: number, depth: number): number {
  if (typeof value === 'string') return bytes - value.length - 2
  if (typeof value !== 'object' || value === null) return bytes - 1
  if (depth === 0) return DEEP
  let left = bytes - 2
  const inside = Array.isArray(value) ? value : Object.keys(value)
  for (const item of inside) {
    left = Array.isArray(value)
      ? spend(item, left, depth - 1)
      : spend((value as JsonObject)[item], left - item.length - 3, depth - 1)
    if (left < 0) return left
  }
  return left
}
