// Every route and each bad input, against a stub: nothing listens here.

import { describe, expect, test } from 'bun:test'
import {
  type Stub,
  stubMember,
  stubPresenceServer,
  stubSession,
} from '../../test/support/stub-presence-server.ts'
import { createApp } from './app.ts'

async function get(stub: Stub, path: string, method = 'GET') {
  const response = await createApp(stubPresenceServer(stub))(
    new Request(`http://localhost${path}`, { method }),
  )
  return { status: response.status, headers: response.headers, text: await response.text() }
}

async function json(stub: Stub, path: string) {
  const { status, text } = await get(stub, path)
  return { status, body: JSON.parse(text) }
}

describe('GET /v1/members', () => {
  const members = [stubMember({ id: 'b', state: 'away' }), stubMember({ id: 'a' }), stubMember({ id: '丙' })]

  test('answers exactly these keys, by id', async () => {
    const { status, body } = await json({ members }, '/v1/members')
    expect(status).toBe(200)
    expect(body.cursor).toBeNull()
    expect(Object.keys(body)).toEqual(['members', 'cursor'])
    expect(body.members[0]).toEqual({
      id: 'a',
      name: null,
      type: null,
      state: 'online',
      since: 1_700_000_000_000,
      joinedAt: 1_700_000_000_000,
      lastEvidenceAt: 1_700_000_001_000,
      lastBeatAt: null,
      reason: null,
      version: 1,
      sessions: 1,
    })
    expect(body.members.map(({ id }: { id: string }) => id)).toEqual(['a', 'b', '丙'])
  })

  test('walks through the pages, also past ids that are no ASCII', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const path: string = `/v1/members?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`
      const { body } = await json({ members: [...members, stubMember({ id: '丁' })] }, path)
      seen.push(...body.members.map(({ id }: { id: string }) => id))
      cursor = body.cursor
    } while (cursor !== null)
    expect(seen).toEqual(['a', 'b', '丁', '丙'])
  })

  test('50 at a time unless asked', async () => {
    const many = Array.from({ length: 300 }, (_, i) => stubMember({ id: `m${i}` }))
    expect((await json({ members: many }, '/v1/members')).body.members).toHaveLength(50)
    expect((await json({ members: many }, '/v1/members?limit=200')).body.members).toHaveLength(200)
  })

  test('by state', async () => {
    const { body } = await json({ members }, '/v1/members?state=away')
    expect(body.members.map(({ id }: { id: string }) => id)).toEqual(['b'])
  })

  test('held and degraded show only when they are true', async () => {
    const stub: Stub = { members: [stubMember({ id: 'h', held: true })], status: { degraded: true } }
    const { body } = await json(stub, '/v1/members')
    expect(body.degraded).toBe(true)
    expect(body.members[0].held).toBe(true)
  })
})

describe('GET /v1/members/{id}', () => {
  test.each(['a/b', '张伟', 'x?y#z', '%41', '__proto__', '漢'.repeat(85), '<img src=x>', ' '])(
    '%s',
    async id => {
      const stub: Stub = { members: [stubMember({ id })], sessions: [stubSession({ id: 's1', member: id })] }
      const { status, body } = await json(stub, `/v1/members/${encodeURIComponent(id)}`)
      expect(status).toBe(200)
      expect(body.member.id).toBe(id)
      expect(body.sessions).toEqual([
        {
          id: 's1',
          member: id,
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
        },
      ])
    },
  )

  test('an unknown one', async () => {
    const { status, body } = await json({}, '/v1/members/nobody')
    expect(status).toBe(404)
    expect(body).toEqual({ error: { code: 'unknown_member', message: 'no member has the id "nobody"' } })
  })
})

describe('GET /v1/sessions', () => {
  const sessions = [
    stubSession({ id: '1', member: 'a', held: true }),
    stubSession({ id: '2', clientId: '7f00000108fc00000001' }),
    stubSession({ id: '3', member: 'b' }),
  ]

  test('those with a member, in pages', async () => {
    const first = await json({ sessions }, '/v1/sessions?limit=1')
    expect(first.body.sessions).toMatchObject([{ id: '1', held: true }])
    const second = await json({ sessions }, `/v1/sessions?limit=1&cursor=${first.body.cursor}`)
    expect(second.body).toMatchObject({ sessions: [{ id: '3' }], cursor: null })
  })

  test('anonymous ones by client id', async () => {
    const { body } = await json({ sessions }, '/v1/sessions?anonymous=true')
    expect(body.sessions).toMatchObject([{ id: '2', member: null, clientId: '7f00000108fc00000001' }])
  })
})

