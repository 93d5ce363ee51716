import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { MOST_BEATS, readBeats } from './beat-body.ts'
import { Refusal } from './problem.ts'

const MOST_PROFILE = 100

const read = (body: unknown) =>
  readBeats(typeof body === 'string' ? body : JSON.stringify(body), MOST_PROFILE)

/** `code: message` of the refusal. */
function flaw(body: unknown): string {
  try {
    read(body)
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`
    throw error
  }
  return 'taken'
}

const FULL = {
  id: '张伟',
  period: 1_000,
  grace: 0,
  name: '',
  type: 'job',
  profile: { a: [1, { b: null }] },
  bye: true,
} as const

describe('one', () => {
  test('with all it may have, as it is', () => {
    expect(read(FULL)).toEqual({ many: false, beats: [FULL] })
    expect(read({ id: '7', profile: null })).toEqual({ many: false, beats: [{ id: '7', profile: null }] })
  })

  test('an integer is its digits as they are written', () => {
    expect(read('{"id":12345678901234567890}').beats).toEqual([{ id: '12345678901234567890' }])
    expect(read('{"period":5000, "id" : -7 }').beats).toEqual([{ id: '-7', period: 5_000 }])
  })
})

describe('many', () => {
  test('in order, up to a thousand', () => {
    expect(read({ beats: [{ id: 'a' }, FULL] })).toEqual({ many: true, beats: [{ id: 'a' }, FULL] })
    const most = Array.from({ length: MOST_BEATS }, (_, i) => ({ id: `${i}` }))
    expect(read({ beats: most }).beats).toEqual(most)
    expect(flaw({ beats: [...most, { id: 'x' }] })).toBe(
      'bad_body: beats must hold 1 to 1000 beats, not 1001',
    )
  })

  test('integers keep their digits, each its own', () => {
    expect(
      read('{"beats":[{"id":1},{"id":"x","profile":{"id":9}},{"id":98765432109876543210}]}').beats,
    ).toEqual([{ id: '1' }, { id: 'x', profile: { id: 9 } }, { id: '98765432109876543210' }])
  })

  test('property: what is wrong with one is said with its index', () => {
    const bad = fc.constantFrom<unknown>(
      {},
      { id: '' },
      { id: 'x', foo: 1 },
      { id: 'x', period: 1 },
      7,
      null,
      [],
    )
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), bad, (before, after, wrong) => {
        const good = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `${i}` }))
        expect(flaw({ beats: [...good(before), wrong, ...good(after)] })).toContain(`: beats.${before}: `)
      }),
    )
  })
})

const NO_ID = 'an id is a string of 1-256 bytes without control characters, or an integer'

test.each<[unknown, string]>([
  ['', 'bad_body: the body must be JSON'],
  ['{"id":"x"', 'bad_body: the body must be JSON'],
  ['[]', 'bad_body: the body must be an object'],
  ['[{"id":"x"}]', 'bad_body: the body must be an object'],
  ['null', 'bad_body: the body must be an object'],
  ['"x"', 'bad_body: the body must be an object'],
  ['['.repeat(501) + ']'.repeat(501), 'bad_body: the body must not be nested over 500 deep'],
  [{}, `bad_id: id: nothing is no id; ${NO_ID}`],
  [{ id: '' }, `bad_id: id: "" is no id; ${NO_ID}`],
  [{ id: null }, `bad_id: id: null is no id; ${NO_ID}`],
  [{ id: 1.5 }, `bad_id: id: 1.5 is no id; ${NO_ID}`],
  ['{"id":1e3}', `bad_id: id: 1000 is no id; ${NO_ID}`],
  ['{"id":-0.0}', `bad_id: id: 0 is no id; ${NO_ID}`],
  [{ id: ['x'] }, `bad_id: id: a list of 1 is no id; ${NO_ID}`],
  [{ id: 'a\nb' }, `bad_id: id: "a\\nb" is no id; ${NO_ID}`],
  ['{"id":"\\ud800"}', 'bad_id: id: '],
  [{ id: 'é'.repeat(129) }, 'bad_id: id: '],
  [{ id: 'x', period: 999 }, 'bad_body: period is 999: send an integer from 1000 to 86400000'],
  [{ id: 'x', period: 86_400_001 }, 'bad_body: period is 86400001: '],
  [{ id: 'x', period: 1_000.5 }, 'bad_body: period is 1000.5: '],
  [{ id: 'x', period: '60s' }, 'bad_body: period is "60s": '],
  [{ id: 'x', period: null }, 'bad_body: period is null: '],
  [{ id: 'x', grace: -1 }, 'bad_body: grace is -1: send an integer from 0 to 86400000'],
  ['{"id":"x","grace":1e400}', 'bad_body: grace is Infinity: '],
  [{ id: 'x', name: 7 }, 'bad_body: name is 7: send a string, or leave it out'],
  [{ id: 'x', name: null }, 'bad_body: name is null: '],
  [{ id: 'x', name: '\u001b[2J' }, 'bad_body: name is '],
  [{ id: 'x', name: 'x'.repeat(1_025) }, 'bad_data: name is over 1024 bytes: '],
  [{ id: 'x', type: 'x'.repeat(257) }, 'bad_data: type is over 256 bytes: '],
  [
    { id: 'x', profile: [1] },
    'bad_body: profile is a list of 1: send an object, null for none, or leave it out',
  ],
  [{ id: 'x', profile: 'x' }, 'bad_body: profile is "x": '],
  [{ id: 'x', profile: { a: 'x'.repeat(100) } }, 'bad_data: profile is over 100 bytes as JSON: send less'],
  [
    `{"id":"x","profile":${'{"a":'.repeat(65)}1${'}'.repeat(65)}}`,
    'bad_data: profile is nested over 64 deep',
  ],
  [{ id: 'x', bye: false }, 'bad_body: bye is false: send true, or leave it out'],
  [{ id: 'x', bye: 1 }, 'bad_body: bye is 1: '],
  [
    { id: 'x', timeout: 1 },
    'bad_body: unknown key "timeout": known are id, period, grace, name, type, profile, bye',
  ],
  ['{"id":"x","__proto__":{}}', 'bad_body: unknown key "__proto__": '],
  ['{"id":"x","constructor":1}', 'bad_body: unknown key "constructor": '],
  [{ id: 'x', ['k'.repeat(500)]: 1 }, `bad_body: unknown key "${'k'.repeat(100)}": `],
  [{ beats: {} }, 'bad_body: beats must be a list of beats'],
  [{ beats: [] }, 'bad_body: beats must hold 1 to 1000 beats, not 0'],
  [{ beats: [{ id: 'x' }], id: 'y' }, 'bad_body: unknown key "id": known are beats alone'],
  [{ beats: [{ id: 'x' }, { beats: [] }] }, 'bad_body: beats.1: unknown key "beats": '],
  [{ beats: ['x'] }, 'bad_body: beats.0: a beat must be an object'],
])('%j is refused', (body, message) => {
  expect(flaw(body).slice(0, message.length)).toBe(message)
})

test('property: whatever JSON comes, it is taken or refused', () => {
  fc.assert(fc.property(fc.json(), text => expect(flaw(text)).toMatch(/^(taken$|bad_)/)))
})

test('property: what is taken is what was sent', () => {
  const beat = fc.record(
    {
      id: fc.stringMatching(/^[a-z0-9:._-]{1,40}$/),
      period: fc.integer({ min: 1_000, max: 86_400_000 }),
      grace: fc.integer({ min: 0, max: 86_400_000 }),
      bye: fc.constant(true as const),
    },
    { requiredKeys: ['id'] },
  )
  fc.assert(
    fc.property(fc.array(beat, { minLength: 1, maxLength: 20 }), beats => {
      expect(read({ beats })).toEqual({ many: true, beats })
    }),
  )
})
