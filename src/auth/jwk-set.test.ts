// Keys from an address: fetched seldom, kept while it is down, gone when it no longer gives them, and never more often
// because somebody sends tokens of keys that nobody has.

import { describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { credentials, makeTestAccess } from '../../test/support/access.ts'
import { jwk, mint } from '../../test/support/tokens.ts'
import type { Config } from '../server/options/make-settings.ts'
import type { Verdict } from './authority.ts'

const URL = 'https://id.example/keys'
const CONFIG: Config = { auth: { jwks: URL }, limits: { failures: 'off' } }
const SET = [
  jwk('RS256', { kid: 'a' }),
  jwk('ES256', { kid: 'b', use: 'sig' }),
  jwk('EdDSA', { kid: 'c', alg: 'EdDSA' }),
]
const A = mint({ sub: '7' }, { alg: 'RS256', header: { kid: 'a' } })
const B = mint({ sub: '8' }, { alg: 'ES256', header: { kid: 'b' } })

type Answer = () => Response | Promise<Response>

const keys = (...keys: object[]) => new Response(JSON.stringify({ keys }))

/** An address that answers as it is told, and counts. */
function address(first: Answer) {
  const stage = { answer: first, calls: [] as RequestInit[] }
  const access = makeTestAccess(CONFIG, {
    fetch: async (url, init) => {
      expect(url).toBe(URL)
      stage.calls.push(init)
      return await stage.answer()
    },
  })
  const authorize = (token: string) => access.authority!.authorize(credentials(token))
  return Object.assign(stage, { access, authorize, settle: () => Bun.sleep(0) })
}

const why = (verdict: Verdict) => (verdict.ok ? 'ok' : verdict.why)

test('is fetched at the start, once, and answers at once from then on', async () => {
  const set = address(() => keys(...SET))
  expect(set.calls.length).toBe(1)
  expect(set.calls[0]).toMatchObject({ redirect: 'manual' })
  const waits = set.authorize(A)
  expect(waits).toBeInstanceOf(Promise)
  expect(await waits).toMatchObject({ ok: true, grant: { member: '7' } })
  expect(set.authorize(A)).toMatchObject({ ok: true })
  expect(set.authorize(B)).toMatchObject({ ok: true, grant: { member: '8' } })
  expect(set.authorize(mint({ sub: '9' }, { alg: 'EdDSA' }))).toMatchObject({ ok: true })
  expect(set.calls.length).toBe(1)
})

test('a storm of 10,000 tokens of unknown keys is one fetch in 30 s', async () => {
  const set = address(() => keys(...SET))
  await set.authorize(A)
  set.access.now += 29_999
  const storm = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        set.authorize(mint({ sub: '7' }, { alg: 'ES256', header: { kid: `x${i}-${Math.random()}` } })),
      ),
    )
  const verdicts = await storm(10_000)
  expect(set.calls.length).toBe(1)
  expect(new Set(verdicts.map(why))).toEqual(new Set(['unauthorized']))
  set.access.now += 1
  expect(new Set((await storm(1_000)).map(why))).toEqual(new Set(['unauthorized']))
  expect(set.calls.length).toBe(2)
  expect(set.authorize(A)).toMatchObject({ ok: true })
}, 60_000)

test('a key that is new is found by the first token that names it', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const set = address(() => keys(...SET))
  await set.authorize(A)
  set.answer = () => keys(SET[0]!, { ...publicKey.export({ format: 'jwk' }), kid: 'd' })
  const token = mint({ sub: '9' }, { alg: 'EdDSA', key: privateKey, header: { kid: 'd' } })
  set.access.now += 10_000
  expect(why(await set.authorize(token))).toBe('unauthorized')
  set.access.now += 20_000
  const [first, second] = await Promise.all([set.authorize(token), set.authorize(token)])
  expect([why(first), why(second), set.calls.length]).toEqual(['ok', 'ok', 2])
  // and what it no longer gives is gone
  expect(why(await set.authorize(B))).toBe('unauthorized')
})

test('in use it is fetched again every ten minutes, and a key that is gone opens nothing', async () => {
  const set = address(() => keys(...SET))
  await set.authorize(A)
  set.access.now += 599_999
  expect(set.authorize(A)).toMatchObject({ ok: true })
  set.answer = () => keys(SET[0]!)
  set.access.now += 1
  expect(why(await set.authorize(B))).toBe('unauthorized')
  expect(set.calls.length).toBe(2)
})

test('all keys revoked is taken at its word', async () => {
  const set = address(() => keys(...SET))
  await set.authorize(A)
  set.answer = () => keys()
  set.access.now += 600_000
  expect(why(await set.authorize(A))).toBe('unauthorized')
  expect(set.access.lines.at(-1)).toContain('the JWK set is empty')
})

