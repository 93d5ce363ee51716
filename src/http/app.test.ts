// The frame around every route: what is answered where there is nothing, how a path, a query and a body are read, what a
// throw becomes, what every answer carries. Against a stub: nothing listens here.

import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { appOf, type StubDesk } from '../../test/support/stub-desk.ts'
import { type Stub, stubMember, stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { type ErrorCode, SystoleError } from '../errors.ts'
import type { Log } from '../server/log.ts'
import { id, wholeNumber } from './fields.ts'
import { paging } from './paging.ts'
import { reply } from './reply.ts'
import { type Route, route } from './route.ts'

async function ask(path: string, init: RequestInit = {}, desk: StubDesk = {}, stub: Stub = {}) {
  const app = appOf(stubPresenceServer(stub), desk)
  const response = await app(new Request(`http://localhost${path}`, init))
  return { status: response.status, headers: response.headers, text: await response.text() }
}

async function json(path: string, init?: RequestInit, desk?: StubDesk, stub?: Stub) {
  const { status, headers, text } = await ask(path, init, desk, stub)
  return { status, headers, body: JSON.parse(text) }
}

/** A route that answers with what it was asked. */
const echo = (part: Partial<Route>): StubDesk => ({
  routes: [
    route({
      method: 'get',
      path: '/v1/echo',
      scope: 'read',
      tag: 'Test',
      summary: 'Echo',
      answers: {},
      ...(part as object),
      handle: ({ params, query, body }) => reply(200, { params, query, body }),
    }),
  ],
})

describe('the id in a path', () => {
  const desk = echo({ path: '/v1/echo/{id}/rest', params: z.object({ id }) })

  test.each(['a/b', '张伟', 'x?y#z', '%41', '__proto__', '漢'.repeat(85), '<img src=x>', ' ', '%2F'])(
    '%s',
    async given => {
      const { status, body } = await json(`/v1/echo/${encodeURIComponent(given)}/rest`, {}, desk)
      expect([status, body.params]).toEqual([200, { id: given }])
    },
  )

  test.each([
    ['x'.repeat(257), 'the id in the path must be an id: 1 to 256 bytes'],
    ['%00', 'the id in the path must be an id: 1 to 256 bytes'],
    ['%zz', 'the id in the path must be UTF-8, percent-encoded'],
    ['%ff', 'the id in the path must be UTF-8, percent-encoded'],
    ['%ed%a0%80', 'the id in the path must be UTF-8, percent-encoded'],
  ])('%s is none', async (given, detail) => {
    const { status, body } = await json(`/v1/echo/${given}/rest`, {}, desk)
    expect([status, body.code]).toEqual([400, 'bad_id'])
    expect(body.detail).toStartWith(detail)
  })
})

test('a query is read strictly: what is no UTF-8 is no other id', async () => {
  const desk = echo({ query: z.strictObject({ group: id.optional(), limit: z.string().optional() }) })
  for (const query of ['group=%ff', 'group=%F0%9F', 'limit=1&%67roup=a%C3', 'group=%ED%A0%80']) {
    const { status, body } = await json(`/v1/echo?${query}`, {}, desk)
    expect([status, body.code, body.detail]).toEqual([
      400,
      'bad_query',
      'parameter group must be UTF-8, percent-encoded',
    ])
  }
  for (const group of ['\ufffd', '张', '😀', 'a b'])
    expect((await json(`/v1/echo?group=${encodeURIComponent(group)}`, {}, desk)).body.query).toEqual({
      group,
    })
  expect((await json('/v1/echo?group=%EF%BF%BD+100%', {}, desk)).status).toBe(400)
})

describe('a query', () => {
  const state = z.enum(['away'], { error: 'must be one of away' }).optional()
  const desk = echo({ query: z.strictObject({ ...paging, n: wholeNumber(1, 9, 5, 'a number'), state }) })

  test('has defaults', async () => {
    const { body } = await json('/v1/echo', {}, desk)
    expect(body.query).toEqual({ cursor: null, limit: 50, n: 5 })
  })

  test('is decoded', async () => {
    const { body } = await json('/v1/echo?cursor=5byg&limit=200&n=9&state=%61way', {}, desk)
    expect(body.query).toEqual({ cursor: '张', limit: 200, n: 9, state: 'away' })
  })

  test.each([
    ['limit=0', 'bad_query', 'limit "0" must be a whole number from 1 to 200'],
    ['limit=201', 'bad_query', 'limit "201" must be a whole number from 1 to 200'],
    ['limit=1e2', 'bad_query', 'limit "1e2" must be a whole number from 1 to 200'],
    ['limit=', 'bad_query', 'limit "" must be a whole number from 1 to 200'],
    ['limit', 'bad_query', 'limit "" must be a whole number from 1 to 200'],
    ['limit=5&limit=6', 'bad_query', 'parameter limit is given twice: leave one out'],
    ['limit=5&l%69mit=6', 'bad_query', 'parameter limit is given twice: leave one out'],
    ['state=asleep', 'bad_query', 'state "asleep" must be one of away'],
    ['stat=away', 'bad_query', 'unknown parameter "stat": known are cursor, limit, n, state'],
    ['__proto__=1', 'bad_query', 'unknown parameter "__proto__": known are cursor, limit, n, state'],
    ['=', 'bad_query', 'unknown parameter "": known are'],
    ['cursor=!!', 'bad_cursor', 'cursor "!!" is none of ours: take it from the answer before'],
    ['cursor=', 'bad_cursor', 'cursor "" is none of ours: take it from the answer before'],
    ['cursor=%00', 'bad_cursor', 'cursor "\\u0000" is none of ours'],
    [`cursor=${'A'.repeat(3_000)}`, 'bad_cursor', 'cursor "AAAA'],
  ])('%s is refused', async (query, code, detail) => {
    const { status, body } = await json(`/v1/echo?${query}`, {}, desk)
    expect([status, body.code]).toEqual([400, code])
    expect(body.detail).toStartWith(detail)
  })

  test('of a route that takes none', async () => {
    const { status, body } = await json('/v1/echo?x=1', {}, echo({}))
    expect([status, body.detail]).toEqual([400, 'unknown parameter "x": there are none here'])
  })
})

describe('where there is nothing', () => {
  test.each([
    ['/v1/members/a/b', '/v1/members/a/b'],
    ['/v2/members', '/v2/members'],
    ['/../../etc/passwd', '/etc/passwd'],
    [`/${'x'.repeat(10_000)}`, `/${'x'.repeat(199)}`],
  ])('%s', async (path, named) => {
    const { status, headers, body } = await json(path)
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(body).toEqual({
      type: 'urn:systole:problem:not_found',
      title: 'Not found',
      status: 404,
      detail: `there is nothing at ${named}`,
      code: 'not_found',
    })
  })
})

test.each([
  ['/v1/members', 'GET, HEAD'],
  ['/v1/push', 'POST'],
  ['/v1/bans/7', 'GET, HEAD, PUT, DELETE'],
  ['/healthz', 'GET, HEAD'],
  ['/openapi.json', 'GET, HEAD'],
  ['/', 'GET, HEAD'],
])('%s answers only %s', async (path, allow) => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
    if (allow.includes(method)) continue
    const { status, headers, body } = await json(path, { method })
    expect([status, headers.get('allow')]).toEqual([405, allow])
    expect(body.code).toBe('method_not_allowed')
  }
})

