// The OpenAPI 3.1 document, made from the same schemas that requests are checked by. It describes; it decides nothing.

import { z } from 'zod'
import { PROBLEMS } from './problem.ts'
import type { AnswerMeaning, Route } from './route.ts'

type Json = { [key: string]: unknown }

/** The document as an object. */
export function openApiOf(routes: readonly Route[], version: string): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  const toSchema = (schema: z.ZodType) => jsonSchema(schema, schemas)
  toSchema(problemShape)
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path]![route.method] = operationOf(route, toSchema)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Systole',
      version,
      description:
        'Who is online right now, since when, and how do you know? Times are ms since 1970, durations ms; `null` means never, or not now. Lists are read page by page with `cursor`.',
    },
    tags: [...new Set(routes.map(({ tag }) => tag))].map(name => ({ name })),
    paths,
    components: { schemas, responses: refusals(), securitySchemes: SECURITY },
  }
}

/** A name for each route: method and path in one word. */
export function operationId({ method, path }: Route): string {
  const words = path.replace(/^\/v1\//, '/').match(/\{\w+\}|\w+/g) ?? []
  return (
    method +
    words.map(word => (word.startsWith('{') ? `By${upper(word.slice(1, -1))}` : upper(word))).join('')
  )
}

const problemShape = z
  .object({
    type: z.string().meta({ examples: ['urn:systole:problem:unknown_member'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('what is wrong, with which value, and how to mend it'),
    code: z
      .enum(Object.keys(PROBLEMS) as [string, ...string[]])
      .describe('stable: a program may switch on it'),
    scope: z.string().optional().describe('of `missing_scope`: the scope it takes'),
  })
  .meta({ id: 'Problem', description: 'Why it could not be (RFC 9457)' })

const SECURITY = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A key of `--key`, where one is set. Each operation names the scope it takes: read, push, beat or admin, which includes the others.',
  },
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token of a member, which reaches as far as its rights.',
  },
} as const

function operationOf(route: Route, toSchema: (schema: z.ZodType) => Json): Json {
  const { scope, token, summary, description, tag, params, query, body, answers } = route
  const parameters = [...parametersOf('path', params, toSchema), ...parametersOf('query', query, toSchema)]
  const takes = scope === null ? [] : [{ key: [scope] }, ...(token === true ? [{ token: [] }] : [])]
  const known = Object.entries(answers).map(([status, meaning]) => [status, answerOf(meaning, toSchema)])
  return {
    operationId: operationId(route),
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    security: takes,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: bodyOf(route.method, body, toSchema) }),
    responses: { ...refusalsOf(route), ...Object.fromEntries(known) },
  }
}

function parametersOf(
  place: 'path' | 'query',
  schema: z.ZodObject | undefined,
  toSchema: (schema: z.ZodType) => Json,
): Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = toSchema(schema) as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: asSaid(rest),
  }))
}

// A parameter is text, of which the schema makes something else: what it says it is goes before what it is read from.
// `otherwise`: its default, which a schema that makes something else cannot say.
function asSaid({ anyOf, enum: words, default: read, otherwise = read, ...schema }: Json): Json {
  if (schema.type === 'boolean') return { ...schema, default: otherwise === 'true' }
  const choice = schema.type === undefined && anyOf !== undefined ? { anyOf } : {}
  return {
    ...schema,
    ...choice,
    ...(words !== undefined && { enum: words }),
    ...(otherwise !== undefined && otherwise !== null && { default: otherwise }),
  }
}

function bodyOf(method: string, body: z.ZodType, toSchema: (schema: z.ZodType) => Json): Json {
  const content = { schema: toSchema(body) }
  return {
    required: !(body instanceof z.ZodOptional),
    content: {
      'application/json': content,
      ...(method === 'patch' && { 'application/merge-patch+json': content }),
    },
  }
}

function answerOf({ description, schema, type }: AnswerMeaning, toSchema: (schema: z.ZodType) => Json): Json {
  if (schema === undefined && type === undefined) return { description }
  const content = schema === undefined ? {} : { schema: toSchema(schema) }
  return { description, content: { [type ?? 'application/json']: content } }
}

function refusalsOf({ scope, params, body }: Route): Json {
  const statuses = [
    400,
    ...(scope === null ? [] : [401, 403, 429]),
    ...(params === undefined ? [] : [404]),
    ...(body === undefined ? [] : [413, 415]),
    500,
    503,
  ].sort()
  return Object.fromEntries(
    statuses.map(status => [status, { $ref: `#/components/responses/${nameOf(status)}` }]),
  )
}

function refusals(): Json {
  const all = Object.entries(PROBLEMS).map(([code, meaning]) => ({ code, ...meaning }))
  const byStatus = Map.groupBy(all, ({ status }) => status)
  return Object.fromEntries(
    [...byStatus].map(([status, problems]) => [
      nameOf(status),
      {
        description: problems.map(({ code, when }) => `\`${code}\`: ${when}`).join('. '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

function nameOf(status: number): string {
  return `Status${status}`
}

/** `schemas`: where those with a name are put. */
function jsonSchema(schema: z.ZodType, schemas: Json): Json {
  const {
    $schema: _,
    $defs = {},
    ...made
  } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: part }) => {
      // every integer that JSON can hold
      if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum
      if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum
    },
  })
  Object.assign(schemas, relinked($defs))
  return relinked(made) as Json
}

function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' ? String(part).replace('#/$defs/', '#/components/schemas/') : relinked(part),
    ]),
  )
}

function upper(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