test.each([
  ['/v1/members?limit=0', 400, 'bad_query', 'limit "0" must be a whole number from 1 to 200'],
  ['/v1/members?limit=201', 400, 'bad_query', 'limit "201" must be a whole number from 1 to 200'],
  ['/v1/members?limit=1e2', 400, 'bad_query', 'limit "1e2" must be a whole number from 1 to 200'],
  ['/v1/members?limit=', 400, 'bad_query', 'limit "" must be a whole number from 1 to 200'],
  ['/v1/members?limit=5&limit=6', 400, 'bad_query', 'parameter limit is given twice: leave one out'],
  [
    '/v1/members?state=asleep',
    400,
    'bad_query',
    'state "asleep" must be one of online, away, suspect, offline',
  ],
  ['/v1/members?stat=away', 400, 'bad_query', 'unknown parameter "stat": known are cursor, limit, state'],
  [
    '/v1/members?__proto__=1',
    400,
    'bad_query',
    'unknown parameter "__proto__": known are cursor, limit, state',
  ],
  ['/v1/members?cursor=!!', 400, 'bad_cursor', 'cursor "!!" is none of ours: take it from the answer before'],
  ['/v1/members?cursor=', 400, 'bad_cursor', 'cursor "" is none of ours: take it from the answer before'],
  ['/v1/sessions?anonymous=maybe', 400, 'bad_query', 'anonymous "maybe" must be true or false'],
  [`/v1/members/${'x'.repeat(257)}`, 400, 'bad_id', 'the id in the path must be 1 to 256 bytes'],
  ['/v1/members/%00', 400, 'bad_id', 'the id in the path must be 1 to 256 bytes'],
  ['/v1/members/%zz', 400, 'bad_id', 'the id in the path must be 1 to 256 bytes'],
  ['/v1/members/%ff', 400, 'bad_id', 'the id in the path must be 1 to 256 bytes'],
  ['/v1/members/a/b', 404, 'not_found', 'there is nothing at /v1/members/a/b'],
  ['/v2/members', 404, 'not_found', 'there is nothing at /v2/members'],
  ['/../../etc/passwd', 404, 'not_found', 'there is nothing at /etc/passwd'],
])('%s is answered with %i %s', async (path, status, code, message) => {
  const answer = await json({}, path)
  expect(answer.status).toBe(status)
  expect(answer.body.error.code).toBe(code)
  expect(answer.body.error.message).toStartWith(message)
})

test.each(['/', '/v1/members', '/v1/members/7', '/healthz'])('%s refuses other methods', async path => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status, headers, text } = await get({}, path, method)
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(JSON.parse(text).error.code).toBe('method_not_allowed')
  }
  const head = await get({ members: [stubMember({ id: '7' })] }, path, 'HEAD')
  expect([head.status, head.text]).toEqual([200, ''])
})

describe('health', () => {
  test('/healthz tells how it is', async () => {
    const { status, body } = await json(
      { members: [stubMember({ id: '7' })], status: { ready: false } },
      '/healthz',
    )
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'ok',
      ready: false,
      members: { online: 1, away: 0, suspect: 0, offline: 0 },
    })
  })

  test('/readyz is 503 until ready', async () => {
    expect(await json({ status: { ready: true } }, '/readyz')).toEqual({
      status: 200,
      body: { ready: true, degraded: false },
    })
    expect((await json({ status: { ready: false } }, '/readyz')).status).toBe(503)
    const full = await json({ status: { degraded: true, problem: 'disk full' } }, '/readyz')
    expect(full).toEqual({ status: 200, body: { ready: true, degraded: true, problem: 'disk full' } })
  })
})

describe('what every answer carries', () => {
  test.each(['/v1/members', '/v1/members/x', '/healthz', '/nothing'])('%s', async path => {
    const { headers } = await get({}, path)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
  })

  test.each(['/', '/demo/user?user_id=%3Cscript%3E', '/demo/admin'])('page %s', async path => {
    const app = createApp(stubPresenceServer({}))
    for (const _ of ['once', 'again']) {
      const page = await app(new Request(`http://localhost${path}`))
      const text = await page.text()
      const policy = page.headers.get('content-security-policy') ?? ''
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("script-src 'self' 'sha256-")
      expect(policy).toContain("require-trusted-types-for 'script'")
      expect(policy).not.toContain('unsafe')
      for (const [, script] of text.matchAll(/<(?:script|style)[^>]*>([\s\S]*?)<\/(?:script|style)>/g))
        expect(policy).toContain(new Bun.CryptoHasher('sha256').update(script ?? '').digest('base64'))
      expect(text).not.toMatch(/innerHTML|{{|<script>$|https?:\/\/(?!\$)/)
    }
  })
})
