// Reads a JSON body strictly: it must say that it is JSON, be no longer than agreed, and hold what the schema says. A
// page of another site can send a body without asking first only as a form or as text, so those are refused here too.

import { z } from 'zod'
import { nestsOver } from '../protocol/nesting.ts'
import { isProblem, Refusal } from './problem.ts'

/** Lists and objects within each other: what is deeper can be read, but not always written again. */
const MOST_DEPTH = 500
const JSON_TYPE = /^application\/json\s*(;|$)/i
const MERGE_TYPE = /^application\/(merge-patch\+)?json\s*(;|$)/i
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The body by `schema`. Throws a `Refusal` that names the field. `most`: in bytes. */
export async function readBody<T extends z.ZodType>(
  schema: T,
  request: Request,
  most: number,
): Promise<z.output<T>> {
  const parsed = schema.safeParse(parseJson(await readText(request, most)))
  if (parsed.success) return parsed.data
  throw refusalOf(parsed.error.issues[0]!, schema)
}

/** Whether a request brings none at all, which an optional body may be. A page of nowhere could POST none unasked. */
export function hasNoBody({ headers, method }: Request): boolean {
  if (method === 'POST' && headers.get('origin') === 'null') return false
  const length = headers.get('content-length') ?? '0'
  return length === '0' && !headers.has('content-type') && !headers.has('transfer-encoding')
}

/** The text of a body that says it is JSON. Throws a `Refusal`: 415, 413, or 400 where it is no UTF-8. */
export function readText(request: Request, most: number): Promise<string> {
  const type = request.headers.get('content-type')
  const wanted = request.method === 'PATCH' ? MERGE_TYPE : JSON_TYPE
  if (type === null || !wanted.test(type))
    throw new Refusal('not_json', 'send content-type: application/json')
  const length = request.headers.get('content-length')
  if (length === null) return readChunks(request, most)
  if (Number(length) > most) throw tooLarge(most)
  return readWhole(request, most)
}

/** What a text says. Throws a `Refusal` where it is no JSON, or nested too deep to be written again. */
export function parseJson(text: string): unknown {
  if (nestsOver(text, MOST_DEPTH))
    throw new Refusal('bad_body', `the body must not be nested over ${MOST_DEPTH} deep`)
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal('bad_body', 'the body must be JSON')
  }
}

async function readWhole(request: Request, most: number): Promise<string> {
  const bytes = await request.arrayBuffer().catch(brokeOff)
  if (bytes.byteLength > most) throw tooLarge(most)
  return decoded(bytes)
}

// Length is judged as it comes in: a body need not say how long it is.
async function readChunks(request: Request, most: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  if (request.body === null) return ''
  try {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength
      if (length > most) throw tooLarge(most)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof Refusal) throw error
    brokeOff()
  }
  return decoded(Buffer.concat(chunks))
}

function decoded(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Refusal('bad_body', 'the body must be UTF-8')
  }
}

function brokeOff(): never {
  throw new Refusal('bad_body', 'the body broke off')
}

function refusalOf(issue: z.core.$ZodIssue, schema: z.ZodType): Refusal {
  const field = issue.path.map(String).join('.').slice(0, 200)
  const code = issue.code === 'custom' ? issue.params?.code : undefined
  const text = issue.code === 'unrecognized_keys' ? unknownKey(issue.keys, field, schema) : issue.message
  if (field !== '') return new Refusal(isProblem(code) ? code : 'bad_body', `${field} ${text}`)
  const about = issue.code === 'invalid_type' ? `the body must be an ${issue.expected}` : text
  return new Refusal(isProblem(code) ? code : 'bad_body', about)
}

function unknownKey(keys: readonly string[], field: string, schema: z.ZodType): string {
  const text = `unknown key ${JSON.stringify(keys[0]?.slice(0, 100))}`
  const whole = schema instanceof z.ZodOptional ? schema.unwrap() : schema
  if (field !== '' || !(whole instanceof z.ZodObject)) return field === '' ? text : `has an ${text}`
  return `${text}: known are ${Object.keys(whole.shape).join(', ')}`
}

function tooLarge(most: number): Refusal {
  return new Refusal('too_large', `the body must be at most ${most} bytes`)
}
