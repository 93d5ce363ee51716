// `POST /v1/push` against a stub: whom it calls, what it adds up, and each body that cannot be.

import { describe, expect, test } from 'bun:test'
import { stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import type { PushResult } from '../server/api.ts'
import { createApp } from './app.ts'

const REACHED: PushResult = { reached: 1, suspect: 0, offline: 0, unknown: 0 }

/** What the server was called with, and what came of it. */
async function post(body: BodyInit, headers: Record<string, string> = {}, result = REACHED) {
  const calls: unknown[][] = []
  const server = stubPresenceServer({
    push: (...call) => {
      calls.push(call)
      return result
    },
  })
  const request = new Request('http://localhost/v1/push', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
  const response = await createApp(server)(request)
  return { status: response.status, body: await response.json(), calls }
}

const pushed = (body: object, result?: PushResult) => post(JSON.stringify(body), {}, result)

test.each<[object, unknown[]]>([
  [{ to: ['7'], data: 'hi' }, ['member', '7', 'hi', {}]],
  [{ group: 'room', data: { a: 1 } }, ['group', 'room', { a: 1 }, {}]],
  [{ type: 'teacher', data: [1], ack: 2_000 }, ['type', 'teacher', [1], { ack: 2_000 }]],
  [{ type: '', data: 0 }, ['type', '', 0, {}]],
  [{ all: true, data: null }, ['all', null, {}]],
])('%j', async (body, call) => {
  expect(await pushed(body)).toEqual({ status: 200, body: REACHED, calls: [call] })
})

test('several ids are called once each, and added up', async () => {
  const result = { reached: 2, suspect: 1, offline: 3, unknown: 4, acked: 1 }
  const { body, calls } = await pushed({ to: ['7', '张伟', '7'], data: 'hi', ack: 100 }, result)
  expect(calls.map(([, id]) => id)).toEqual(['7', '张伟'])
  expect(body).toEqual({ reached: 4, suspect: 2, offline: 6, unknown: 8, acked: 2 })
})

const ID = 'must be an id: 1 to 256 bytes of UTF-8 without control characters'
const ACK = 'ack must be whole milliseconds from 1 to 5000'
const TARGET = 'give one of to, group, type, all: whom it is for'
test.each<[object | string, string, string]>([
  [{ data: 1 }, 'bad_body', TARGET],
  [{ to: ['7'], all: true, data: 1 }, 'bad_body', TARGET],
  [{ all: false, data: 1 }, 'bad_body', 'all must be true, or left out'],
  [{ all: true }, 'bad_body', 'data must be there: what to send'],
  [{ to: [], data: 1 }, 'bad_body', 'to must name at least one id'],
  [{ to: '7', data: 1 }, 'bad_body', 'to must be a list of ids'],
  [{ to: ['7', 8], data: 1 }, 'bad_body', `to.1 ${ID}`],
  [{ to: ['7', ''], data: 1 }, 'bad_id', `to.1 ${ID}`],
  [{ to: ['\ud800'], data: 1 }, 'bad_id', `to.0 ${ID}`],
  [{ group: 'x'.repeat(257), data: 1 }, 'bad_id', `group ${ID}`],
  [{ to: Array.from({ length: 10_001 }, String), data: 1 }, 'bad_body', 'to must name at most 10000 ids'],
  [{ all: true, data: 1, ack: 0 }, 'bad_body', ACK],
  [{ all: true, data: 1, ack: 1.5 }, 'bad_body', ACK],
  [{ all: true, data: 1, ack: '2s' }, 'bad_body', ACK],
  [{ all: true, data: 1, ack: 5_001 }, 'bad_body', ACK],
  [
    { all: true, data: 1, retain: true },
    'bad_body',
    'unknown key "retain": known are to, group, type, all, data, ack',
  ],
  ['[]', 'bad_body', 'the body must be an object'],
  ['null', 'bad_body', 'the body must be an object'],
  ['', 'bad_body', 'the body must be JSON'],
  ['{"all":true,', 'bad_body', 'the body must be JSON'],
  [
    `{"all":true,"data":${'['.repeat(500)}${']'.repeat(500)}}`,
    'bad_body',
    'the body must not be nested over 500 deep',
  ],
  ['{"all":true,"data":1,"__proto__":{}}', 'bad_body', 'unknown key "__proto__": known are'],
])('%j is refused', async (body, code, message) => {
  const answer = await post(typeof body === 'string' ? body : JSON.stringify(body))
  expect([answer.status, answer.body.error.code, answer.calls]).toEqual([400, code, []])
  expect(answer.body.error.message).toStartWith(message)
})

test('brackets in a text are no nesting', async () => {
  const data = `\\"${'[{'.repeat(1_000)}`
  expect((await pushed({ all: true, data })).calls).toEqual([['all', data, {}]])
})

test('bytes that are no UTF-8', async () => {
  const { status, body } = await post(new Uint8Array([0x22, 0xff, 0x22]))
  expect([status, body.error.message]).toEqual([400, 'the body must be UTF-8'])
})

describe('length', () => {
  const bodyOf = (bytes: number) => `{"all":true,"data":"${'x'.repeat(bytes - 22)}"}`

  test('1 MiB is taken, a byte more is not', async () => {
    expect((await post(bodyOf(1_048_576))).status).toBe(200)
    const { status, body, calls } = await post(bodyOf(1_048_577))
    expect([status, body.error.code, calls]).toEqual([413, 'too_large', []])
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
})

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonp',
  '',
])('content-type %p is refused: a page of another site could send it unasked', async type => {
  const { status, body, calls } = await post('{"all":true,"data":1}', { 'content-type': type })
  expect([status, body.error.code, calls]).toEqual([415, 'not_json', []])
})

test('content-type may say a charset', async () => {
  const { status } = await post('{"all":true,"data":1}', { 'content-type': 'Application/JSON;charset=utf-8' })
  expect(status).toBe(200)
})

test('only POST', async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
    const response = await createApp(stubPresenceServer({}))(
      new Request('http://localhost/v1/push', { method }),
    )
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  }
})
