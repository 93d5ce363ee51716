// Reads query strings and paths strictly: an unknown or a doubled parameter is refused by name, so that a typing mistake
// never passes for 'all of them'.

import { z } from 'zod'
import { isProblem, Refusal } from './problem.ts'

/** A route without parameters. */
export const NO_QUERY = z.strictObject({})

/** Parameters of `url` by `schema`. Throws a `Refusal` that names the parameter. */
export function readQuery<T extends z.ZodObject>(schema: T, url: string): z.output<T> {
  const start = url.indexOf('?')
  // hot: most requests to a route without parameters have none
  if (start === -1 && (schema as z.ZodObject) === NO_QUERY) return {} as z.output<T>
  const raw: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(start === -1 ? '' : url.slice(start + 1))) {
    if (!Object.hasOwn(schema.shape, name)) throw bad(`unknown parameter ${quote(name)}: ${known(schema)}`)
    if (Object.hasOwn(raw, name)) throw bad(`parameter ${name} is given twice: leave one out`)
    // what is no UTF-8 was read as this, and would be another id
    if (value.includes('\ufffd') && !isDecodable(url.slice(start + 1)))
      throw bad(`parameter ${name} must be UTF-8, percent-encoded`)
    raw[name] = value
  }
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const name = String(issue.path[0])
  const given = Object.hasOwn(raw, name) ? `${name} ${quote(raw[name]!)}` : name
  throw new Refusal(codeOf(issue, 'bad_query'), `${given} ${issue.message}`)
}

/** Parameters of a path such as `/v1/members/{id}`. Throws a `Refusal` that names the parameter. */
export function pathReader<T extends z.ZodObject>(pattern: string, schema: T): (url: string) => z.output<T> {
  const names = pattern.split('/').map(part => /^\{(\w+)\}$/.exec(part)?.[1])
  return url => {
    const parts = pathOf(url).split('/')
    const raw: Record<string, string> = {}
    names.forEach((name, place) => {
      if (name !== undefined) raw[name] = decoded(parts[place]!, name)
    })
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]!
    throw new Refusal(codeOf(issue, 'bad_id'), `the ${String(issue.path[0])} in the path ${issue.message}`)
  }
}

/** Path of a URL as it was sent. */
export function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const end = url.indexOf('?', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

function decoded(text: string, name: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Refusal('bad_id', `the ${name} in the path must be UTF-8, percent-encoded`)
  }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function codeOf(issue: z.core.$ZodIssue, otherwise: 'bad_query' | 'bad_id') {
  const code = issue.code === 'custom' ? issue.params?.code : undefined
  return isProblem(code) ? code : otherwise
}

function known({ shape }: z.ZodObject): string {
  const names = Object.keys(shape)
  return names.length === 0 ? 'there are none here' : `known are ${names.join(', ')}`
}

function bad(message: string): Refusal {
  return new Refusal('bad_query', message)
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}
