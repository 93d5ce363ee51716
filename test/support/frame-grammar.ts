// What a client may send, and what it may send by mistake or in malice: text frames for fuzzing. A frame is made of
// fields whose values are JSON as text, so that a mutation can put there what no JSON.stringify would write.

import fc from 'fast-check'

/** A key and its value as JSON text. */
type Field = readonly [key: string, value: string]
type Fields = readonly Field[]

const json = (value: unknown) => JSON.stringify(value)
const pick = (...values: readonly unknown[]): fc.Arbitrary<string> => fc.constantFrom(...values.map(json))
const raw = (...values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values)

const member = fc.oneof(
  pick('a', 'b', 'c', 'd', '7', '中', '😀', '__proto__', 'x'.repeat(256)),
  raw('7', '0', '-5', '9007199254740993', '18446744073709551615'),
)
const members = fc.array(member, { maxLength: 12 }).map(ids => `[${ids.join(',')}]`)
const group = fc.oneof(pick('g', 'h', 'constructor'), raw('12'))
const profile = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }).map(json)
const instance = fc.constantFrom('A', 'b', '_').map(unit => json(unit.repeat(24)))
const epoch = fc.oneof(fc.nat(6), fc.constant(2 ** 31 - 1)).map(json)
const ms = fc.constantFrom(0, 1_000, 5_000, 86_400_000).map(json)
const cursor = pick('', 'Zm9v.7', 'no cursor', 'Zm9v.zzzzzzzzzzz')
const timing = fc.oneof(
  pick('fast', 'web', 'mobile', 'device', 'slow'),
  fc.subarray(['interval', 'timeout', 'grace']).chain(keys => object(keys.map(key => [key, ms]))),
)
const messageId = fc.oneof(fc.string({ minLength: 1, maxLength: 20 }).map(json), fc.integer().map(json))
const described: readonly [string, fc.Arbitrary<string>][] = [
  ['name', pick('Ana', '', 'é'.repeat(512))],
  ['type', pick('pilot', '')],
  ['profile', profile],
]
const selector = fc.oneof(
  field('members', members),
  field('group', group),
  field('all', raw('true')),
  field('counts', fc.oneof(raw('true'), object([['group', group]]))),
)

const helloFields = message('hello', [
  fc.tuple(field('member', member), field('instance', instance), field('epoch', epoch)),
  some([...described, ['timing', timing], ['cursor', cursor]]),
])

/** Fields of a message that is as it should be. */
const fields: fc.Arbitrary<Fields> = fc.oneof(
  { weight: 3, arbitrary: helloFields },
  { weight: 1, arbitrary: message('hello', [one(field('observer', raw('true')))]) },
  { weight: 1, arbitrary: message('hello', [one(field('token', pick('abc', 'ey.ey.ey')))]) },
  { weight: 2, arbitrary: raw('beat', 'away', 'back', 'bye').chain(t => named(message(t, []))) },
  { weight: 1, arbitrary: named(message('auth', [one(field('token', pick('abc')))])) },
  {
    weight: 2,
    arbitrary: named(
      message('status', [
        some([
          ['visibility', pick('shown', 'hidden')],
          ['text', pick(null, '', 'back soon', 'x'.repeat(256))],
          ['until', pick(null, 0, 4_102_444_800_000)],
        ]),
      ]),
    ),
  },
  { weight: 2, arbitrary: named(message('update', [some(described)])) },
  {
    weight: 6,
    arbitrary: named(
      message('watch', [
        one(selector),
        some([
          ['suspect', raw('true', 'false')],
          ['cursor', fc.oneof(cursor, raw('true'))],
        ]),
      ]),
    ),
  },
  {
    weight: 3,
    arbitrary: named(message('unwatch', [one(fc.oneof(selector, field('members', raw('true'))))])),
  },
  { weight: 3, arbitrary: named(message('ask', [one(field('members', members))])) },
  {
    weight: 3,
    arbitrary: raw('enter', 'exit').chain(t => named(message(t, [one(field('group', group))]))),
  },
  {
    weight: 2,
    arbitrary: named(message('message', [one(field('data', fc.jsonValue({ maxDepth: 4 }).map(json)))])),
  },
  { weight: 1, arbitrary: message('ack', [one(field('id', messageId))]) },
)

const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
const manyIds = (count: number) => `[${Array.from({ length: count }, (_, index) => index).join(',')}]`

/** Values that stand where they should not. */
const oddity = fc.oneof(
  {
    weight: 12,
    arbitrary: raw(
      ...['null', 'true', 'false', '0', '-0', '-1', '1.5', '7.0', '1e3', '1e400', '-1e-400'],
      ...['2147483648', '9007199254740992', '9007199254740993', `1${'0'.repeat(300)}`],
      ...['""', '" "', '"\\u0000"', '"a\\nb"', '"\\u007f"', '"\\ud800"', '"a\\udc00"', '"\\u2028"'],
      ...['[]', '{}', '[[]]', '[null]', '[1.5]', '["a",7,"a",7.0]', '[9007199254740993,"9007199254740993"]'],
      ...['{"group":null}', '{"group":1e2}', '{"__proto__":{"group":"g"}}', '{"interval":-1}'],
      ...['"__proto__"', '"constructor"', '"hello"', json('x'.repeat(257)), json('é'.repeat(513))],
    ),
  },
  {
    weight: 1,
    arbitrary: raw(
      json('x'.repeat(70_000)),
      json({ text: 'x'.repeat(8_200) }),
      nested('[', ']', 65),
      nested('{"a":', '}', 65),
      nested('[', ']', 5_000),
      nested('{"group":', '}', 5_000),
    ),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }).map(json) },
)

