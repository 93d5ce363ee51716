// What a server may say, and what something that is none, or a broken or hostile one, may say instead: text frames for
// fuzzing a client. A frame is made of fields whose values are JSON as text, so that a mutation can put there what no
// JSON.stringify would write.

import fc from 'fast-check'

type Field = readonly [key: string, value: string]
type Fields = readonly Field[]

const json = (value: unknown) => JSON.stringify(value)
const pick = (...values: readonly unknown[]): fc.Arbitrary<string> => fc.constantFrom(...values.map(json))
const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`

const member = fc.constantFrom('a', 'b', 'c', 'd', '7', '中', '__proto__', 'constructor', 'x'.repeat(256))
const time = fc.constantFrom(0, 1, 1_700_000_000_000, Number.MAX_SAFE_INTEGER)
const entry = fc.record(
  {
    member,
    state: fc.constantFrom('online', 'away', 'suspect', 'offline', 'unknown', 'newer'),
    since: time,
    joinedAt: time,
    lastEvidenceAt: fc.option(time),
    lastBeatAt: fc.option(time),
    version: fc.oneof(fc.nat(20), time),
    name: fc.string(),
    profile: fc.jsonValue({ maxDepth: 3 }),
    status: fc.record({ text: fc.string(), until: fc.option(time) }),
    gone: fc.constant(true),
    reason: fc.constantFrom('left', 'lost', 'newer'),
  },
  { requiredKeys: ['member', 'state'] },
)
const entries = fc.array(entry, { maxLength: 6 }).map(json)
const states = { online: 1, away: 0, suspect: 0, offline: 7 }
const scope: readonly Field[][] = [
  [['of', '"all"']],
  [['of', '"members"']],
  [
    ['of', '"group"'],
    ['group', '"g"'],
  ],
]
const id = fc.integer({ min: -6, max: 30 }).map(json)
const cursor = pick('1.1', '', 'no cursor', 'x'.repeat(2_048))
const timing = pick(
  { interval: 10_000, timeout: 5_000, grace: 10_000 },
  { interval: 250, timeout: 0, grace: 0 },
  { interval: 0, timeout: 0, grace: 0 },
  { interval: 1e300, timeout: 1e300, grace: 1 },
  { interval: 'x' },
)

const fields: fc.Arbitrary<Fields> = fc.oneof(
  message('welcome', {
    session: pick('s1', 's2'),
    member: pick('ana', null),
    timing,
    evidence: pick('any', 'beat'),
    bound: pick({ ms: 25_000, words: '' }),
    now: time.map(json),
    resumed: pick(true, false),
    tokenExpires: time.map(json),
    limits: pick({ watch: 1, ask: 1, groups: 1, message: 1, frame: 1 }),
  }),
  message('beat', { now: time.map(json) }),
  scoped('snapshot', { part: fc.nat(2).map(json), entries, more: pick(true), cursor, reset: pick(true) }),
  scoped('snapshot', { part: pick(0), entries, cursor }),
  scoped('diff', { entries, cursor, resumed: pick(true) }),
  message('counts', {
    group: pick('g'),
    states: pick(states, {}),
    types: pick({ t: states }),
    now: time.map(json),
  }),
  message('answer', { id, entries, more: pick(true) }),
  message('ack', { id, tokenExpires: time.map(json) }),
  message('message', { id: fc.oneof(id, pick('m')), data: fc.jsonValue({ maxDepth: 4 }).map(json) }),
  message('error', {
    id,
    code: pick('bad_cursor', 'cursor_ahead', 'too_many', 'not_taken', 'unauthorized', 'newer', 'too_fast'),
    message: fc.string().map(json),
    re: pick('watch', 'hello', 'ask', 'newer'),
    field: pick('cursor'),
  }),
  message('moved', {
    retryAfter: pick({ min: 0, max: 0 }, { min: 0, max: 5_000 }, { min: 1e300, max: 1e308 }),
  }),
)

/** Values that stand where they should not. */
const oddity = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      ...['null', 'true', 'false', '0', '-0', '-1', '1.5', '1e400', '-1e400', '9007199254740993', '1e-400'],
      ...[
        '""',
        '"x"',
        '"\\u0000"',
        '"\\ud800"',
        '"__proto__"',
        '"constructor"',
        '"toString"',
        '"hasOwnProperty"',
      ],
      ...['[]', '{}', '[[]]', '[null]', '[{}]', '[7]', '[{"member":7,"state":"online"}]', '[{"member":"a"}]'],
      ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"length":9e9}'],
      ...['{"min":-1,"max":0}', '{"min":"0","max":{}}', '{"interval":-1,"timeout":null}', '{"then":1}'],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      json('x'.repeat(70_000)),
      nested('[', ']', 5_000),
      nested('{"entries":', '}', 5_000),
      `[${'{},'.repeat(2_000)}{}]`,
    ),
  },
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }).map(json) },
)
const key = fc.constantFrom(
  ...[
    't',
    'id',
    'of',
    'group',
    'part',
    'entries',
    'more',
    'cursor',
    'reset',
    'resumed',
    'states',
    'types',
    'now',
  ],
  ...[
    'timing',
    'retryAfter',
    'code',
    'data',
    'member',
    'session',
    '__proto__',
    'constructor',
    'toString',
    'then',
  ],
)

type Mutation = (fields: Fields) => Fields

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.nat(8), oddity).map(
    ([nth, value]): Mutation =>
      given =>
        given.map((field, index) => (index === nth % given.length ? [field[0], value] : field)),
  ),
  fc.nat(8).map(
    (nth): Mutation =>
      given =>
        given.filter((_, index) => index !== nth % given.length),
  ),
  fc.tuple(key, oddity).map(
    ([name, value]): Mutation =>
      given => [...given, [name, value]],
  ),
)

const mutant = fc
  .tuple(fields, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([start, mutations]) => textOf(mutations.reduce((given, mutate) => mutate(given), start)))

const broken = fc
  .tuple(
    fc.oneof(fields.map(textOf), mutant),
    fc.nat(),
    fc.constantFrom('', '\u0000', '"', '}', ',,', '\ufeff'),
  )
  .map(([text, place, rubbish]) => {
    const at = place % (text.length + 1)
    return rubbish === '' ? text.slice(0, at) : text.slice(0, at) + rubbish + text.slice(at)
  })

const rubbish = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'null',
    '7',
    '"beat"',
    '[]',
    '{}',
    'pong',
    '{"t":7}',
    '{"t":null}',
    '[{"t":"beat"}]',
    'NaN',
  ),
  fc.constantFrom(
    '<!DOCTYPE html><title>Sign in</title>',
    '['.repeat(100_000),
    '{"t":'.repeat(10_000),
    '离线',
  ),
  fc.json(),
  fc.string({ unit: 'binary' }),
)

/** Any frame: as it should be, nearly so, or nothing of the kind. */
export const serverFrame: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fields.map(textOf) },
  { weight: 10, arbitrary: mutant },
  { weight: 2, arbitrary: broken },
  { weight: 1, arbitrary: rubbish },
)

function message(t: string, parts: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<Fields> {
  const named = Object.entries(parts).map(([name, value]) => value.map((text): Field => [name, text]))
  return fc
    .tuple(fc.tuple(...named), fc.array(fc.nat(named.length), { maxLength: 2 }))
    .map(([all, left]) => [['t', json(t)], ...all.filter((_, index) => !left.includes(index))])
}

function scoped(t: string, parts: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<Fields> {
  return fc.tuple(message(t, parts), fc.constantFrom(...scope)).map(([made, of]) => [...made, ...of])
}

function textOf(given: Fields): string {
  return `{${given.map(([name, value]) => `${json(name)}:${value}`).join(',')}}`
}
