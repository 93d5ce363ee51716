// Reads the body of a look-up: `{"ids": [...], "details"?: boolean}`. A list of plain strings, which is what nearly everybody
// sends, is cut apart where it stands: a parser of JSON looks up every short string in a table of all there are, and
// with a million ids in memory that costs as much as finding the members.

import { Flaw } from '../protocol/flaw.ts'
import { idsIn } from '../protocol/id-fields.ts'
import { parseJson } from './body.ts'
import { Refusal } from './problem.ts'

/** What is asked. */
export interface Lookup {
  /** Each once. */
  readonly ids: readonly string[]
  readonly details: boolean
}

const HEAD = /^\s*\{\s*"ids"\s*:\s*\[\s*"/
const TAIL = /"\s*\]\s*(?:,\s*"details"\s*:\s*(true|false)\s*)?\}\s*$/
/** The end of a list of strings is at most that long, unless somebody likes blanks. */
const TAIL_LENGTH = 60
/** What one string is parted from the next by. */
const BETWEEN = /"\s*,\s*"/
/** Short lists are parsed in no time. */
const LONG = 1_000

/** Throws a `Refusal` that names the field. */
export function readLookup(text: string): Lookup {
  const { ids, details } = cut(text) ?? parsed(text)
  const read = idsIn(ids, 'ids', text)
  if (read instanceof Flaw) throw new Refusal(read.code === 'bad_id' ? 'bad_id' : 'bad_body', read.message)
  return { ids: read, details }
}

/** `null`: it is no plain list of strings, or no list at all. */
function cut(text: string): { ids: readonly string[]; details: boolean } | null {
  if (text.length < LONG || text.includes('\\')) return null
  const head = HEAD.exec(text)
  const tail = TAIL.exec(text.slice(-TAIL_LENGTH))
  if (head === null || tail === null) return null
  const list = text.slice(head[0].length, text.length - Math.min(TAIL_LENGTH, text.length) + tail.index)
  const between = BETWEEN.exec(list)
  const ids = between === null ? [list] : list.split(between[0])
  // one quote more, and the list was no list, or was parted in another way
  return ids.some(id => id.includes('"')) ? null : { ids, details: tail[1] === 'true' }
}

function parsed(text: string): { ids: unknown; details: boolean } {
  const body = parseJson(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Refusal('bad_body', 'the body must be an object with ids')
  const { ids, details = false, ...others } = body as Record<string, unknown>
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw new Refusal(
      'bad_body',
      `unknown key ${JSON.stringify(other.slice(0, 100))}: known are ids, details`,
    )
  if (typeof details !== 'boolean') throw new Refusal('bad_body', 'details must be true or false')
  return { ids, details }
}
