// `POST /v1/push` against a stub: what it asks the server for, how far a token reaches, and each body that cannot be.

import { describe, expect, test } from 'bun:test'
import { appOf, type StubDesk, tokenFor } from '../../test/support/stub-desk.ts'
import { stubMember, stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { NOBODY, type Reach } from '../auth/authority.ts'
import type { PushResult } from '../server/api.ts'

const REACHED: PushResult = { reached: 1, suspect: 0, offline: 0, unknown: 0 }
const NOWHERE = { members: [], groups: [], types: [], all: false, anonymous: false, except: [] }

/** What the server was called with, and what came of it. */
async function post(body: BodyInit, headers: Record<string, string> = {}, desk: StubDesk = {}) {
  const calls: unknown[][] = []
  const server = stubPresenceServer({
    members: [
      stubMember({ id: '7' }),
      stubMember({ id: '8', seenGroups: ['room'] }),
      stubMember({ id: '9' }),
    ],
    push: (_, ...call) => {
      calls.push(call)
      return REACHED
    },
  })
  const request = new Request('http://localhost/v1/push', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
  const response = await appOf(server, desk)(request)
  return { status: response.status, body: await response.json(), calls }
}

const pushed = (body: object, desk?: StubDesk) => post(JSON.stringify(body), {}, desk)

test.each<[object, object, unknown, object]>([
  [{ to: ['7'], data: 'hi' }, { members: ['7'] }, 'hi', {}],
  [{ to: ['7', '张伟', '7'], data: 'hi' }, { members: ['7', '张伟'] }, 'hi', {}],
  [{ group: 'room', data: { a: 1 } }, { groups: ['room'] }, { a: 1 }, {}],
  [{ groups: ['a', 'b'], group: 'b', data: 1 }, { groups: ['a', 'b'] }, 1, {}],
  [{ type: 'teacher', data: [1], ack: 2_000 }, { types: ['teacher'] }, [1], { ack: 2_000 }],
  [{ type: '', types: ['x'], data: 0 }, { types: ['x', ''] }, 0, {}],
  [{ all: true, data: null }, { all: true }, null, {}],
  [{ all: true, anonymous: true, data: 1 }, { all: true, anonymous: true }, 1, {}],
  [{ all: true, except: ['7'], data: 1 }, { all: true, except: ['7'] }, 1, {}],
  [
    { to: ['7'], groups: ['a'], types: ['t'], data: 1 },
    { members: ['7'], groups: ['a'], types: ['t'] },
    1,
    {},
  ],
])('%j', async (body, targets, data, options) => {
  const calls = [[{ ...NOWHERE, ...targets }, data, options]]
  expect(await pushed(body)).toEqual({ status: 200, body: REACHED, calls })
})

describe('with a token', () => {
  const push: Reach = { all: false, members: new Set(['7']), groups: new Set(['room']) }
  const within = (push: Reach): StubDesk => ({
    callerOf: () => ({ ok: true, caller: tokenFor('me', { watch: NOBODY, ask: NOBODY, push }) }),
  })

  test('members beyond count as unknown, whether they are known or not', async () => {
    const { body, calls } = await pushed({ to: ['7', '8', '9', 'nobody'], data: 1 }, within(push))
    expect(body).toEqual({ ...REACHED, unknown: 2 })
    expect(calls).toEqual([[{ ...NOWHERE, members: ['7', '8'] }, 1, {}]])
  })

  test('a group within', async () => {
    const { status, calls } = await pushed({ group: 'room', data: 1 }, within(push))
    expect([status, calls]).toEqual([200, [[{ ...NOWHERE, groups: ['room'] }, 1, {}]]])
  })

  test.each([
    [{ group: 'other' }, 'this token may not push to the group "other"'],
    [{ groups: ['room', 'other'] }, 'this token may not push to the group "other"'],
    [{ type: 'teacher' }, 'this token may not push to all or to types: name members or groups'],
    [{ all: true }, 'this token may not push to all or to types: name members or groups'],
    [{ all: true, anonymous: true }, 'this token may not push to all or to types: name members or groups'],
  ])('%j is beyond', async (targets, detail) => {
    const { status, body, calls } = await pushed({ ...targets, data: 1 }, within(push))
    expect([status, body.code, body.detail, calls]).toEqual([403, 'beyond_rights', detail, []])
  })

  test('that reaches everybody', async () => {
    const everybody = { all: true, members: new Set<string>(), groups: new Set<string>() }
    const { status } = await pushed({ all: true, data: 1 }, within(everybody))
    expect(status).toBe(200)
  })

  test('one that reaches nobody is not told to name others', async () => {
    const { status, body } = await pushed({ all: true, data: 1 }, within(NOBODY))
    expect([status, body.detail]).toEqual([
      403,
      'this token may not push to anybody: its claim push names nobody',
    ])
  })

  test('that reaches nobody', async () => {
    const { body, calls } = await pushed({ to: ['7'], data: 1 }, within(NOBODY))
    expect(body.unknown).toBe(1)
    expect(calls).toEqual([[NOWHERE, 1, {}]])
  })
})

const ID = 'must be an id: 1 to 256 bytes of UTF-8 without control characters'
const ACK = 'ack must be whole milliseconds from 1 to 5000'
const TARGET = 'give to, group, groups, type, types or all: whom it is for'
const ids = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`)
const nested = (depth: number) => `{"all":true,"data":${'['.repeat(depth)}${']'.repeat(depth)}}`

test.each<[name: string, body: object | string, code: string, detail: string]>([
  ['no target', { data: 1 }, 'bad_body', TARGET],
  ['only exceptions', { except: ['7'], data: 1 }, 'bad_body', TARGET],
  ['all is false', { all: false, data: 1 }, 'bad_body', 'all must be true, or left out'],
  [
    'anonymous alone',
    { anonymous: true, data: 1 },
    'bad_body',
    'anonymous goes with all: leave it out, or say all',
  ],
  ['anonymous of some', { to: ['7'], anonymous: true, data: 1 }, 'bad_body', 'anonymous goes with all'],
  ['no data', { all: true }, 'bad_body', 'data must be there: what to send'],
  ['no ids', { to: [], data: 1 }, 'bad_body', 'to must name at least one'],
  ['no groups', { groups: [], data: 1 }, 'bad_body', 'groups must name at least one'],
  ['an id for a list', { to: '7', data: 1 }, 'bad_body', 'to must be a list of ids'],
  ['a number for an id', { to: ['7', 8], data: 1 }, 'bad_body', `to.1 ${ID}`],
  ['an empty id', { to: ['7', ''], data: 1 }, 'bad_id', `to.1 ${ID}`],
  ['half a character', { to: ['\ud800'], data: 1 }, 'bad_id', `to.0 ${ID}`],
  ['a long group', { group: 'x'.repeat(257), data: 1 }, 'bad_id', `group ${ID}`],
  [
    'a long type',
    { type: 'x'.repeat(257), data: 1 },
    'bad_body',
    'type must be a type: at most 256 characters',
  ],
  ['too many ids', { to: ids(10_001), data: 1 }, 'bad_body', 'to must name at most 10000'],
  ['too many groups', { groups: ids(101), data: 1 }, 'bad_body', 'groups must name at most 100'],
  ['no time', { all: true, data: 1, ack: 0 }, 'bad_body', ACK],
  ['half a millisecond', { all: true, data: 1, ack: 1.5 }, 'bad_body', ACK],
  ['time as text', { all: true, data: 1, ack: '2s' }, 'bad_body', ACK],
  ['too long', { all: true, data: 1, ack: 5_001 }, 'bad_body', ACK],
  [
    'an unknown key',
    { all: true, data: 1, retain: true },
    'bad_body',
    'unknown key "retain": known are to, group,',
  ],
  ['a list', '[]', 'bad_body', 'the body must be an object'],
  ['nothing', 'null', 'bad_body', 'the body must be an object'],
  ['an empty body', '', 'bad_body', 'the body must be JSON'],
  ['half a body', '{"all":true,', 'bad_body', 'the body must be JSON'],
  ['a deep one', nested(500), 'bad_body', 'the body must not be nested over 500 deep'],
  ['a million brackets', '['.repeat(1_000_000), 'bad_body', 'the body must not be nested over 500 deep'],
  [
    'a key of all objects',
    '{"all":true,"data":1,"__proto__":{}}',
    'bad_body',
    'unknown key "__proto__": known are',
  ],
])('%s is refused', async (_, body, code, detail) => {
  const answer = await post(typeof body === 'string' ? body : JSON.stringify(body))
  expect([answer.status, answer.body.code, answer.calls]).toEqual([400, code, []])
  expect(answer.body.detail).toStartWith(detail)
})

test('brackets in a text are no nesting', async () => {
  const data = `\\"${'[{'.repeat(1_000)}`
  expect((await pushed({ all: true, data })).calls).toMatchObject([[{}, data, {}]])
})

