import { describe, expect, test } from 'bun:test'
import { BEAT, decodeClient } from './client-codec.ts'
import { parseObject } from './json.ts'
import type { ClientMessage } from './messages.ts'
import { beatAnswer, encode } from './server-codec.ts'

const INSTANCE = 'A'.repeat(24)

/** The message in a frame; a fault fails the test. */
function read(frame: string | object): ClientMessage {
  const decoded = decodeClient(typeof frame === 'string' ? frame : JSON.stringify(frame))
  if (!decoded.ok) throw new Error(JSON.stringify(decoded))
  return decoded.message
}

/** Code, field, re and id of a refusal. */
function fault(frame: string | object) {
  const decoded = decodeClient(typeof frame === 'string' ? frame : JSON.stringify(frame))
  if (decoded.ok) throw new Error(`taken: ${JSON.stringify(decoded.message)}`)
  const { ok, message, ...rest } = decoded
  return rest
}

const hello = (patch: object = {}) => ({ t: 'hello', member: '7', instance: INSTANCE, epoch: 1, ...patch })

describe('hello', () => {
  test('of a member, with everything it may say', () => {
    const said = {
      name: 'Ana',
      type: 'pilot',
      profile: { a: [1] },
      timing: 'fast',
      cursor: 'x.7',
      away: true as const,
    }
    expect(read(hello({ ...said, tomorrow: true }))).toEqual({
      t: 'hello',
      identity: { as: 'member', member: '7' },
      instance: INSTANCE,
      epoch: 1,
      ...said,
    })
  })

  test('of an observer or of a token needs no place', () => {
    const nowhere = { t: 'hello', instance: null, epoch: 0 } as const
    expect(read({ t: 'hello', observer: true })).toEqual({ ...nowhere, identity: { as: 'observer' } })
    expect(read({ t: 'hello', observer: true, token: 'x' })).toEqual({
      ...nowhere,
      identity: { as: 'observer', token: 'x' },
    })
    expect(read({ t: 'hello', token: 'abc' })).toEqual({
      ...nowhere,
      identity: { as: 'token', token: 'abc' },
    })
  })

  test('an integer is its digits in the frame', () => {
    for (const digits of ['7', '0', '-5', '9007199254740993', '18446744073709551615'])
      expect(read(`{"t":"hello","member":${digits},"instance":"${INSTANCE}","epoch":1}`)).toMatchObject({
        identity: { member: digits },
      })
  })

  const faults: [what: string, patch: object, code: string, field?: string][] = [
    ['a fraction as member', { member: 7.5 }, 'bad_id', 'member'],
    ['null as member', { member: null }, 'bad_id', 'member'],
    ['nobody', { member: undefined }, 'bad_field', 'member'],
    ['two identities', { observer: true }, 'bad_field', 'observer'],
    [
      'an observer with a token that is none',
      { member: undefined, observer: true, token: 7 },
      'bad_field',
      'token',
    ],
    ['all three identities', { observer: true, token: 'x' }, 'bad_field', 'observer'],
    ['observer false', { member: undefined, observer: false }, 'bad_field', 'observer'],
    ['no instance', { instance: undefined }, 'bad_field', 'instance'],
    ['a short instance', { instance: 'A'.repeat(15) }, 'bad_field', 'instance'],
    ['a long instance', { instance: 'A'.repeat(65) }, 'bad_field', 'instance'],
    ['an instance with a line break', { instance: `${INSTANCE}\n` }, 'bad_field', 'instance'],
    ['epoch 2^31', { epoch: 2 ** 31 }, 'bad_field', 'epoch'],
    ['epoch 2^53', { epoch: 2 ** 53 }, 'bad_field', 'epoch'],
    ['no epoch', { epoch: undefined }, 'bad_field', 'epoch'],
    ['a name of null', { name: null }, 'bad_field', 'name'],
    ['a long name', { name: 'é'.repeat(513) }, 'too_large', 'name'],
    ['a list as profile', { profile: [] }, 'bad_field', 'profile'],
    ['a large profile', { profile: { text: 'p'.repeat(8_182) } }, 'too_large', 'profile'],
    ['a negative timing', { timing: { interval: -1 } }, 'bad_field', 'timing'],
    ['a timing of a list', { timing: [1, 2] }, 'bad_field', 'timing'],
    ['a cursor of true', { cursor: true }, 'bad_field', 'cursor'],
    ['away false', { away: false }, 'bad_field', 'away'],
    ['away 1', { away: 1 }, 'bad_field', 'away'],
    ['away null', { away: null }, 'bad_field', 'away'],
    ['16,385 bytes', { x: 'é'.repeat(8_200) }, 'too_large'],
  ]
  for (const [what, patch, code, field] of faults)
    test(`${what} is ${code}`, () => {
      const expected = { code, re: 'hello', ...(field !== undefined && { field }) }
      expect(fault(hello(patch)) as object).toEqual(expected)
    })
})

