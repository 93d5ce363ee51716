// Sessions, what is kept with them, gateway links and numbers, against a stub that notes what it is asked for.

import { beforeEach, describe, expect, test } from 'bun:test'
import { appOf } from '../../test/support/stub-desk.ts'
import { stubMember, stubPresenceServer, stubSession } from '../../test/support/stub-presence-server.ts'
import { SystoleError } from '../errors.ts'
import type { PresenceServer } from '../server/api.ts'

let calls: unknown[][]
/** What the server throws at whatever is asked of it. */
let trouble: Error | null

beforeEach(() => {
  calls = []
  trouble = null
})

function note(...call: unknown[]): void {
  calls.push(call)
  if (trouble !== null) throw trouble
}

function server(): PresenceServer {
  const sessions = [
    stubSession({ id: '12', member: '7' }),
    stubSession({ id: '13', member: '7' }),
    stubSession({ id: '14', clientId: 'c1' }),
  ]
  return {
    ...stubPresenceServer({ members: [stubMember({ id: '7' })], sessions }),
    setSessionData: async (session, data) => {
      note('data', session, data)
      return session === '12'
    },
    bind: (...call) => note('bind', ...call),
    unbind: (...call) => note('unbind', ...call),
  }
}

async function call(method: string, path: string, body?: unknown) {
  const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const request = new Request(`http://localhost${path}`, { method, ...text, headers })
  const response = await appOf(server())(request)
  const answer = await response.text()
  return { status: response.status, body: answer === '' ? null : JSON.parse(answer) }
}

describe('sessions', () => {
  test('of a member, in pages', async () => {
    const first = await call('GET', '/v1/sessions?member=7&limit=1')
    expect(first.body.sessions.map(({ id }: { id: string }) => id)).toEqual(['12'])
    const second = await call('GET', `/v1/sessions?member=7&limit=1&cursor=${first.body.cursor}`)
    expect(second.body.sessions.map(({ id }: { id: string }) => id)).toEqual(['13'])
    expect(second.body.cursor).toBeNull()
    expect((await call('GET', '/v1/sessions?member=nobody')).body.sessions).toEqual([])
  })

  test('those with a member, or those without', async () => {
    const ids = async (query: string) =>
      (await call('GET', `/v1/sessions?${query}`)).body.sessions.map(({ id }: { id: string }) => id)
    expect(await ids('')).toEqual(['12', '13'])
    expect(await ids('anonymous=false')).toEqual(['12', '13'])
    expect(await ids('anonymous=true')).toEqual(['14'])
  })

  test('one shows exactly these keys', async () => {
    const { body } = await call('GET', '/v1/sessions/12')
    expect(body.session).toEqual({
      id: '12',
      member: '7',
      clientId: null,
      dialect: 'heartbeat',
      state: 'online',
      since: 1_700_000_000_000,
      beganAt: 1_700_000_000_000,
      lastEvidenceAt: 1_700_000_001_000,
      lastBeatAt: null,
      reason: null,
      address: '127.0.0.1',
      rtt: null,
      node: 'stub',
      expires: null,
      data: null,
    })
  })

  test.each([
    ['anonymous=maybe', 'bad_query', 'anonymous "maybe" must be true or false'],
    ['anonymous=true&member=7', 'bad_query', 'anonymous sessions have no member'],
    ['member=', 'bad_id', 'member "" must be an id'],
    ['cursor=YQ', 'bad_cursor', 'the cursor is of another list'],
  ])('%s is refused', async (query, code, detail) => {
    const { status, body } = await call('GET', `/v1/sessions?${query}`)
    expect([status, body.code]).toEqual([400, code])
    expect(body.detail).toStartWith(detail)
  })

  test('data is kept, and taken away', async () => {
    expect((await call('PUT', '/v1/sessions/12/data', { seat: 4 })).body.session.id).toBe('12')
    await call('PUT', '/v1/sessions/12/data', 'null')
    expect((await call('DELETE', '/v1/sessions/12/data')).status).toBe(204)
    expect(calls).toEqual([
      ['data', '12', { seat: 4 }],
      ['data', '12', null],
      ['data', '12', null],
    ])
  })

  test('one that is not open', async () => {
    for (const [method, path, body] of [
      ['GET', '/v1/sessions/99'],
      ['GET', '/v1/sessions/constructor'],
      ['PUT', '/v1/sessions/99/data', '1'],
      ['DELETE', '/v1/sessions/99/data'],
    ] as const)
      expect((await call(method, path, body)).body).toMatchObject({ status: 404, code: 'unknown_session' })
  })

  test('data without a body', async () => {
    expect((await call('PUT', '/v1/sessions/12/data')).status).toBe(415)
  })
})

describe('gateway links', () => {
  test('are bound and unbound', async () => {
    expect((await call('PUT', '/v1/connections/c1/member', { member: '7' })).status).toBe(204)
    expect((await call('DELETE', '/v1/connections/c1/member')).status).toBe(204)
    expect(calls).toEqual([
      ['bind', 'c1', '7'],
      ['unbind', 'c1'],
    ])
  })

  test('that are not there', async () => {
    trouble = new SystoleError('unknown_client', 'no open gateway connection')
    expect((await call('DELETE', '/v1/connections/c9/member')).body).toMatchObject({
      status: 404,
      code: 'unknown_client',
    })
    expect((await call('PUT', '/v1/connections/c9/member', { member: '' })).body.code).toBe('bad_id')
  })
})

test('stats', async () => {
  const { body } = await call('GET', '/v1/stats')
  expect(body).toMatchObject({ node: 'stub', ready: true, groups: 0, connections: 3 })
  expect(body.listeners).toEqual([
    { host: '127.0.0.1', port: 9502, dialect: 'auto', bound: 'offline after 30 s of silence' },
  ])
})
