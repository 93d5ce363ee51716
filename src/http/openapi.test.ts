// The OpenAPI document against the rules of 3.1 that a made one could break, and against the routes it is made from.

import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { appOf } from '../../test/support/stub-desk.ts'
import { stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { PROBLEMS } from './problem.ts'
import { ROUTES } from './routes.ts'

type Json = Record<string, unknown>

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly Json[]
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Json }[]
  readonly requestBody?: { required: boolean; content: Record<string, { schema: Json }> }
  readonly responses: Record<string, Json>
}

interface Document {
  readonly openapi: string
  readonly info: { title: string; version: string }
  readonly tags: readonly { name: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: Record<'schemas' | 'responses' | 'securitySchemes', Record<string, Json>>
}

const app = appOf(stubPresenceServer({}))
const response = await app(new Request('http://localhost/openapi.json'))
const spec = (await response.json()) as Document
const operations = Object.entries(spec.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

/** Every object inside, with where it stands. */
function* inside(value: unknown, at = '#'): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [at, value as Json]
  for (const [key, part] of Object.entries(value))
    yield* inside(part, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}

function find(pointer: string): unknown {
  return pointer
    .slice(2)
    .split('/')
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((found, key) => (found as Json | undefined)?.[key], spec)
}

test('says what it is', () => {
  expect(spec.openapi).toBe('3.1.0')
  expect(spec.info.title).toBe('Systole')
  expect(spec.info.version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(Object.keys(spec).sort()).toEqual(['components', 'info', 'openapi', 'paths', 'tags'])
})

test('every reference leads somewhere, and stands alone', () => {
  const references = [...inside(spec)].filter(([, object]) => typeof object.$ref === 'string')
  expect(references.length).toBeGreaterThan(100)
  for (const [at, { $ref }] of references) expect([at, typeof find($ref as string)]).toEqual([at, 'object'])
})

test('there is nothing of another kind of schema', () => {
  for (const [at, object] of inside(spec)) {
    if (at.includes('/examples/')) continue
    expect([
      at,
      Object.keys(object).filter(key => ['$schema', '$defs', 'nullable', 'example'].includes(key)),
    ]).toEqual([at, []])
  }
})

test('components have the names that are allowed', () => {
  for (const names of Object.values(spec.components))
    for (const name of Object.keys(names)) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/)
  expect(Object.keys(spec.components.schemas)).toEqual(
    expect.arrayContaining(['Problem', 'Member', 'Session', 'Ban']),
  )
})

test('every route is an operation, and no other', () => {
  const described = operations.map(({ method, path }) => `${method} ${path}`)
  const own = ['get /openapi.json']
  expect(described.sort()).toEqual([...ROUTES.map(({ method, path }) => `${method} ${path}`), ...own].sort())
})

test('paths differ, whatever their parameters are called', () => {
  const shapes = Object.keys(spec.paths).map(path => path.replaceAll(/\{\w+\}/g, '{}'))
  expect(new Set(shapes).size).toBe(shapes.length)
})

test('names of operations are there once', () => {
  const names = operations.map(({ operation }) => operation.operationId)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z][a-zA-Z0-9]+$/)
})

test('tags are words that begin with a capital', () => {
  for (const { name } of spec.tags) expect(name).toMatch(/^[A-Z][a-z]+( [a-z]+)*$/)
})

describe.each(
  operations.map(({ path, method, operation }) => [`${method} ${path}`, path, operation] as const),
)('%s', (named, path, operation) => {
  const route = ROUTES.find(one => `${one.method} ${one.path}` === named)

  test('declares each parameter of its path, and each of its query once', () => {
    const { parameters = [] } = operation
    const inPath = parameters.filter(parameter => parameter.in === 'path')
    expect(inPath.map(({ name }) => name).sort()).toEqual(
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort(),
    )
    expect(inPath.every(({ required }) => required === true)).toBe(true)
    expect(new Set(parameters.map(parameter => `${parameter.in} ${parameter.name}`)).size).toBe(
      parameters.length,
    )
    for (const { schema } of parameters) expect(schema.type ?? schema.anyOf ?? schema.enum).toBeDefined()
    const inQuery = parameters.filter(parameter => parameter.in === 'query').map(({ name }) => name)
    expect(inQuery).toEqual(Object.keys(route?.query?.shape ?? {}))
  })

  test('has a tag that is listed, and words for people', () => {
    expect(spec.tags.map(({ name }) => name)).toContain(operation.tags[0]!)
    expect(operation.summary.length).toBeGreaterThan(3)
    expect(operation.summary).not.toEndWith('.')
  })

  test('names the scope it takes, by a scheme that there is', () => {
    const schemes = operation.security.flatMap(need => Object.keys(need))
    for (const scheme of schemes) expect(spec.components.securitySchemes).toHaveProperty(scheme)
    const scope = route?.scope ?? null
    expect(operation.security[0]).toEqual(scope === null ? undefined : { key: [scope] })
    expect(schemes.includes('token')).toBe(route?.token === true)
  })

  test('has a body only where it may, and an answer for good', () => {
    expect(operation.requestBody !== undefined).toBe(route?.body !== undefined)
    if (operation.requestBody !== undefined) {
      expect(named).not.toMatch(/^(get|delete) /)
      for (const { schema } of Object.values(operation.requestBody.content)) expect(schema).toBeObject()
    }
    const statuses = Object.keys(operation.responses)
    expect(statuses.some(status => /^2\d\d$/.test(status))).toBe(true)
    for (const status of statuses) expect(status).toMatch(/^[2-5]\d\d$/)
    for (const answer of Object.values(operation.responses))
      expect(typeof (answer.$ref ?? answer.description)).toBe('string')
  })
})

describe('what the page at /docs offers to send', () => {
  const page = readFileSync(new URL('./pages/docs.html', import.meta.url), 'utf8')
  const [code] = /function example\(schema\) \{\n[\s\S]*?\n\}/.exec(page)!
  const resolve = (schema: Json | undefined) =>
    typeof schema?.$ref === 'string' ? (find(schema.$ref) as Json) : schema
  const example = new Function('resolve', `${code}; return example`)(resolve) as (schema: Json) => unknown

  test.each(operations.filter(({ operation }) => operation.requestBody !== undefined))(
    'would be taken: $method $path',
    ({ path, method, operation }) => {
      const { body } = ROUTES.find(route => route.path === path && route.method === method)!
      for (const { schema } of Object.values(operation.requestBody!.content)) {
        const offered = example(schema)
        expect(body!.safeParse(offered).error?.issues).toBeUndefined()
        // nobody is banned for a millisecond, nor is anybody called nothing
        expect(JSON.stringify(offered)).not.toMatch(/""|"(for|ttl)":1\b/)
      }
    },
  )

  test('and is for somebody', async () => {
    const { schema } = spec.paths['/v1/push']!.post!.requestBody!.content['application/json']!
    expect(example(schema)).toHaveProperty('to', ['7'])
  })
})

test('every code of a problem is told, with its status', () => {
  for (const [code, { status }] of Object.entries(PROBLEMS)) {
    const answer = spec.components.responses[`Status${status}`] as { description: string }
    expect(answer.description).toContain(`\`${code}\`: `)
  }
})
