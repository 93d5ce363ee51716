// Values by a JSON Schema, and values that are beside it: what the fuzz of the API sends. Knows as much of JSON Schema as
// the document of the API uses.

import fc from 'fast-check'

export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly minLength?: number
  readonly maxItems?: number
  readonly examples?: readonly unknown[]
}

/** Longest text and list that is meant well. */
const MODEST = 40

/** Texts that somebody's code trips over. */
export const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  '0',
  '-1',
  'null',
  'true',
  '__proto__',
  'constructor',
  '張偉',
  '👨‍👩‍👧',
  '\u0000',
  '\u001b[2J',
  '\u202e',
  '\ufeff',
  '\ud800',
  'a/b',
  'a%2Fb',
  "';--",
  '<img src=x onerror=alert(1)>',
  '9'.repeat(40),
  'x'.repeat(256),
  'x'.repeat(257),
  '漢'.repeat(100),
]

const oddText = fc.constantFrom(...ODD_TEXTS)

/** Something that the schema has room for, or nearly. */
export function arbitraryOf(schema: JsonSchema, resolve: (ref: string) => JsonSchema): fc.Arbitrary<unknown> {
  const by = (part: JsonSchema): fc.Arbitrary<unknown> => arbitraryOf(part, resolve)
  if (schema.$ref !== undefined) return by(resolve(schema.$ref))
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map(by))
  const types = [schema.type ?? []].flat()
  if (types.length === 0) return fc.jsonValue({ maxDepth: 3 })
  return fc.oneof(...types.map(type => ofType(type, schema, by)))
}

function ofType(
  type: string,
  schema: JsonSchema,
  by: (part: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const {
    minimum = -5,
    maximum = 2 ** 31,
    maxLength = MODEST,
    minLength = 0,
    maxItems = MODEST,
    items,
  } = schema
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum))
    case 'array':
      return fc.array(items === undefined ? fc.jsonValue() : by(items), {
        maxLength: Math.min(MODEST, maxItems),
      })
    case 'object':
      return objectOf(schema, by)
    default:
      return fc.oneof(
        ...(schema.examples === undefined ? [] : [fc.constantFrom(...schema.examples)]),
        fc.string({
          unit: 'grapheme',
          minLength,
          maxLength: Math.max(minLength, Math.min(MODEST, maxLength)),
        }),
        oddText,
      )
  }
}

function objectOf(
  { properties = {}, required = [] }: JsonSchema,
  by: (part: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, by(part)]))
  if (Object.keys(fields).length === 0) return fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
  return fc.record(fields, { requiredKeys: required.filter(name => Object.hasOwn(fields, name)) })
}

/** The same with something in it that is wrong: of another type, huge, deep, of another name, or gone. */
export function mutated(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(value, fc.nat(), wrong).map(([whole, place, other]) => {
    if (typeof whole !== 'object' || whole === null) return other
    const keys = Object.keys(whole)
    const key = keys[place % (keys.length + 1)]
    if (key === undefined)
      return Array.isArray(whole) ? [...whole, other] : { ...whole, [`k${place}`]: other }
    if (Array.isArray(whole)) return whole.with(Number(key), other)
    return { ...whole, [key]: other }
  })
}

const wrong: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, -0, 2 ** 53, [], {}, [[]], '漢'.repeat(3_000)),
  fc.nat({ max: 600 }).map(depth => nested(depth)),
  fc.nat({ max: 12_000 }).map(length => Array.from({ length }, (_, i) => String(i))),
  fc.jsonValue(),
)

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}