test.each(['/healthz', '/v1/members', '/v1/members/7', '/openapi.json'])('HEAD %s', async path => {
  const stub: Stub = { members: [stubMember({ id: '7' })] }
  const get = await ask(path, {}, {}, stub)
  const head = await ask(path, { method: 'HEAD' }, {}, stub)
  const length = String(new TextEncoder().encode(get.text).length)
  expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', length])
})

test('HEAD of a stream tells it that nobody reads', async () => {
  let cancelled = false
  const body = new ReadableStream({
    cancel() {
      cancelled = true
    },
  })
  const desk: StubDesk = {
    routes: [
      route({
        method: 'get',
        path: '/v1/stream',
        scope: 'read',
        tag: 'Test',
        summary: 'Stream',
        answers: {},
        handle: () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
      }),
    ],
  }
  expect((await ask('/v1/stream', { method: 'HEAD' }, desk)).text).toBe('')
  expect(cancelled).toBe(true)
})

describe('a throw', () => {
  const failing = (error: unknown, log?: Log): StubDesk => ({
    ...(log !== undefined && { log }),
    routes: [
      route({
        method: 'get',
        path: '/v1/fails',
        scope: 'read',
        tag: 'Test',
        summary: 'Fails',
        answers: {},
        handle: () => {
          throw error
        },
      }),
    ],
  })

  test.each<[ErrorCode, number, string]>([
    ['bad_id', 400, 'bad_id'],
    ['bad_data', 400, 'bad_data'],
    ['bad_option', 400, 'bad_body'],
    ['bad_cursor', 400, 'bad_cursor'],
    ['unknown_client', 404, 'unknown_client'],
    ['too_many_groups', 409, 'too_many_groups'],
    ['cursor_ahead', 400, 'cursor_ahead'],
    ['store_failed', 503, 'store_failed'],
    ['not_running', 503, 'not_running'],
  ])('of ours: %s', async (thrown, status, code) => {
    const answer = await json('/v1/fails', {}, failing(new SystoleError(thrown, 'so it is')))
    expect([answer.status, answer.body.code, answer.body.detail]).toEqual([status, code, 'so it is'])
  })

  test.each<[string, () => unknown]>([
    ['an error', () => new TypeError('x is undefined')],
    ['an error of ours that is no answer', () => new SystoleError('bad_config', 'secret')],
    ['a text', () => 'text'],
    ['nothing', () => null],
  ])('that nobody thought of is 500, and logged without what came in: %s', async (_, make) => {
    const error = make()
    const lines: [object, string][] = []
    const tell = (fields: object, message: string) => void lines.push([fields, message])
    const log: Log = { debug: tell, info: tell, warn: tell, error: tell }
    const headers = { authorization: 'Bearer sesame' }
    const { status, body } = await json('/v1/fails', { headers }, failing(error, log))
    expect([status, body.code]).toEqual([500, 'internal'])
    expect(body.detail).toBe('the server failed at this request; its log says how')
    expect(lines).toEqual([
      [
        { err: error, stage: 'request', method: 'get', path: '/v1/fails' },
        'a request failed: it was answered with 500',
      ],
    ])
  })
})