test('bytes that are no UTF-8', async () => {
  const { status, body } = await post(new Uint8Array([0x22, 0xff, 0x22]))
  expect([status, body.detail]).toEqual([400, 'the body must be UTF-8'])
})

describe('length', () => {
  const bodyOf = (bytes: number) => `{"all":true,"data":"${'x'.repeat(bytes - 22)}"}`

  test('the most is taken, a byte more is not', async () => {
    expect((await post(bodyOf(1_048_576))).status).toBe(200)
    const { status, body, calls } = await post(bodyOf(1_048_577))
    expect([status, body.code, calls]).toEqual([413, 'too_large', []])
    expect((await post(bodyOf(2_000), {}, { mostBody: 1_024 })).status).toBe(413)
  })

  test('said and not true', async () => {
    const { status, body } = await post(bodyOf(2_000), { 'content-length': '10' }, { mostBody: 1_024 })
    expect([status, body.code]).toEqual([413, 'too_large'])
  })

  test('a body that does not say how long it is', async () => {
    const chunk = new Uint8Array(100_000).fill(0x20)
    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulled++
        controller.enqueue(chunk)
      },
    })
    expect((await post(endless)).status).toBe(413)
    expect(pulled).toBeLessThan(20)
  })

  test('a body that breaks off', async () => {
    const broken = () =>
      new ReadableStream({
        pull(controller) {
          controller.error(new Error('reset'))
        },
      })
    for (const headers of [{}, { 'content-length': '100' }]) {
      const { status, body } = await post(broken(), headers as Record<string, string>)
      expect([status, body.code, body.detail]).toEqual([400, 'bad_body', 'the body broke off'])
    }
  })
})

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonp',
  'application/merge-patch+json',
  '',
])('content-type %p is refused: a page of another site could send it unasked', async type => {
  const { status, body, calls } = await post('{"all":true,"data":1}', { 'content-type': type })
  expect([status, body.code, calls]).toEqual([415, 'not_json', []])
})

test('content-type may say a charset', async () => {
  const { status } = await post('{"all":true,"data":1}', { 'content-type': 'Application/JSON;charset=utf-8' })
  expect(status).toBe(200)
})