describe('ids in lists', () => {
  const lists: [source: string, ids: readonly string[]][] = [
    ['[]', []],
    ['["a","b","a"]', ['a', 'b']],
    ['[7,"7",8]', ['7', '8']],
    ['[9007199254740992,9007199254740993,"9007199254740993"]', ['9007199254740992', '9007199254740993']],
    ['["a-0",-0,3]', ['a-0', '-0', '3']],
    ['["__proto__","constructor"]', ['__proto__', 'constructor']],
  ]
  for (const [source, ids] of lists)
    test(`${source} is ${ids.join(' ')}`, () =>
      expect(read(`{"members":[null],"t":"ask","x":{"members":[1.5]},"members":${source}}`)).toEqual({
        t: 'ask',
        members: ids,
      }))

  for (const source of [
    '[7.0]',
    '[1,1e3]',
    '[1.5]',
    '[1e400]',
    '[null]',
    '[["7"]]',
    '[{}]',
    '[""]',
    '["a\\n"]',
  ])
    test(`${source} is bad_id`, () =>
      expect(fault(`{"t":"ask","id":"q","members":${source}}`)).toEqual({
        code: 'bad_id',
        field: 'members',
        re: 'ask',
        id: 'q',
      }))

  test('10,000 are taken, one more is too many', () => {
    const members = Array.from({ length: 10_000 }, (_, index) => index)
    expect(read({ t: 'ask', members })).toEqual({ t: 'ask', members: members.map(String) })
    for (const t of ['ask', 'watch', 'unwatch'])
      expect(fault({ t, members: [...members, 'x'] })).toEqual({ code: 'too_many', field: 'members', re: t })
  })

  test('10,000 are read within some milliseconds, whatever they are', () => {
    for (const id of ['"member-10"', '1234567', '9007199254740993']) {
      const frame = `{"t":"ask","members":[${Array.from({ length: 10_000 }, () => id).join(',')}]}`
      const from = performance.now()
      for (let round = 0; round < 5; round++) read(frame)
      expect(performance.now() - from).toBeLessThan(500)
    }
  })
})

describe('watch and unwatch', () => {
  const scopes: [selector: object, scope: object][] = [
    [{ members: ['a'] }, { of: 'members', members: ['a'] }],
    [{ group: 'g' }, { of: 'group', group: 'g' }],
    [{ group: 7 }, { of: 'group', group: '7' }],
    [{ all: true }, { of: 'all' }],
    [{ counts: true }, { of: 'counts', group: null }],
    [{ counts: { group: 'g' } }, { of: 'counts', group: 'g' }],
  ]
  for (const [selector, scope] of scopes)
    test(JSON.stringify(selector), () => {
      expect(read({ t: 'watch', ...selector }) as object).toEqual({
        t: 'watch',
        scope,
        suspect: false,
        cursor: null,
      })
      expect(read({ t: 'unwatch', ...selector, id: 3 }) as object).toEqual({ t: 'unwatch', scope, id: 3 })
    })

  test('what else a watch may say', () => {
    expect(read({ t: 'watch', all: true, suspect: true, cursor: true })).toMatchObject({
      suspect: true,
      cursor: true,
    })
    expect(read({ t: 'watch', all: true, cursor: 'x.7' })).toMatchObject({ cursor: 'x.7' })
    expect(read({ t: 'unwatch', members: true })).toMatchObject({ scope: { members: true } })
    expect(read('{"t":"watch","counts":{"group":9007199254740993}}')).toMatchObject({
      scope: { group: '9007199254740993' },
    })
  })

  const wrong: [selector: object, code: string, field: string][] = [
    [{}, 'bad_field', 'members'],
    [{ members: true }, 'bad_field', 'members'],
    [{ members: 'all' }, 'bad_field', 'members'],
    [{ all: false }, 'bad_field', 'all'],
    [{ counts: {} }, 'bad_field', 'counts'],
    [{ counts: { group: '' } }, 'bad_id', 'counts'],
    [{ group: null }, 'bad_id', 'group'],
    [{ group: 'g', all: true }, 'bad_field', 'all'],
    [{ all: true, suspect: null }, 'bad_field', 'suspect'],
    [{ all: true, cursor: false }, 'bad_field', 'cursor'],
  ]
  for (const [selector, code, field] of wrong)
    test(`${JSON.stringify(selector)} is ${code} ${field}`, () =>
      expect(fault({ t: 'watch', ...selector }) as object).toEqual({ code, field, re: 'watch' }))
})

