// Who may do what: keys, scopes, tokens, how often; and pages of other origins.

import { describe, expect, test } from 'bun:test'
import { appOf, keyFor, keysOf, type StubDesk, tokenFor } from '../../test/support/stub-desk.ts'
import { stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import type { CallerOf } from '../auth/access.ts'
import { type Caller, EVERYBODY, NOBODY, SCOPES, type Scope } from '../auth/authority.ts'
import { ROUTES } from './routes.ts'

const KEYS = keysOf({
  all: keyFor('all', ...SCOPES),
  boss: keyFor('boss', 'admin'),
  reader: keyFor('reader', 'read'),
  pusher: keyFor('pusher', 'push'),
  token: tokenFor('7', { watch: EVERYBODY, ask: EVERYBODY, push: NOBODY }),
})

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const pathOf = (path: string) => path.replaceAll(/\{\w+\}/g, 'x')
const inWords = ROUTES.map(route => [`${route.method} ${route.path}`, route] as const)

async function ask(method: string, path: string, headers: Record<string, string>, desk: StubDesk = {}) {
  const app = appOf(stubPresenceServer({}), { callerOf: KEYS, ...desk })
  const response = await app(new Request(`http://localhost${path}`, { method, headers }), '192.0.2.1')
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
}

describe.each(inWords.filter(([, { scope }]) => scope !== null))(
  '%s',
  (_, { method, path, scope, token }) => {
    const call = (authorization?: string) =>
      ask(method.toUpperCase(), pathOf(path), authorization === undefined ? {} : { authorization })

    test('without a key, with a wrong one', async () => {
      const without = await call()
      expect([without.status, without.body.code]).toEqual([401, 'no_key'])
      expect(without.headers.get('www-authenticate')).toBe('Bearer realm="systole"')
      const wrong = await call('Bearer nonsense')
      expect([wrong.status, wrong.body.code]).toEqual([401, 'bad_key'])
      expect(wrong.headers.get('www-authenticate')).toBe('Bearer realm="systole", error="invalid_token"')
      expect(JSON.stringify(wrong.body)).not.toContain('nonsense')
    })

    test('with a key for something else', async () => {
      const other = scope === 'read' ? 'pusher' : 'reader'
      const { status, headers, body } = await call(`Bearer ${other}`)
      expect([status, body.code, body.scope]).toEqual([403, 'missing_scope', scope])
      expect(body.detail).toBe(`the key "${other}" may not do this: it lacks the scope ${scope}`)
      expect(headers.get('www-authenticate')).toBe(
        `Bearer realm="systole", error="insufficient_scope", scope="${scope}"`,
      )
    })

    test('admin is enough', async () => {
      expect([401, 403]).not.toContain((await call('Bearer boss')).status)
    })

    test(token ? 'a token will do' : 'a token will not do', async () => {
      const { status, body } = await call('Bearer token')
      if (token) expect([401, 403]).not.toContain(status)
      else expect([status, body.code]).toEqual([403, 'missing_scope'])
    })
  },
)

describe.each(['/healthz', '/readyz', '/openapi.json'])('%s', path => {
  test('asks nobody for a key', async () => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }])
      expect((await ask('GET', path, headers)).status).toBe(200)
  })
})

test('who may not read is told no number', async () => {
  expect((await ask('GET', '/healthz', {})).body).toEqual({ status: 'ok' })
  expect((await ask('GET', '/healthz', { authorization: 'Bearer pusher' })).body).toEqual({ status: 'ok' })
  expect((await ask('GET', '/healthz', { authorization: 'Bearer reader' })).body.sessions).toBe(0)
})

describe('an access that cannot say', () => {
  const refusing =
    (status: 429 | 503, code: 'too_many_failures' | 'unavailable'): CallerOf =>
    () => ({ ok: false, status, code, message: 'not now', retryAfter: 2.2 })

  test.each([
    [429, 'too_many_failures'],
    [503, 'unavailable'],
  ] as const)('%i', async (status, code) => {
    for (const callerOf of [refusing(status, code), async () => refusing(status, code)(null, '')]) {
      const answer = await ask('GET', '/v1/members', {}, { callerOf: callerOf as CallerOf })
      expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
        status,
        code,
        '3',
      ])
    }
  })
})

describe('how often', () => {
  test('each caller for itself, with when to come back', async () => {
    let now = 0
    const app = appOf(stubPresenceServer({}), { callerOf: KEYS, requests: 2, now: () => now })
    const call = async (key: string) => {
      const headers = { authorization: `Bearer ${key}` }
      const response = await app(new Request('http://localhost/v1/members', { headers }))
      return [response.status, response.headers.get('retry-after')]
    }
    expect(await call('reader')).toEqual([200, null])
    expect(await call('reader')).toEqual([200, null])
    expect(await call('reader')).toEqual([429, '1'])
    expect(await call('all')).toEqual([200, null])
    now += 500
    expect(await call('reader')).toEqual([200, null])
    expect(await call('reader')).toEqual([429, '1'])
  })

  test('by address where no key is asked for; health is not counted', async () => {
    const app = appOf(stubPresenceServer({}), { requests: 1, now: () => 0 })
    const call = async (path: string, address: string) =>
      (await app(new Request(`http://localhost${path}`), address)).status
    expect(await call('/v1/members', '192.0.2.1')).toBe(200)
    expect(await call('/v1/members', '192.0.2.1')).toBe(429)
    expect(await call('/v1/members', '192.0.2.2')).toBe(200)
    expect(await call('/healthz', '192.0.2.1')).toBe(200)
    expect(await call('/healthz', '192.0.2.1')).toBe(200)
  })
})

