// How lists are read page by page: the parameters that every list takes, and cursors, which are opaque to callers: base64url
// of the place where the page before ended.

import { z } from 'zod'
import { wholeNumber } from './fields.ts'

const MOST = 200

/** The parameters that every list takes. */
export const paging = {
  cursor: z
    .string()
    .transform((text, context) => {
      const place = text.length <= 2_048 ? decodeCursor(text) : null
      if (place !== null) return place
      const message = 'is none of ours: take it from the answer before'
      context.issues.push({ code: 'custom', input: text, message, params: { code: 'bad_cursor' } })
      return z.NEVER
    })
    .nullable()
    .default(null)
    .meta({ type: 'string', description: '`cursor` of the page before' }),
  limit: wholeNumber(1, MOST, 50, 'how many at most'),
}

/** The cursor after `place`. */
export function encodeCursor(place: string | null): string | null {
  return place === null ? null : Buffer.from(place, 'utf8').toString('base64url')
}

function decodeCursor(text: string): string | null {
  const place = Buffer.from(text, 'base64url').toString('utf8')
  return place !== '' && encodeCursor(place) === text ? place : null
}