describe('a body that may be left out', () => {
  const desk = echo({ method: 'post', body: z.strictObject({ n: z.int() }).optional() })

  test('is', async () => {
    expect((await json('/v1/echo', { method: 'POST' }, desk)).body).toEqual({ params: {}, query: {} })
  })

  test.each<[string, RequestInit]>([
    ['a page without an origin could send none unasked', { headers: { origin: 'null' } }],
    ['a form is a body', { body: new URLSearchParams({ n: '1' }) }],
    ['so is a text', { body: '{"n":1}', headers: { 'content-length': '7' } }],
    ['and a type without a text', { headers: { 'content-type': 'text/plain' } }],
  ])('%s', async (_, init) => {
    const { status, body } = await json('/v1/echo', { method: 'POST', ...init }, desk)
    expect([status, body.code]).toEqual([415, 'not_json'])
  })
})

describe('what every answer carries', () => {
  test.each([
    ['/v1/members', 'application/json; charset=utf-8'],
    ['/v1/members/x', 'application/problem+json'],
    ['/healthz', 'application/json; charset=utf-8'],
    ['/nothing', 'application/problem+json'],
    ['/openapi.json', 'application/json; charset=utf-8'],
  ])('%s', async (path, type) => {
    const { headers } = await ask(path)
    expect(headers.get('content-type')).toBe(type)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('vary')).toBe('origin')
  })

  test.each(['/', '/docs', '/demo/user?user_id=%3Cscript%3E', '/demo/admin'])('page %s', async path => {
    const app = appOf(stubPresenceServer({}))
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

describe('health', () => {
  test('/healthz tells how it is', async () => {
    const stub: Stub = { members: [stubMember({ id: '7' })], status: { ready: false } }
    const { status, body } = await json('/healthz', {}, {}, stub)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'ok',
      ready: false,
      members: { online: 1, away: 0, suspect: 0, offline: 0 },
    })
  })

  test('/readyz is 503 until ready', async () => {
    const of = async (status: Stub['status']) => {
      const answer = await json('/readyz', {}, {}, { status: status! })
      return { status: answer.status, body: answer.body }
    }
    expect(await of({ ready: true })).toEqual({ status: 200, body: { ready: true, degraded: false } })
    expect((await of({ ready: false })).status).toBe(503)
    expect(await of({ degraded: true, problem: 'disk full' })).toEqual({
      status: 200,
      body: { ready: true, degraded: true, problem: 'disk full' },
    })
  })
})