test('the other messages', () => {
  expect(read(BEAT)).toEqual({ t: 'beat' })
  expect(read(' {"t" : "be\\u0061t", "id": {}} ')).toEqual({ t: 'beat' })
  expect(read({ t: 'away', id: '1' })).toEqual({ t: 'away', id: '1' })
  expect(read({ t: 'bye', id: 1 })).toEqual({ t: 'bye' })
  expect(read({ t: 'enter', group: 'g' })).toEqual({ t: 'enter', group: 'g' })
  expect(read({ t: 'message', data: null, id: 0 })).toEqual({ t: 'message', data: null, id: 0 })
  expect(read({ t: 'ack', id: 'm' })).toEqual({ t: 'ack', id: 'm' })
  expect(read({ t: 'auth', token: 'abc' })).toEqual({ t: 'auth', token: 'abc' })
  expect(read({ t: 'update', type: '', x: 1 })).toEqual({ t: 'update', type: '' })
})

test('a status', () => {
  const none = { t: 'status', status: null } as const
  for (const said of [{}, { visibility: 'shown' }, { text: null }, { text: '', until: 9 }])
    expect(read({ t: 'status', ...said })).toEqual(none)
  expect(read({ t: 'status', text: 'x', until: 9 })).toEqual({
    t: 'status',
    status: { visibility: 'shown', text: 'x', until: 9 },
  })
  expect(read({ t: 'status', visibility: 'hidden' })).toEqual({
    t: 'status',
    status: { visibility: 'hidden', text: null, until: null },
  })
  expect(fault({ t: 'status', text: 'é'.repeat(129), id: 1 })).toEqual({
    code: 'too_large',
    field: 'text',
    re: 'status',
    id: 1,
  })
  for (const [field, value] of [
    ['visibility', null],
    ['text', 7],
    ['until', 'noon'],
    ['until', -1],
  ] as const)
    expect(fault({ t: 'status', [field]: value })).toMatchObject({ code: 'bad_field', field })
})

describe('what is no message', () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"t":7}',
    '{"__proto__":{"t":"beat"}}',
    '['.repeat(200_000),
  ])
    test(`${text.slice(0, 30)} is bad_json`, () => expect(fault(text)).toEqual({ code: 'bad_json' }))
  for (const t of ['', 'Beat', 'welcome', '__proto__', 'toString'])
    test(`"${t}" is unknown_type`, () =>
      expect(fault({ t, id: 5 })).toEqual({ code: 'unknown_type', re: t, id: 5 }))

  test('an id that is none is refused before anything else and not sent back', () => {
    for (const id of ['', 'x'.repeat(65), 1.5, null, {}, [], true, 2 ** 53])
      expect(fault({ t: 'enter', id })).toEqual({ code: 'bad_field', field: 'id', re: 'enter' })
    expect(fault({ t: 'ack' })).toEqual({ code: 'bad_field', field: 'id', re: 'ack' })
  })
})

test('size is of the JSON, depth has an end, and neither overflows the stack', () => {
  const data = (value: string) => `{"t":"message","data":${value}}`
  const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(read(data(`"${'x'.repeat(65_534)}"`)).t).toBe('message')
  expect(read(data(`[${' '.repeat(100_000)}]`)).t).toBe('message')
  expect(read(data(deep(64))).t).toBe('message')
  const large = [`"${'x'.repeat(65_535)}"`, `"${'é'.repeat(32_768)}"`, `"${'\\n'.repeat(32_768)}"`, deep(65)]
  for (const value of [...large, deep(200_000), `[${'1,'.repeat(200_000)}1]`])
    expect(fault(data(value))).toEqual({ code: 'too_large', field: 'data', re: 'message' })
})

test('a fault says with which value and how to mend it', () => {
  const message = (frame: object) => {
    const decoded = decodeClient(JSON.stringify(frame))
    return decoded.ok ? '' : decoded.message
  }
  expect(message({ t: 'enter', group: 'a\u0000' })).toBe(
    'group: "a\\u0000" is no id; an id is a string of 1-256 bytes without control characters, or an integer',
  )
  expect(message({ t: 'watch', all: 1 })).toBe('all is 1: send true')
  expect(message({ t: 'x'.repeat(9_000) })).toHaveLength(110)
  expect(message(hello({ instance: 'secret' }))).toStartWith('instance is a string of 6: send 16 to 64')
  expect(message({ t: 'auth', token: 'é'.repeat(5_000) })).not.toContain('é')
  expect(message(hello({ timing: { grace: '1s' } }))).toBe(
    'of timing, grace is "1s": send an integer from 0 to 86400000',
  )
})

test('an object that was read already is not read again', () => {
  const text = '{"t":"away"}'
  expect(decodeClient(text, parseObject(text))).toEqual({ ok: true, message: { t: 'away' } })
  expect(decodeClient(text, null)).toMatchObject({ ok: false, code: 'bad_json' })
})

test('what the server says', () => {
  expect(beatAnswer(1_700_000_000_000)).toBe(encode({ t: 'beat', now: 1_700_000_000_000 }))
  expect(encode({ t: 'error', code: 'bad_json', message: '\ud800' })).toBe(
    '{"t":"error","code":"bad_json","message":"\\ud800"}',
  )
})
