// The API under requests made from its own description and then broken: never a 500, never a hang, and the server
// answers afterwards. PROPERTY_RUNS says how many requests each runtime gets.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import { docRoutes } from '../../src/http/doc-routes.ts'
import { openApiOf } from '../../src/http/openapi.ts'
import { isProblem } from '../../src/http/problem.ts'
import { ROUTES } from '../../src/http/routes.ts'
import { HttpStage, KEYS, makeToken } from '../support/http-stage.ts'
import { arbitraryOf, type JsonSchema, mutated, ODD_TEXTS } from '../support/json-arbitrary.ts'
import { type RawRequest, rawHttp } from '../support/raw-http.ts'
import { RUNTIMES } from '../support/server-process.ts'

setDefaultTimeout(600_000)

const RUNS = Number(process.env.PROPERTY_RUNS ?? 400)
/** Requests that are under way at once. */
const WAVE = 8
const DEADLINE = 10_000

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: JsonSchema }> }
}

const spec = openApiOf([...ROUTES, ...docRoutes(ROUTES)], '0.0.0') as unknown as {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, JsonSchema> }
}
const resolve = (ref: string) => spec.components.schemas[ref.split('/').at(-1)!]!

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/merge-patch+json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json;',
  'APPLICATION/JSON',
  'application/jsonp',
  '',
]
const ODD_PARTS = [
  '%',
  '%zz',
  '%00',
  '%ff',
  '%2e%2e',
  '%25',
  '%ed%a0%80',
  '%E2%80%AE',
  '.',
  '..',
  'a;b',
  "'",
  '*',
]

/** Who reaches the member 7 and the group room, and nobody else; and who reaches all. */
const SOME = { members: ['7'], groups: ['room'] }
const TOKENS = [
  makeToken({ sub: 'me', watch: SOME, ask: SOME, push: SOME }),
  makeToken({ sub: '7', watch: true, ask: true, push: true }),
]

const text = fc.oneof(fc.constantFrom('7', '8', 'room', 'hook', 'nobody'), fc.constantFrom(...ODD_TEXTS))
const encoded = (value: unknown) => encodeURIComponent(String(value).toWellFormed())
const part = fc.oneof(
  { weight: 4, arbitrary: text.map(encoded) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_PARTS) },
)

/** Parameters, some of them wrong, unknown or given twice. A wait is kept short: it is no hang. */
function queryOf({ parameters = [] }: Operation): fc.Arbitrary<string> {
  const known = parameters.filter(parameter => parameter.in === 'query')
  const pairs = known.map(({ name, schema }) => {
    const value =
      name === 'wait' ? fc.constantFrom('0', '20', '-1', 'x') : arbitraryOf(schema, resolve).map(encoded)
    return fc.oneof(value, part).map(given => `${name}=${name === 'wait' && Number(given) > 20 ? 20 : given}`)
  })
  const strange = fc.tuple(part, part).map(([name, value]) => `${name}=${value}`)
  if (pairs.length === 0)
    return fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: strange })
  return fc
    .array(fc.oneof({ weight: 9, arbitrary: fc.oneof(...pairs) }, { weight: 1, arbitrary: strange }), {
      maxLength: 4,
    })
    .map(all => all.join('&'))
}

function bodyOf({ requestBody }: Operation): fc.Arbitrary<string | Uint8Array | undefined> {
  const schema = requestBody === undefined ? {} : Object.values(requestBody.content)[0]!.schema
  const good = arbitraryOf(schema, resolve)
  const json = fc.oneof({ weight: 3, arbitrary: good }, { weight: 4, arbitrary: mutated(mutated(good)) })
  return fc.oneof(
    { weight: 8, arbitrary: json.map(value => JSON.stringify(value) ?? 'undefined') },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
    { weight: 1, arbitrary: fc.nat({ max: 70_000 }).map(length => `"${'x'.repeat(length)}"`) },
    { weight: 1, arbitrary: fc.nat({ max: 50_000 }).map(depth => '['.repeat(depth)) },
  )
}

const operations = Object.entries(spec.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)

const requests: fc.Arbitrary<RawRequest> = fc
  .constantFrom(...operations)
  .chain(({ path, method, operation }) =>
    fc
      .record({
        method: fc.oneof(
          { weight: 9, arbitrary: fc.constant(method) },
          { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
        ),
        parts: fc.array(part, { minLength: 3, maxLength: 3 }),
        query: queryOf(operation),
        body: operation.requestBody === undefined ? fc.constant(undefined) : bodyOf(operation),
        type: fc.oneof(
          { weight: 6, arbitrary: fc.constant('application/json') },
          { weight: 1, arbitrary: fc.constantFrom(...TYPES) },
        ),
        key: fc.oneof(
          { weight: 2, arbitrary: fc.constantFrom(...TOKENS.map(token => `Bearer ${token}`)) },
          { weight: 9, arbitrary: fc.constant(`Bearer ${KEYS.admin}`) },
          {
            weight: 1,
            arbitrary: fc.constantFrom(
              '',
              'Bearer',
              'Bearer  x',
              'Basic eDp4',
              `bearer ${KEYS.read}`,
              'x'.repeat(8_000),
            ),
          },
        ),
        cut: fc.oneof(
          { weight: 9, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.nat({ max: 50 }) },
        ),
        origin: fc.oneof(
          { weight: 9, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constantFrom('null', 'http://localhost', '%', 'x'.repeat(500)) },
        ),
      })
      .map(({ method, parts, query, body, type, key, cut, origin }) => {
        let next = 0
        const target = path.replaceAll(/\{\w+\}/g, () => parts[next++ % parts.length] ?? 'x')
        return {
          method,
          target: query === '' ? target : `${target}?${query}`,
          headers: {
            authorization: key,
            ...(body !== undefined && type !== '' && { 'content-type': type }),
            ...(origin !== undefined && { origin }),
          },
          withinMs: DEADLINE,
          ...(body !== undefined && { body }),
          ...(body !== undefined && cut !== undefined && { cutAt: cut }),
        }
      }),
  )

describe.each([...RUNTIMES])('the API on %s', runtime => {
  let stage: HttpStage
  beforeAll(async () => {
    stage = await HttpStage.open(runtime)
  })
  afterAll(() => stage.close())

  test(`${RUNS} broken requests`, async () => {
    const statuses = new Map<number, number>()
    const judge = async (request: RawRequest) => {
      const { status, headers, body } = await rawHttp(stage.port, request)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      expect(status).not.toBe(500)
      // a cut request may end without a word; all others are answered
      if (request.cutAt === undefined) expect(status).toBeGreaterThanOrEqual(200)
      if (headers.get('content-type') === 'application/problem+json' && request.method !== 'HEAD') {
        const problem = JSON.parse(body) as { status: number; code: string }
        expect([problem.status, isProblem(problem.code)]).toEqual([status, true])
      }
    }
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: WAVE, maxLength: WAVE }), async wave => {
        await Promise.all(wave.map(judge))
        expect((await fetch(`http://127.0.0.1:${stage.port}/healthz`)).status).toBe(200)
      }),
      { numRuns: Math.ceil(RUNS / WAVE), endOnFailure: false },
    )
    const told = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`)
    console.log(`${runtime}: ${told.join(', ')}`)
    // it was no wall of refusals that was tested
    expect(statuses.get(200) ?? 0).toBeGreaterThan(RUNS / 20)
    expect(stage.server.lines.filter(line => line.level >= 50)).toEqual([])
    expect(stage.server.exit).toBeNull()
  })
})
