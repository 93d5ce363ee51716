// Fields that many routes have: ids, numbers, durations, texts. Each refuses in words that follow the field's name.

import { z } from 'zod'
import { parseId, parseText } from '../protocol/ids.ts'

const ID_ERROR = 'must be an id: 1 to 256 bytes of UTF-8 without control characters'

/** An id of a member or a group. */
export const id = z
  .string({ error: ID_ERROR })
  .refine(text => parseId(text).ok, { error: ID_ERROR, params: { code: 'bad_id' } })
  .meta({ minLength: 1, maxLength: 256, examples: ['7'] })

/** A whole number in a query string. */
export function wholeNumber(least: number, most: number, otherwise: number, description: string) {
  const error = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .refine(text => /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most, { error })
    .transform(Number)
    .default(otherwise)
    .meta({ type: 'integer', minimum: least, maximum: most, otherwise, description })
}

/** Milliseconds in a body. */
export function milliseconds(least: number, most: number) {
  const error = `must be whole milliseconds from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

/** Text in a body, of at most so many bytes of UTF-8. */
export function textOf(bytes: number) {
  const error = `must be text of at most ${bytes} bytes without control characters`
  return z
    .string({ error })
    .refine(value => parseText(value, bytes).ok, { error })
    .meta({ maxLength: bytes })
}