test('a network of IPv6 counts as one address', async () => {
  const app = appOf(stubPresenceServer({}), { requests: 1, now: () => 0 })
  const call = async (address: string) =>
    (await app(new Request('http://localhost/v1/members'), address)).status
  const addresses = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2:3:4:5:6', '2001:db8:1:3::1']
  const answers = []
  for (const address of addresses) answers.push(await call(address))
  expect(answers).toEqual([200, 429, 429, 200])
})

test('no name of a key is that of others', async () => {
  const observer = { name: 'observer', scopes: new Set<Scope>(), member: null, bucket: null }
  const callers: Record<string, Caller> = {
    anybody: keyFor('anybody', 'read'),
    observer: keyFor('observer', 'read'),
    'member:7': keyFor('member:7', 'read'),
    token: tokenFor('7', { watch: EVERYBODY, ask: EVERYBODY, push: NOBODY }),
    looks: { ...observer, rights: { watch: EVERYBODY, ask: EVERYBODY, push: NOBODY } },
  }
  const app = appOf(stubPresenceServer({}), { callerOf: keysOf(callers), requests: 1, now: () => 0 })
  const call = async (key: string, address: string) => {
    const headers = { authorization: `Bearer ${key}` }
    return (await app(new Request('http://localhost/v1/members', { headers }), address)).status
  }
  for (const key of Object.keys(callers)) expect([key, await call(key, '192.0.2.1')]).toEqual([key, 200])
  // a key, and a member, is one caller wherever it comes from; who looks on has no name but its address
  for (const key of ['anybody', 'observer', 'member:7', 'token'])
    expect([key, await call(key, '192.0.2.2')]).toEqual([key, 429])
  expect(await call('looks', '192.0.2.2')).toBe(200)
  expect(await call('looks', '192.0.2.2')).toBe(429)
})

test('who is refused for who it is, how much or how often is counted by the code; other refusals are not', async () => {
  const counted: string[] = []
  const desk: StubDesk = {
    callerOf: KEYS,
    requests: 5,
    now: () => 0,
    mostBody: 1_024,
    count: code => counted.push(code),
  }
  const app = appOf(stubPresenceServer({}), desk)
  const call = (path: string, key?: string, body?: string) =>
    app(
      new Request(`http://localhost${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          'content-type': 'application/json',
        },
        ...(body !== undefined && { body }),
      }),
    )
  await call('/healthz')
  await call('/v1/members')
  await call('/v1/members', 'nonsense')
  await call('/v1/push', 'reader', '{"all":true,"data":1}')
  await call('/v1/push', 'token', '{"all":true,"data":1}')
  await call('/v1/push', 'pusher', JSON.stringify({ all: true, data: 'x'.repeat(2_000) }))
  await call('/v1/members/nobody', 'reader')
  await call('/v1/members?limit=0', 'reader')
  for (let i = 0; i < 4; i++) await call('/v1/members', 'reader')
  expect(counted).toEqual([
    'no_key',
    'bad_key',
    'missing_scope',
    'beyond_rights',
    'too_large',
    'too_many_requests',
    'too_many_requests',
  ])
})

describe('a page of another origin', () => {
  const origin = 'https://app.example'

  test.each([...Map.groupBy(ROUTES, ({ path }) => path)])('may ask before %s', async (path, routes) => {
    const { status, headers } = await ask('OPTIONS', pathOf(path), {
      origin,
      'access-control-request-method': routes[0]!.method.toUpperCase(),
      'access-control-request-headers': 'authorization,content-type',
    })
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, origin])
    const allowed = headers.get('access-control-allow-methods')?.split(', ')
    const there = methods.filter(method => routes.some(route => route.method === method))
    expect(allowed?.filter(method => method !== 'HEAD').sort()).toEqual(
      there.map(method => method.toUpperCase()).sort(),
    )
    expect(headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type, Last-Event-ID')
    expect(headers.get('access-control-max-age')).toBe('7200')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('vary')).toContain('origin')
  })

  test.each([
    ['/v1/members', 'Bearer reader', 200],
    ['/v1/members', 'Bearer wrong', 401],
    ['/v1/nothing', '', 404],
  ])('may read the answer of %s (%s)', async (path, authorization, status) => {
    const { headers, ...answer } = await ask('GET', path, { origin, authorization })
    expect([answer.status, headers.get('access-control-allow-origin')]).toEqual([status, origin])
    expect(headers.get('access-control-expose-headers')).toContain('Retry-After')
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(headers.get('vary')).toBe('origin')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('that has none of its own may not: any page can make itself one', async () => {
    for (const method of ['OPTIONS', 'GET']) {
      const { headers } = await ask(method, '/v1/members', { origin: 'null', authorization: 'Bearer reader' })
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })
})
