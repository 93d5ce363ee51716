// Tokens and keys for development: a server takes what is printed, and what it would not take is told.

import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, jwtVerify } from 'jose'
import { credentials, makeTestAccess, NOW } from '../../test/support/access.ts'
import { SECRET } from '../../test/support/tokens.ts'
import { SystoleError } from '../errors.ts'
import { keyText } from './key.ts'
import { type TokenOptions, tokenLines } from './token.ts'

const folder = mkdtempSync(join(tmpdir(), 'systole-token-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SECONDS = NOW / 1_000

const lines = (
  member: string | undefined,
  options: Partial<TokenOptions> = {},
  env: { SYSTOLE_AUTH_SECRET?: string } = { SYSTOLE_AUTH_SECRET: SECRET },
) => tokenLines(member, { expires: '1h', ...options }, { env, folder, now: NOW })

const claims = async (...of: Parameters<typeof lines>) => decodeJwt((await lines(...of)).out)

async function refusal(...of: Parameters<typeof lines>): Promise<string> {
  const error = await lines(...of).then(
    () => null,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(SystoleError)
  return (error as SystoleError).message
}

describe('a token', () => {
  test('is one for other libraries and for a server', async () => {
    const { out, note } = await lines('7', { name: 'Ana', type: 'driver', group: ['a', 'b'] })
    const { payload, protectedHeader } = await jwtVerify(out, Buffer.from(SECRET), {
      currentDate: new Date(NOW),
    })
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' })
    expect(payload).toEqual({
      sub: '7',
      name: 'Ana',
      type: 'driver',
      groups: ['a', 'b'],
      iat: SECONDS,
      exp: SECONDS + 3_600,
    })
    const { authority } = makeTestAccess({ auth: { secret: SECRET } })
    expect(authority!.authorize(credentials(out))).toMatchObject({ ok: true, grant: { member: '7' } })
    expect(note).toBe('# member 7, name Ana, type driver, groups a b, expires in 1h')
  })

  test.each<[Partial<TokenOptions>, object]>([
    [
      { watch: ['all'], ask: ['none'], push: ['8', '9'] },
      { watch: true, ask: false, push: { members: ['8', '9'] } },
    ],
    [{ expires: '30d' }, { exp: SECONDS + 2_592_000 }],
  ])('%j', async (options, expected) => {
    expect(await claims('7', options)).toMatchObject(expected)
  })

  test('without an end', async () => {
    expect(await claims('7', { expires: 'off' })).not.toHaveProperty('exp')
    expect((await lines('7', { expires: 'off' })).note).toBe('# member 7, never expires')
  })

  test('of an observer', async () => {
    expect(await claims(undefined, { observer: true })).toEqual({
      watch: true,
      ask: true,
      iat: SECONDS,
      exp: SECONDS + 3_600,
    })
    expect(await claims(undefined, { observer: true, watch: ['7'] })).toMatchObject({
      watch: { members: ['7'] },
      ask: true,
    })
  })

  test('an id that a terminal would obey is written out in what is said of it', async () => {
    expect((await lines('7\u202e')).note).toBe('# member 7<U+202E>, expires in 1h')
  })
})

describe('the secret', () => {
  test('of a flag goes before that of the environment, and that before the file', async () => {
    const file = { secret: `${SECRET} of the file`, issuer: 'https://id.example', audience: 'presence' }
    const path = join(folder, 'server.json')
    writeFileSync(path, JSON.stringify({ auth: file, host: '0.0.0.0' }))
    const by = async (
      options: Partial<TokenOptions>,
      env: { SYSTOLE_AUTH_SECRET?: string },
      secret: string,
    ) => {
      const { out } = await lines('7', { config: path, ...options }, env)
      const { payload } = await jwtVerify(out, Buffer.from(secret), { currentDate: new Date(NOW) })
      expect(payload).toMatchObject({ iss: 'https://id.example', aud: 'presence' })
    }
    await by(
      { authSecret: `${SECRET} of the flag` },
      { SYSTOLE_AUTH_SECRET: SECRET },
      `${SECRET} of the flag`,
    )
    await by({}, { SYSTOLE_AUTH_SECRET: SECRET }, SECRET)
    await by({}, {}, file.secret)
  })

  test('in a file, and a fresh one', async () => {
    const { out: fresh, note } = await lines(undefined, { newSecret: true })
    expect(fresh).toMatch(/^base64:[A-Za-z0-9+/]{43}=$/)
    expect(note).toContain('--auth-secret')
    expect((await lines(undefined, { newSecret: true })).out).not.toBe(fresh)
    const path = join(folder, 'secret.txt')
    writeFileSync(path, `${fresh}\n`)
    const { out } = await lines('7', { authSecret: `file:${path}` })
    const { authority } = makeTestAccess({ auth: { secret: fresh } })
    expect(authority!.authorize(credentials(out))).toMatchObject({ ok: true })
  })
})

describe('is refused', () => {
  test.each<[string | undefined, Partial<TokenOptions>, string]>([
    [undefined, {}, 'whose token is it: name a member, as in systole token 7, or give --observer'],
    ['7', { watch: ['all', '8'] }, '--watch all stands alone: leave out the other ids, or the word'],
    ['7', { push: ['8', 'none'] }, '--push none stands alone: leave out the other ids, or the word'],
    ['7', { ask: ['all', 'none'] }, '--ask all stands alone: leave out the other ids, or the word'],
    ['7', { observer: true }, 'an observer has no member: leave one of both out'],
    ['7', { newSecret: true }, '--new-secret makes a secret, not a token: leave the member out'],
    ['7', { expires: '0' }, '--expires "0" must be a duration from 1s on, such as 10m, 1h or 30d, or off'],
    [
      '7',
      { expires: 'soon' },
      '--expires "soon" must be a duration from 1s on, such as 10m, 1h or 30d, or off',
    ],
    ['', {}, 'no server would take this token: of the token, sub: "" is no id'],
    ['7', { group: ['a\n'] }, 'no server would take this token: of the token, groups: "a\\n" is no id'],
    [
      undefined,
      { observer: true, watch: ['none'] },
      'no server would take this token: of the token, there is no sub',
    ],
    ['7', { authSecret: 'hunter2' }, '--auth-secret: the secret has 7 bytes and needs at least 32'],
    ['7', { config: 'gone.json' }, 'there is no config file gone.json'],
  ])('%j %j', async (member, options, message) => {
    expect(await refusal(member, options)).toStartWith(message)
  })

  test('without any secret', async () => {
    expect(await refusal('7', {}, {})).toStartWith('there is no secret to sign with')
  })
})

describe('a key', () => {
  test('is taken by a server that knows what is printed beside it', () => {
    const text = keyText('backend', { scopes: 'read+push' })
    const key = /Bearer (\S+)/.exec(text)![1]!
    const option = /--key (\S+)/.exec(text)![1]!
    expect(option).not.toContain(key)
    const { callerOf } = makeTestAccess({ key: option })
    expect(callerOf(`Bearer ${key}`, '203.0.113.7')).toMatchObject({
      ok: true,
      caller: { name: 'backend', scopes: new Set(['read', 'push']) },
    })
    expect(text.replaceAll(/systole_\S+|[0-9a-f]{64}/g, '…')).toBe(
      'Key backend (read, push). Callers send it; it is shown only now:\n  Authorization: Bearer …\n\nStart the server with:\n  --key backend=read+push:sha256:…\n',
    )
  })

  test.each([
    ['back/end', 'read', 'the name must be 1 to 64 letters, digits, dots, dashes or underscores'],
    ['a=b', 'read', 'key a: scopes must be of read, push, beat, admin, joined by +'],
    ['b', 'reed', 'key b: scopes must be of read, push, beat, admin, joined by +'],
    ['b', '', 'key b: scopes must be of read, push, beat, admin, joined by +'],
  ])('%j with %j is refused', (name, scopes, message) => {
    expect(() => keyText(name, { scopes })).toThrow(message)
  })
})