describe('while it is down', () => {
  const down: Answer = () =>
    Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }))

  test('at the start: a warning, nobody comes in, and it heals', async () => {
    const set = address(down)
    expect(await set.authorize(A)).toEqual({
      ok: false,
      why: 'unavailable',
      message: 'the keys for this token cannot be fetched now: come later',
    })
    expect(set.access.lines).toEqual([
      `warn --auth-jwks (id.example) fails (fetch failed: ECONNREFUSED): nobody can come in by its keys; tried again when a token comes, at most every 30 s`,
    ])
    set.access.now += 29_000
    expect(why(await set.authorize(A))).toBe('unavailable')
    expect(set.calls.length).toBe(1)
    set.answer = () => keys(...SET)
    set.access.now += 1_000
    expect(why(await set.authorize(A))).toBe('ok')
    expect(set.access.lines.at(-1)).toBe(`info --auth-jwks (id.example) works again`)
  })

  test('the keys it gave stay, and who has one waits at most once', async () => {
    const set = address(() => keys(...SET))
    await set.authorize(A)
    set.answer = down
    set.access.now += 600_000
    expect(why(await set.authorize(A))).toBe('ok')
    let never = 0
    set.answer = () => new Promise<Response>(() => never++)
    for (let hour = 0; hour < 24; hour++) {
      set.access.now += 3_600_000
      expect(set.authorize(A)).toMatchObject({ ok: true })
      set.access.timeOut()
      await set.settle()
    }
    expect(never).toBe(24)
    // nobody can say whether it is a new key
    const unknown = mint({ sub: '7' }, { alg: 'ES256', header: { kid: 'z' } })
    expect(why(await set.authorize(unknown))).toBe('unavailable')
    expect(set.access.lines.length).toBe(25)
  })

  test.each<[string, Answer, string]>([
    [
      'a redirect',
      () => Response.redirect('http://127.0.0.1:1/', 302),
      'it redirects (302), which is not followed',
    ],
    ['500', () => new Response('{"keys":[]}', { status: 500 }), 'it answers 500'],
    ['a page', () => new Response('<html>'), 'its answer is no JSON object'],
    ['another object', () => Response.json({ jwks: [] }), 'it is no JWK set: keys must be a list'],
    [
      'over 1 MiB',
      () => new Response(new Uint8Array(2 ** 20 + 1).fill(0x20)),
      'its answer is over 1048576 bytes',
    ],
    ['no UTF-8', () => new Response(new Uint8Array([0x7b, 0xff])), 'fails ('],
  ])('%s is no set', async (_, answer, message) => {
    const set = address(() => keys(...SET))
    await set.authorize(A)
    set.answer = answer
    set.access.now += 600_000
    expect(why(await set.authorize(A))).toBe('ok')
    expect(set.calls.length).toBe(2)
    expect(set.access.lines.at(-1)).toContain(message)
  })

  test('an answer without an end is let go', async () => {
    let pulls = 0
    let cancelled = false
    const endless = new ReadableStream({
      pull: controller => {
        pulls++
        controller.enqueue(new Uint8Array(65_536).fill(0x20))
      },
      cancel: () => {
        cancelled = true
      },
    })
    const set = address(() => new Response(endless))
    expect(why(await set.authorize(A))).toBe('unavailable')
    expect(cancelled).toBe(true)
    expect(pulls).toBeLessThan(40)
  })

  test('an answer that comes byte by byte, or never, is not waited for', async () => {
    const set = address(() => new Promise<Response>(() => {}))
    const waiting = set.authorize(A)
    set.access.timeOut()
    expect(why(await waiting)).toBe('unavailable')
    expect(set.access.lines[0]).toContain('no whole answer within 5000 ms')
  })
})

test('one fetch is under way at a time, however long it takes', async () => {
  const set = address(() => new Promise<Response>(() => {}))
  const waiting = [set.authorize(A)]
  set.access.now += 60_000
  waiting.push(set.authorize(A), set.authorize(B))
  expect(set.calls.length).toBe(1)
  set.access.timeOut()
  expect((await Promise.all(waiting)).map(why)).toEqual(['unavailable', 'unavailable', 'unavailable'])
})

test('of a set only keys that verify count', async () => {
  const secret = { kty: 'oct', k: Buffer.from('x'.repeat(32)).toString('base64url'), kid: 'a' }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const others = [
    secret,
    { kty: 'EC', kid: 'q' },
    null,
    5,
    { ...privateKey.export({ format: 'jwk' }), kid: 'p' },
  ]
  const unfit = [jwk('RS256', { kid: 'a', use: 'enc' }), jwk('RS256', { kid: 'a', alg: 'RS512' })]
  const set = address(() => keys(...(others as object[]), ...unfit, SET[1]!))
  expect(why(await set.authorize(B))).toBe('ok')
  expect(why(await set.authorize(A))).toBe('unauthorized')
  expect(why(await set.authorize(mint({ sub: '7' }, { secret: 'x'.repeat(32), header: { kid: 'a' } })))).toBe(
    'unauthorized',
  )
  const stolen = mint({ sub: '7' }, { alg: 'ES256', key: privateKey, header: { kid: 'p' } })
  expect(why(await set.authorize(stolen))).toBe('unauthorized')
})

test('a HS256 token asks no address', async () => {
  const set = address(() => keys(...SET))
  await set.authorize(A)
  set.access.now += 3_600_000
  expect(set.authorize(mint({ sub: '7' }, { header: { kid: 'new' } }))).toMatchObject({ ok: false })
  expect(set.calls.length).toBe(1)
})
