// Who calls the API, by the header alone.

import { describe, expect, test } from 'bun:test'
import { credentials, makeTestAccess, NOW } from '../../test/support/access.ts'
import { jwk, mint, SECRET } from '../../test/support/tokens.ts'
import type { CallerVerdict } from './access.ts'

const KEY = 'a-long-random-text'
const KEYS = [`backend=read+push:${KEY}`]
const FAR = '203.0.113.7'
const SECONDS = NOW / 1_000

const code = (verdict: unknown) => {
  const said = verdict as CallerVerdict
  return said.ok ? said.caller.name : `${said.status} ${said.code}`
}

test('where nobody is asked, anybody may do everything, whatever is shown', () => {
  const { callerOf, authority } = makeTestAccess({})
  expect(authority).toBeNull()
  for (const header of [null, '', 'Bearer x', `Bearer ${mint({ sub: '7' })}`])
    expect(callerOf(header, FAR)).toEqual({
      ok: true,
      caller: {
        name: 'anybody',
        scopes: new Set(['read', 'push', 'beat', 'admin']),
        rights: null,
        member: null,
        bucket: null,
      },
    })
})

test('where nobody failed, a right key is let in without asking where it comes from; afterwards each is asked', () => {
  const { callerOf } = makeTestAccess({ key: KEYS })
  let asked = 0
  const from = () => {
    asked++
    return FAR
  }
  expect(code(callerOf(`Bearer ${KEY}`, from))).toBe('backend')
  expect(asked).toBe(0)
  expect(code(callerOf('Bearer nonsense', from))).toBe('401 bad_key')
  expect(asked).toBe(1)
  expect(code(callerOf(`Bearer ${KEY}`, from))).toBe('backend')
  expect(asked).toBe(2)
})

test('with keys, only keys', () => {
  const { callerOf } = makeTestAccess({ key: KEYS })
  expect(callerOf(`Bearer ${KEY}`, FAR)).toMatchObject({
    ok: true,
    caller: { name: 'backend', rights: null },
  })
  expect(code(callerOf(`bearer   ${KEY} `, FAR))).toBe('backend')
  expect(callerOf(null, FAR)).toEqual({
    ok: false,
    status: 401,
    code: 'no_key',
    message: 'send an API key (--key) as Authorization: Bearer …',
    retryAfter: null,
  })
  for (const header of [
    '',
    KEY,
    `Basic ${btoa(`x:${KEY}`)}`,
    'Bearer',
    'Bearer ',
    `Bearer a ${KEY}`,
    `Bearer${KEY}`,
  ])
    expect(code(callerOf(header, FAR))).toBe('401 no_key')
  for (const secret of ['x', `${KEY}x`, mint({ sub: '7' })]) {
    const said = callerOf(`Bearer ${secret}`, FAR)
    expect(said).toMatchObject({ status: 401, code: 'bad_key', message: 'this is no key of this server' })
  }
})

describe('with tokens', () => {
  const { callerOf } = makeTestAccess({ key: KEYS, auth: { secret: SECRET } })
  const by = (claims: object) => callerOf(`Bearer ${mint(claims)}`, FAR)

  test('keys work beside them', () => {
    expect(code(callerOf(`Bearer ${KEY}`, FAR))).toBe('backend')
    expect(callerOf(null, FAR)).toMatchObject({
      message: 'send an API key or a token as Authorization: Bearer …',
    })
  })

  test.each<[object, string, string[]]>([
    [{ sub: '7' }, 'member:7', ['read']],
    [{ sub: '7', push: { members: ['8'] } }, 'member:7', ['read', 'push']],
    [{ sub: '7', watch: false, ask: false }, 'member:7', []],
    [{ sub: '7', watch: false, ask: {}, push: true }, 'member:7', ['push']],
    [{ watch: true }, 'observer', ['read']],
  ])('%j reaches as far as it says', (claims, name, scopes) => {
    const said = by(claims)
    expect(said).toMatchObject({ ok: true, caller: { name, scopes: new Set(scopes) } })
    expect((said as { caller: { rights: unknown } }).caller.rights).not.toBeNull()
  })

  test('wrong ones', () => {
    expect(by({ sub: '7', exp: SECONDS - 60 })).toMatchObject({
      status: 401,
      code: 'bad_key',
      message: expect.stringContaining('the token expired'),
    })
    expect(code(callerOf(`Bearer ${mint({ sub: '7' }, { secret: 'x' })}`, FAR))).toBe('401 bad_key')
    expect(code(callerOf(`Bearer ${mint({ sub: '7', pad: 'x'.repeat(75_000) })}`, FAR))).toBe('401 bad_key')
    expect(code(callerOf('Bearer a.b.c', FAR))).toBe('401 bad_key')
  })

  test('and no keys: tokens only', () => {
    const access = makeTestAccess({ auth: { secret: SECRET } })
    expect(code(access.callerOf(null, FAR))).toBe('401 no_key')
    expect(code(access.callerOf(`Bearer ${mint({ sub: '7' })}`, FAR))).toBe('member:7')
  })
})

