import { expect, test } from 'bun:test'
import { appOf, keyFor, keysOf } from '../../test/support/stub-desk.ts'
import { stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { SystoleError } from '../errors.ts'
import type { EndpointStatus, Endpoints } from '../webhooks/endpoint.ts'
import { webhookRoutes } from './webhooks.ts'

const backend: EndpointStatus = {
  name: 'backend',
  url: 'https://example.org/hook',
  kinds: ['join', 'leave'],
  type: null,
  group: 'vip',
  state: 'dead',
  delivered: 12,
  failures: 3,
  failingSince: 1_700_000_000_000,
  lastSuccessAt: null,
  lastError: 'answered 410',
  nextTryAt: null,
  behindSince: 1_700_000_000_000,
  cursor: 'abc',
}

function setUp() {
  const resumed: (string | undefined)[][] = []
  const endpoints: Endpoints = {
    list: () => [backend],
    resume: async (name, from) => {
      resumed.push([name, from])
      if (from === 'nonsense') throw new SystoleError('bad_cursor', 'This is no cursor of the log.')
      return name === 'backend'
    },
    stop: async () => undefined,
  }
  const callerOf = keysOf({ a: keyFor('admin', 'admin'), r: keyFor('reader', 'read') })
  const app = appOf(stubPresenceServer({}), { routes: webhookRoutes, endpoints, callerOf })
  const ask = async (method: string, path: string, body?: unknown, key = 'a') => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const headers = { authorization: `Bearer ${key}`, ...type }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const answer = await app(new Request(`http://localhost/v1/webhooks${path}`, init))
    return { status: answer.status, body: await answer.json() }
  }
  return { ask, resumed }
}

test('all of them, and one by name', async () => {
  const { ask } = setUp()
  expect(await ask('GET', '')).toEqual({ status: 200, body: { endpoints: [backend] } })
  expect(await ask('GET', '/backend')).toEqual({ status: 200, body: { endpoint: backend } })
})

test('resumed, with or without a place', async () => {
  const { ask, resumed } = setUp()
  expect(await ask('POST', '/backend/resume')).toMatchObject({ status: 200, body: { endpoint: backend } })
  expect((await ask('POST', '/backend/resume', {})).status).toBe(200)
  expect((await ask('POST', '/backend/resume', { from: 'oldest' })).status).toBe(200)
  expect(resumed).toEqual([
    ['backend', undefined],
    ['backend', undefined],
    ['backend', 'oldest'],
  ])
})

test.each([
  ['GET', '/nobody', undefined, 404, 'unknown_endpoint'],
  ['GET', '/a%20b', undefined, 404, 'unknown_endpoint'],
  ['GET', `/${'x'.repeat(65)}`, undefined, 404, 'unknown_endpoint'],
  ['POST', '/nobody/resume', {}, 404, 'unknown_endpoint'],
  ['POST', '/backend/resume', { from: 'nonsense' }, 400, 'bad_cursor'],
  ['POST', '/backend/resume', { from: '' }, 400, 'bad_body'],
  ['POST', '/backend/resume', { from: 5 }, 400, 'bad_body'],
  ['POST', '/backend/resume', { form: 'oldest' }, 400, 'bad_body'],
  ['POST', '/backend/resume', [], 400, 'bad_body'],
] as const)('%s %s %j', async (method, path, body, status, code) => {
  const answer = await setUp().ask(method, path, body)
  expect([answer.status, answer.body.code]).toEqual([status, code])
})

test('only for an admin', async () => {
  const { ask } = setUp()
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/backend'],
    ['POST', '/backend/resume'],
  ] as const)
    expect((await ask(method, path, undefined, 'r')).status).toBe(403)
})
