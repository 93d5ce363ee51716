// Reads a JSON body strictly: it must say that it is JSON, be no longer than agreed, and hold what the schema says. A
// page of another site can send a body without asking first only as a form or as text, so those are refused here too.

import type { z } from 'zod'
import { Refusal } from './reply.ts'

const MOST_BYTES = 1_048_576
/** Lists and objects within each other: what is deeper can be read, but not always written again. */
const MOST_DEPTH = 500
const JSON_TYPE = /^application\/json\s*(;|$)/i
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The body by `schema`. Throws a `Refusal` that names the field. */
export async function readBody<T extends z.ZodType>(schema: T, request: Request): Promise<z.output<T>> {
  const type = request.headers.get('content-type')
  if (type === null || !JSON_TYPE.test(type))
    throw new Refusal(415, 'not_json', 'send content-type: application/json')
  const parsed = schema.safeParse(parse(await readText(request)))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const field = issue.path.map(String).join('.')
  const code = issue.code === 'custom' ? (issue.params?.code ?? 'bad_body') : 'bad_body'
  throw new Refusal(400, code, field === '' ? issue.message : `${field} ${issue.message}`)
}

// Length is judged as it comes in: a body need not say how long it is.
async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length')) > MOST_BYTES) throw tooLarge()
  const chunks: Uint8Array[] = []
  let length = 0
  if (request.body === null) return ''
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > MOST_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return decoded(Buffer.concat(chunks))
}

function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Refusal(400, 'bad_body', 'the body must be UTF-8')
  }
}

function parse(text: string): unknown {
  if (isTooDeep(text))
    throw new Refusal(400, 'bad_body', `the body must not be nested over ${MOST_DEPTH} deep`)
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'bad_body', 'the body must be JSON')
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if (depth > MOST_DEPTH) return true
  }
  return false
}

function tooLarge(): Refusal {
  return new Refusal(413, 'too_large', `the body must be at most ${MOST_BYTES} bytes`)
}
