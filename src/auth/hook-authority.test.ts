// What the host's backend is asked, and that only a clear answer lets anybody in or sends anybody away.

import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { credentials, makeTestAccess, NOW } from '../../test/support/access.ts'
import type { Config } from '../server/options/make-settings.ts'
import type { Verdict } from './authority.ts'

const URL = 'https://app.example/who'
const BYTES = Buffer.alloc(32, 3)
const SECRET = `whsec_${BYTES.toString('base64')}`

type Answer = (init: RequestInit) => Response | Promise<Response>

function hook(answer: Answer, auth: Config['auth'] = {}) {
  const calls: { url: string; init: RequestInit }[] = []
  const access = makeTestAccess(
    { auth: { hook: URL, hookSecret: SECRET, ...auth }, limits: { failures: 'off' } },
    {
      fetch: async (url, init) => {
        calls.push({ url, init })
        return await answer(init)
      },
    },
  )
  return {
    calls,
    access,
    authorize: (...of: Parameters<typeof credentials>) => access.authority!.authorize(credentials(...of)),
  }
}

const told = async (answer: Answer) => {
  const { authorize, access } = hook(answer)
  return { verdict: await authorize('t'), lines: access.lines }
}

test('is told everything that came, signed as webhooks are', async () => {
  const { calls, authorize } = hook(() => Response.json({ member: '7' }))
  const more = {
    member: '7',
    origin: 'https://app.example',
    cookie: 'sid=1',
    userAgent: 'x',
    dialect: 'members',
  }
  await authorize('opaque token', more)
  const [{ url, init }] = calls as [(typeof calls)[number]]
  expect([url, init.method, init.redirect]).toEqual([URL, 'POST', 'manual'])
  const body = init.body as string
  expect(JSON.parse(body)).toEqual({ token: 'opaque token', address: '203.0.113.7', ...more })
  const id = `msg_${Buffer.alloc(18, 7).toString('base64url')}`
  const seconds = NOW / 1_000
  const mac = createHmac('sha256', BYTES).update(`${id}.${seconds}.${body}`).digest('base64')
  expect(init.headers).toEqual({
    'content-type': 'application/json',
    accept: 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${mac}`,
  })
})

test('without a secret it is not signed', async () => {
  const { calls, authorize } = hook(() => Response.json({ member: '7' }), { hookSecret: undefined })
  await authorize(null)
  expect(Object.keys(calls[0]!.init.headers!)).not.toContain('webhook-signature')
  expect(JSON.parse(calls[0]!.init.body as string).token).toBeNull()
})

describe('an answer', () => {
  test('of 200 is a grant', async () => {
    const answer = {
      member: 7,
      name: 'Ana',
      type: null,
      groups: ['a'],
      watch: true,
      expires: NOW + 1_000,
      data: { plan: 'pro' },
    }
    const { verdict } = await told(() => Response.json(answer))
    expect(verdict).toMatchObject({
      ok: true,
      grant: {
        member: '7',
        details: { name: 'Ana' },
        groups: ['a'],
        expires: NOW + 1_000,
        data: { plan: 'pro' },
      },
    })
  })

  test('with ids of 64 bits', async () => {
    const { verdict } = await told(() => new Response('{"member":9007199254740993,"expires":null}'))
    expect(verdict).toMatchObject({ ok: true, grant: { member: '9007199254740993', expires: null } })
  })

  test('an observer', async () => {
    const { verdict } = await told(() => Response.json({ member: null, watch: true }))
    expect(verdict).toMatchObject({ ok: true, grant: { member: null } })
  })

  test.each([401, 403])('of %d sends away, with what it says', async status => {
    const say = (body: string) => told(() => new Response(body, { status }))
    expect((await say('{"message":"please sign in"}')).verdict).toEqual({
      ok: false,
      why: 'unauthorized',
      message: 'please sign in',
    })
    for (const body of [
      '',
      '<html>',
      '{"message":5}',
      '{"message":"a\\nb"}',
      `{"message":"${'x'.repeat(500)}"}`,
    ])
      expect((await say(body)).verdict).toMatchObject({ message: 'the host does not let this connection in' })
  })

  test.each<[string, Answer, string]>([
    ['204', () => new Response(null, { status: 204 }), 'it answers 204'],
    ['201', () => Response.json({ member: '7' }, { status: 201 }), 'it answers 201'],
    ['404', () => new Response('', { status: 404 }), 'it answers 404'],
    ['429', () => new Response('', { status: 429 }), 'it answers 429'],
    ['500', () => new Response('', { status: 500 }), 'it answers 500'],
    [
      'a redirect to a private address',
      () => Response.redirect('http://169.254.169.254/', 307),
      'it redirects (307)',
    ],
    ['a page', () => new Response('<html>hello'), 'no JSON object'],
    ['nothing', () => new Response(''), 'no JSON object'],
    ['no member', () => Response.json({ name: 'Ana' }), 'there is no member'],
    ['a member that is no id', () => Response.json({ member: 'a\u0000' }), 'member: "a\\u0000" is no id'],
    ['rights that mean nothing', () => Response.json({ member: '7', watch: 'all' }), 'watch is "all"'],
    [
      'an end in seconds',
      () => Response.json({ member: '7', expires: NOW / 1_000 }),
      'expires is in the past',
    ],
    ['an end that is no time', () => Response.json({ member: '7', expires: '1h' }), 'expires is "1h"'],
    ['over 64 KiB', () => Response.json({ member: '7', pad: 'x'.repeat(65_536) }), 'over 65536 bytes'],
    ['a 1 GB body', () => new Response(new Uint8Array(2 ** 20)), 'over 65536 bytes'],
    ['nobody there', () => Promise.reject(new TypeError('fetch failed')), 'fetch failed'],
  ])('%s means come later', async (_, answer, line) => {
    const { verdict, lines } = await told(answer)
    expect(verdict).toEqual({
      ok: false,
      why: 'unavailable',
      message: 'nobody can say now who this is: come later',
    })
    expect(lines).toEqual([expect.stringContaining(line)])
    expect(lines[0]).not.toContain(SECRET)
  })

  test('that does not come in time means come later', async () => {
    const { access, authorize } = hook(() => new Promise<Response>(() => {}), { hookTimeout: '2s' })
    const waiting = authorize('t')
    access.timeOut()
    expect(await waiting).toMatchObject({ why: 'unavailable' })
    expect(access.lines[0]).toContain('no whole answer within 2000 ms')
  })

  test('that stops half-way means come later', async () => {
    const stuck = new ReadableStream({ start: controller => controller.enqueue(Buffer.from('{"member":')) })
    const { access, authorize } = hook(() => new Response(stuck))
    const waiting = authorize('t')
    await Promise.resolve()
    access.timeOut()
    expect(await waiting).toMatchObject({ why: 'unavailable' })
  })
})

test('at most 256 questions are under way; then there is room again', async () => {
  const open: ((response: Response) => void)[] = []
  const { calls, authorize } = hook(() => new Promise<Response>(resolve => open.push(resolve)))
  const waiting = Array.from({ length: 256 }, () => authorize('t'))
  const turnedAway = authorize('t')
  expect(turnedAway).toMatchObject({ ok: false, why: 'unavailable' })
  await Bun.sleep(0)
  expect(calls.length).toBe(256)
  for (const answer of open) answer(Response.json({ member: '7' }))
  const verdicts: Verdict[] = await Promise.all(waiting)
  expect(verdicts.every(({ ok }) => ok)).toBe(true)
  const again = authorize('t')
  await Bun.sleep(0)
  open.at(-1)!(Response.json({ member: '8' }))
  expect(await again).toMatchObject({ ok: true, grant: { member: '8' } })
})

test('trouble is told when it begins, once a minute, and when it is over', async () => {
  let isDown = true
  const { access, authorize } = hook(() =>
    isDown ? new Response('', { status: 502 }) : Response.json({ member: '7' }),
  )
  for (let second = 0; second <= 60; second++) {
    await authorize('t')
    access.now += 1_000
  }
  isDown = false
  await authorize('t')
  await authorize('t')
  const line = `warn --auth-hook (app.example) fails (it answers 502): connections are told to come later`
  expect(access.lines).toEqual([line, line, `info --auth-hook (app.example) works again`])
})
