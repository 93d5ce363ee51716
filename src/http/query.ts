// Reads query strings strictly: an unknown or a doubled parameter is refused by name, so that a typing mistake never
// passes for 'all of them'. Cursors are opaque to callers: base64url of the last id.

import { z } from 'zod'
import { MEMBER_STATES } from '../protocol/words.ts'
import { Refusal } from './reply.ts'

const MOST = 200
const cursor = z
  .string()
  .transform((text, context) => {
    const id = text.length <= 2_048 ? decodeCursor(text) : null
    if (id !== null) return id
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'is none of ours: take it from the answer before',
    })
    return z.NEVER
  })
  .nullable()
  .default(null)
const limitError = { error: `must be a whole number from 1 to ${MOST}` }
const limit = z
  .string()
  .refine(text => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST, limitError)
  .transform(Number)
  .default(50)
const page = { cursor, limit }

/** Query of the member list. */
export const membersQuery = z.strictObject({
  ...page,
  state: z.enum(MEMBER_STATES, { error: `must be one of ${MEMBER_STATES.join(', ')}` }).optional(),
})

/** Query of the session list. */
export const sessionsQuery = z.strictObject({
  ...page,
  anonymous: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('false')
    .transform(word => word === 'true'),
})

/** Parameters of `url` by `schema`. Throws a `Refusal` that names the parameter. */
export function readQuery<T extends z.ZodObject>(schema: T, url: string): z.output<T> {
  const raw: Record<string, string> = {}
  for (const [name, value] of new URL(url).searchParams) {
    if (!Object.hasOwn(schema.shape, name))
      throw bad(`unknown parameter ${quote(name)}: known are ${Object.keys(schema.shape).join(', ')}`)
    if (Object.hasOwn(raw, name)) throw bad(`parameter ${name} is given twice: leave one out`)
    raw[name] = value
  }
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const name = String(issue.path[0])
  const code = name === 'cursor' ? 'bad_cursor' : 'bad_query'
  throw new Refusal(400, code, `${name} ${quote(raw[name] ?? '')} ${issue.message}`)
}

/** The cursor after `id`. */
export function encodeCursor(id: string | null): string | null {
  return id === null ? null : Buffer.from(id, 'utf8').toString('base64url')
}

function decodeCursor(text: string): string | null {
  const id = Buffer.from(text, 'base64url').toString('utf8')
  return id !== '' && encodeCursor(id) === text ? id : null
}

function bad(message: string): Refusal {
  return new Refusal(400, 'bad_query', message)
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}