const key = raw(
  ...['t', 'id', 'member', 'members', 'group', 'all', 'counts', 'observer', 'token', 'instance', 'epoch'],
  ...[
    'profile',
    'timing',
    'cursor',
    'suspect',
    'data',
    'text',
    'until',
    'visibility',
    '__proto__',
    'toString',
  ],
)

type Mutation = (fields: Fields) => Fields

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.nat(8), oddity).map(([nth, value]): Mutation => replaced(nth, value)),
  fc.nat(8).map(
    (nth): Mutation =>
      fields =>
        fields.filter((_, index) => index !== nth % fields.length),
  ),
  fc.tuple(key, oddity).map(
    ([name, value]): Mutation =>
      fields => [...fields, [name, value]],
  ),
  fc.nat(8).map(
    (nth): Mutation =>
      fields => [...fields, fields[nth % fields.length] ?? ['t', '7']],
  ),
  raw('Beat', 'welcome', 'nothing', '', '__proto__', 'x'.repeat(300)).map(
    (t): Mutation =>
      fields => [...fields.filter(([name]) => name !== 't'), ['t', json(t)]],
  ),
)

/** A frame as it should be. */
export const validFrame: fc.Arbitrary<string> = fields.map(textOf)

const mutant: fc.Arbitrary<string> = fc
  .tuple(fields, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([start, mutations]) => textOf(mutations.reduce((fields, mutate) => mutate(fields), start)))

/** Texts that were cut, or have something in them that JSON does not have. */
const broken: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(validFrame, mutant),
    fc.nat(),
    raw('', '\u0000', '"', '}', ']', '\\', '\ud800', ',,', '\ufeff'),
  )
  .map(([text, place, rubbish]) => {
    const at = place % (text.length + 1)
    return rubbish === '' ? text.slice(0, at) : text.slice(0, at) + rubbish + text.slice(at)
  })

const rubbish: fc.Arbitrary<string> = fc.oneof(
  raw('', ' ', 'null', '7', '"beat"', '[]', '[{"t":"beat"}]', '{}', 'ping', '{"t":7}', '{"type":"beat"}'),
  raw(
    '{"action":"open","id":7}',
    '{"type":"SetHeartbeat","user_id":"7"}',
    ' {"t" : "beat"} ',
    '{"t":"be\\u0061t"}',
  ),
  fc.json(),
  fc.string({ unit: 'binary' }),
)

/** Frames that cost the most to refuse. */
const heavy: fc.Arbitrary<string> = raw(
  `{"t":"ask","members":${manyIds(10_000)}}`,
  `{"t":"watch","members":${manyIds(10_001)},"id":1}`,
  `{"t":"unwatch","members":[${'9007199254740993,'.repeat(3_000)}1]}`,
  `{"t":"message","data":${nested('[', ']', 100_000)}}`,
  `{"t":"update","profile":${nested('{"a":', '}', 100_000)}}`,
  '['.repeat(100_000),
  `{"t":"hello","member":"a","x":"${'x'.repeat(17_000)}"}`,
)

/** Any frame: as it should be, nearly so, or nothing of the kind. */
export const anyFrame: fc.Arbitrary<string> = fc.oneof(
  { weight: 300, arbitrary: validFrame },
  { weight: 500, arbitrary: mutant },
  { weight: 120, arbitrary: broken },
  { weight: 60, arbitrary: rubbish },
  { weight: 2, arbitrary: heavy },
)

function textOf(fields: Fields): string {
  return `{${fields.map(([key, value]) => `${json(key)}:${value}`).join(',')}}`
}

function replaced(nth: number, value: string): Mutation {
  return fields => fields.map((field, index) => (index === nth % fields.length ? [field[0], value] : field))
}

function field(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Field> {
  return value.map((text): Field => [name, text])
}

function one(only: fc.Arbitrary<Field>): fc.Arbitrary<Fields> {
  return only.map(field => [field])
}

function object(fields: readonly (readonly [string, fc.Arbitrary<string>])[]): fc.Arbitrary<string> {
  return all(fields).map(textOf)
}

function all(fields: readonly (readonly [string, fc.Arbitrary<string>])[]): fc.Arbitrary<Fields> {
  return fields.length === 0 ? fc.constant([]) : fc.tuple(...fields.map(([key, value]) => field(key, value)))
}

/** Some of the fields. */
function some(fields: readonly (readonly [string, fc.Arbitrary<string>])[]): fc.Arbitrary<Fields> {
  return fc.subarray([...fields]).chain(all)
}

function message(t: string, parts: readonly fc.Arbitrary<Fields>[]): fc.Arbitrary<Fields> {
  return fc.tuple(...parts).map(fields => [['t', json(t)] as const, ...fields.flat()])
}

/** With an id, or without. */
function named(fields: fc.Arbitrary<Fields>): fc.Arbitrary<Fields> {
  return fc
    .tuple(fields, fc.option(messageId))
    .map(([fields, id]): Fields => (id === null ? fields : [...fields, ['id', id]]))
}