test('with a hook, tokens of the API are none: keys only', () => {
  const access = makeTestAccess({ auth: { hook: 'https://app.example/who' } })
  expect(code(access.callerOf(null, FAR))).toBe('401 no_key')
  expect(code(access.callerOf(`Bearer ${mint({ sub: '7' })}`, FAR))).toBe('401 bad_key')
  const { callerOf } = makeTestAccess({ auth: { hook: 'https://app.example/who' }, key: KEYS })
  expect(code(callerOf(`Bearer ${KEY}`, FAR))).toBe('backend')
})

test('keys that cannot be fetched: come later', async () => {
  const access = makeTestAccess({ auth: { jwks: 'https://id.example/keys' } })
  const said = access.callerOf(`Bearer ${mint({ sub: '7' }, { alg: 'ES256' })}`, FAR)
  expect(await said).toMatchObject({ ok: false, status: 503, code: 'unavailable', retryAfter: 30 })
})

test('keys that are fetched first', async () => {
  const set = () => Promise.resolve(Response.json({ keys: [jwk('ES256')] }))
  const access = makeTestAccess({ auth: { jwks: 'https://id.example/keys' } }, { fetch: set })
  expect(code(await access.callerOf(`Bearer ${mint({ sub: '7' }, { alg: 'ES256' })}`, FAR))).toBe('member:7')
})

describe('failures', () => {
  const config = { key: KEYS, auth: { secret: SECRET }, limits: { failures: 3 } }
  const wrong = mint({ sub: '7' }, { secret: 'x' })

  test('over the limit nothing is looked at, for connections and API alike', () => {
    const access = makeTestAccess(config)
    access.callerOf('Bearer nonsense', FAR)
    access.callerOf(`Bearer ${wrong}`, FAR)
    expect(code(access.callerOf(`Bearer ${KEY}`, FAR))).toBe('backend')
    expect(access.authority!.authorize(credentials(wrong))).toMatchObject({ why: 'unauthorized' })
    expect(access.lines).toEqual(['warn 3 wrong keys and tokens within a minute: no more are looked at'])
    access.now += 15_500
    expect(access.callerOf(`Bearer ${KEY}`, FAR)).toEqual({
      ok: false,
      status: 429,
      code: 'too_many_failures',
      message: 'too many wrong keys and tokens from this address: come back in 45 s',
      retryAfter: 45,
    })
    expect(access.authority!.authorize(credentials(mint({ sub: '7' })))).toEqual({
      ok: false,
      why: 'unavailable',
      message: 'too many wrong tokens from this address: come back in 45 s',
    })
    expect(code(access.callerOf(`Bearer ${KEY}`, '203.0.113.8'))).toBe('backend')
    access.now += 44_500
    expect(code(access.callerOf(`Bearer ${KEY}`, FAR))).toBe('backend')
    expect(access.authority!.authorize(credentials(mint({ sub: '7' })))).toMatchObject({ ok: true })
  })

  test('nothing shown, or what was good once, is no failure', () => {
    const access = makeTestAccess(config)
    for (let i = 0; i < 10; i++) {
      expect(code(access.callerOf(null, FAR))).toBe('401 no_key')
      expect(code(access.callerOf(`Bearer ${mint({ sub: '7', exp: SECONDS - 60 })}`, FAR))).toBe(
        '401 bad_key',
      )
      expect(access.authority!.authorize(credentials(mint({ sub: '7', exp: 1 })))).toMatchObject({
        ok: false,
      })
      expect(access.authority!.authorize(credentials(null))).toMatchObject({ why: 'unauthorized' })
    }
    expect(code(access.callerOf(`Bearer ${KEY}`, FAR))).toBe('backend')
  })

  test('what a hook refuses counts, what it cannot say does not', async () => {
    const answer = { status: 403 }
    const access = makeTestAccess(
      { auth: { hook: 'https://app.example/who' }, limits: { failures: 2 } },
      { fetch: () => Promise.resolve(new Response('', answer)) },
    )
    const ask = async () => await access.authority!.authorize(credentials('t'))
    await ask()
    answer.status = 500
    for (let i = 0; i < 5; i++) await ask()
    answer.status = 401
    expect(await ask()).toMatchObject({ why: 'unauthorized' })
    expect(await ask()).toMatchObject({ message: expect.stringContaining('too many wrong tokens') })
  })

  test('off', () => {
    const access = makeTestAccess({ ...config, limits: { failures: 'off' } })
    for (let i = 0; i < 500; i++) access.callerOf('Bearer nonsense', FAR)
    expect(code(access.callerOf(`Bearer ${KEY}`, FAR))).toBe('backend')
  })
})
