// What a token opens, and every way in which it opens nothing.

import { describe, expect, test } from 'bun:test'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { credentials, makeTestAccess, NOW, type OutsideParts } from '../../test/support/access.ts'
import { base64url, jwk, KEYS, mint, pem, SECRET, type TestAlgorithm } from '../../test/support/tokens.ts'
import type { Config } from '../server/options/make-settings.ts'
import type { Verdict } from './authority.ts'

const SECONDS = NOW / 1_000
const ALGORITHMS: readonly TestAlgorithm[] = ['HS256', 'RS256', 'ES256', 'EdDSA']
const FILES = { 'rs.pem': pem('RS256'), 'es.pem': pem('ES256'), 'ed.pem': pem('EdDSA') }
const ALL: Config = { auth: { secret: SECRET, publicKey: Object.keys(FILES) } }

/** What is said to a token, at once. */
function verdict(
  token: string | null,
  config: Config = ALL,
  parts: OutsideParts = { files: FILES },
): Verdict {
  const said = makeTestAccess(config, parts).authority!.authorize(credentials(token))
  if (said instanceof Promise) throw new Error('it waits')
  return said
}

/** Why it is refused; '' when it is not. */
function refusal(token: string | null, config?: Config): string {
  const said = verdict(token, config)
  return said.ok ? '' : `${said.why}: ${said.message}`
}

describe('every algorithm', () => {
  test.each(ALGORITHMS)('%s signed by another library', async alg => {
    const key = alg === 'HS256' ? Buffer.from(SECRET) : KEYS[alg].privateKey
    const token = await new SignJWT({ name: 'Ana' })
      .setProtectedHeader({ alg, kid: 'any', typ: 'JWT' })
      .setSubject('7')
      .setExpirationTime(SECONDS + 60)
      .sign(key)
    expect(verdict(token)).toMatchObject({
      ok: true,
      grant: { member: '7', details: { name: 'Ana' }, expires: NOW + 60_000 + 5_000 },
    })
  })

  test.each(ALGORITHMS)('%s with one bit changed is refused, wherever it is', alg => {
    const token = mint({ sub: '7' }, { alg })
    expect(refusal(token)).toBe('')
    const [header = '', payload = '', signature = ''] = token.split('.')
    const other = Buffer.from(signature, 'base64url')
    other[other.length >> 1]! ^= 1
    expect(refusal(`${header}.${payload}.${base64url(other)}`)).toContain('is not signed by')
    expect(refusal(`${header}.${base64url('{"sub":"8"}')}.${signature}`)).toContain('is not signed by')
    expect(refusal(`${base64url(`{"alg":"${alg}"}`)}.${payload}.${signature}`)).toContain('is not signed by')
  })

  test.each(ALGORITHMS)('%s with signatures of other lengths', alg => {
    const signed = mint({ sub: '7' }, { alg }).split('.').slice(0, 2).join('.')
    for (const length of [1, 32, 63, 64, 65, 72, 256, 257])
      for (const byte of [0, 1, 255])
        expect(refusal(`${signed}.${base64url(new Uint8Array(length).fill(byte))}`)).toContain(
          'is not signed by',
        )
  })

  test('EdDSA by its newer name', () => {
    expect(refusal(mint({ sub: '7' }, { alg: 'EdDSA', header: { alg: 'Ed25519' } }))).toBe('')
  })
})

describe('a key verifies its own algorithm only', () => {
  const claims = { sub: '7' }

  test('HS256 "signed" with a public key', () => {
    const config: Config = { auth: { publicKey: Object.keys(FILES) } }
    for (const secret of [
      FILES['rs.pem'],
      FILES['rs.pem'].trim(),
      KEYS.RS256.publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(jwk('RS256')),
    ])
      expect(refusal(mint(claims, { secret }), config)).toContain('none for HS256')
    for (const secret of [FILES['rs.pem'], FILES['es.pem']])
      expect(refusal(mint(claims, { secret }))).toContain('is not signed by')
  })

  test.each([
    'none',
    'None',
    'NONE',
    '',
    'HS384',
    'HS512',
    'RS384',
    'PS256',
    'ES384',
    'ES256K',
    'hs256',
    null,
    5,
    {},
  ])('alg %j', alg => {
    const message = 'unauthorized: alg of the token must be one of HS256, RS256, ES256, EdDSA'
    expect(refusal(mint(claims, { header: { alg } }))).toStartWith(message)
  })

  test('none, as attackers write it', () => {
    const header = base64url('{"alg":"none"}')
    for (const token of [`${header}.${base64url('{"sub":"7"}')}.`, `${header}.${base64url('{"sub":"7"}')}`])
      expect(refusal(token)).toContain('no signed token')
    expect(refusal(mint(claims, { rawHeader: '{}' }))).toContain('alg of the token must be')
  })

  test('the algorithm of another key', () => {
    expect(refusal(mint(claims, { alg: 'RS256', header: { alg: 'ES256' } }))).toContain('is not signed by')
    expect(refusal(mint(claims, { alg: 'ES256', header: { alg: 'EdDSA' } }))).toContain('is not signed by')
    expect(refusal(mint(claims, { alg: 'RS256', header: { alg: 'HS256' } }))).toContain('is not signed by')
  })

  test('keys the token brings along mean nothing', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const own = publicKey.export({ format: 'jwk' })
    const header = {
      jwk: own,
      jku: 'https://evil.example/keys',
      x5u: 'https://evil.example/x',
      kid: '../../dev/null',
    }
    expect(refusal(mint(claims, { alg: 'RS256', key: privateKey, header }))).toContain('is not signed by')
  })

  test('a secret that is not ours', () => {
    expect(refusal(mint(claims, { secret: `${SECRET}.` }))).toBe(
      'unauthorized: the token is not signed by a key of this server',
    )
    expect(refusal(mint(claims, { secret: '' }))).toContain('is not signed by')
  })
})

describe('headers', () => {
  test.each([
    [{ typ: 'JWT' }, ''],
    [{ typ: 'jwt' }, ''],
    [{ typ: 'at+jwt' }, ''],
    [{ typ: 'application/at+jwt' }, ''],
    [{ typ: undefined }, ''],
    [{ typ: 'JOSE' }, 'typ'],
    [{ typ: 'secevent+jwt' }, 'typ'],
    [{ typ: 5 }, 'typ'],
    [{ typ: null }, 'typ'],
    [{ crit: ['b64'], b64: false }, 'crit'],
    [{ crit: [] }, 'crit'],
    [{ kid: 'anything' }, ''],
    [{ kid: 5 }, 'kid'],
    [{ kid: 'x'.repeat(513) }, 'kid'],
  ])('%j', (header, wrong) => {
    const said = refusal(mint({ sub: '7' }, { header }))
    if (wrong === '') expect(said).toBe('')
    else expect(said).toContain(wrong)
  })

  test.each(['[]', '"HS256"', '', '{', '{"alg":"HS256"', '\u{fffd}', '{"__proto__":{"alg":"HS256"}}'])(
    'header %j',
    rawHeader => {
      expect(refusal(mint({ sub: '7' }, { rawHeader }))).toStartWith('unauthorized: ')
    },
  )

  test('of a key that is there twice the last counts, as everywhere', () => {
    expect(refusal(mint({ sub: '7' }, { rawHeader: '{"alg":"none","alg":"HS256"}' }))).toBe('')
    expect(refusal(mint({ sub: '7' }, { rawHeader: '{"alg":"HS256","alg":"none"}' }))).toContain('alg')
  })
})

describe('form', () => {
  test.each([
    'a',
    'a.b',
    'a.b.c.d',
    '..',
    'a..c',
    '{}',
    'Bearer a.b.c',
    'a.b.c\n',
    'ä.b.c',
    'a.b.c=',
    '\0.\0.\0',
  ])('%j is no token', token => expect(refusal(token)).toStartWith('unauthorized: this is no signed token'))

  test('none at all', () => {
    for (const token of [null, '']) expect(refusal(token)).toStartWith('unauthorized: there is no token')
  })

  test('100 kB are not read', () => {
    const token = mint({ sub: '7', data: 'x'.repeat(75_000) })
    expect(token.length).toBeGreaterThan(100_000)
    expect(refusal(token)).toBe('unauthorized: the token is over 8192 bytes: put less into its claims')
    const fits = mint({ sub: '7', pad: 'x'.repeat(6_000) })
    expect(refusal(fits)).toBe('')
  })

  test.each([
    '[]',
    '"7"',
    '7',
    'null',
    '',
    '{"sub":',
    '{"sub":"7"}x',
    Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'),
  ])('claims %j', claims => expect(refusal(mint(claims))).toStartWith('unauthorized: '))

  test('claims that are no UTF-8', () => {
    const signed = mint({}).split('.')[0]
    const payload = base64url(Buffer.from('7b22737562223a22ff227d', 'hex'))
    const mac = createHmac('sha256', SECRET).update(`${signed}.${payload}`).digest('base64url')
    expect(refusal(`${signed}.${payload}.${mac}`)).toContain('no JSON object')
  })
})

describe('times', () => {
  const at = (claims: object, leeway = '5s') =>
    refusal(mint({ sub: '7', ...claims }), { auth: { secret: SECRET, leeway } })

  test.each([
    [{ exp: SECONDS + 1 }, ''],
    [{ exp: SECONDS - 4 }, ''],
    [{ exp: SECONDS - 5 }, 'expired 0 s ago'],
    [{ exp: SECONDS - 305 }, 'expired 5 min ago'],
    [{ exp: 0 }, 'expired'],
    [{ nbf: SECONDS + 5 }, ''],
    [{ nbf: SECONDS + 6 }, 'not valid before another 1000 ms'],
    [{ iat: SECONDS + 5 }, ''],
    [{ iat: SECONDS + 600 }, 'not valid before'],
    [{ iat: SECONDS - 1e6, nbf: SECONDS - 1e6 }, ''],
    [{ exp: SECONDS + 0.5 }, ''],
    [{ exp: NOW }, `of the token, exp is ${NOW}: it is seconds since 1970, not milliseconds`],
    [{ exp: `${SECONDS + 60}` }, 'exp is no number'],
    [{ exp: -1 }, 'exp is no number'],
    [{ exp: true }, 'exp is no number'],
    [{ nbf: 'now' }, 'nbf is no number'],
    [{ iat: {} }, 'iat is no number'],
    [{ exp: null }, ''],
  ])('%j', (claims, wrong) => {
    const said = at(claims)
    if (wrong === '') expect(said).toBe('')
    else expect(said).toContain(wrong)
  })

  test('without leeway', () => {
    expect(at({ exp: SECONDS }, '0')).toContain('expired')
    expect(at({ exp: SECONDS + 1 }, '0')).toBe('')
  })

  test('a grant ends with its token and the leeway; one without exp never', () => {
    const config: Config = { auth: { secret: SECRET, leeway: '2s' } }
    expect(verdict(mint({ sub: '7', exp: SECONDS + 10 }), config)).toMatchObject({
      grant: { expires: NOW + 12_000 },
    })
    expect(verdict(mint({ sub: '7' }), config)).toMatchObject({ grant: { expires: null } })
  })

  test('times that overflow are no way round', () => {
    expect(refusal(mint('{"sub":"7","exp":1e999}'))).toContain('not milliseconds')
  })
})

describe('who it is for', () => {
  const config: Config = { auth: { secret: SECRET, issuer: 'https://id.example', audience: 'presence' } }
  const right = { sub: '7', iss: 'https://id.example', aud: 'presence' }

  test.each([
    [right, ''],
    [{ ...right, aud: ['web', 'presence'] }, ''],
    [{ ...right, aud: 'web' }, 'aud'],
    [{ ...right, aud: ['web'] }, 'aud'],
    [{ ...right, aud: [] }, 'aud'],
    [{ ...right, aud: undefined }, 'aud'],
    [{ ...right, aud: { presence: true } }, 'aud'],
    [{ ...right, aud: ['presence2', 'xpresence'] }, 'aud'],
    [{ ...right, iss: undefined }, 'iss'],
    [{ ...right, iss: 'https://id.example/' }, 'iss'],
    [{ ...right, iss: ['https://id.example'] }, 'iss'],
  ])('%j', (claims, wrong) => {
    const said = refusal(mint(claims), config)
    if (wrong === '') expect(said).toBe('')
    else expect(said).toContain(`${wrong} of the token`)
  })

  test('where nothing is asked for, anything will do', () => {
    expect(refusal(mint({ sub: '7', iss: 'x', aud: 'y' }))).toBe('')
  })
})

test('of many keys of a kind without ids eight are tried, not more', () => {
  const pems = Array.from({ length: 9 }, () =>
    generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  )
  const all = (count: number) => ({
    files: { 'all.pem': [...pems.slice(0, count - 1), pem('EdDSA')].join('\n') },
  })
  const config: Config = { auth: { publicKey: 'all.pem' } }
  const token = mint({ sub: '7' }, { alg: 'EdDSA' })
  expect(verdict(token, config, all(8)).ok).toBe(true)
  expect(verdict(token, config, all(9))).toMatchObject({
    message: expect.stringContaining('9 keys could have signed'),
  })
})

test('whatever comes is answered, and what was changed anywhere is refused', () => {
  const { authority } = makeTestAccess({ ...ALL, limits: { failures: 'off' } }, { files: FILES })
  const said = (token: string) => authority!.authorize(credentials(token)) as Verdict
  const parts = fc.array(fc.oneof(fc.string(), fc.base64String(), fc.json().map(base64url)), { maxLength: 4 })
  fc.assert(fc.property(parts, parts => expect(said(parts.join('.')).ok).toBe(false)))
  const header = fc.oneof(
    fc.jsonValue(),
    fc.record({ alg: fc.constantFrom(...ALGORITHMS, 'none'), kid: fc.jsonValue() }),
  )
  fc.assert(
    fc.property(header, fc.jsonValue(), fc.base64String(), (head, claims, signature) => {
      const text = [JSON.stringify(head), JSON.stringify(claims), signature].map(base64url).join('.')
      expect(said(text).ok).toBe(false)
    }),
  )
  const good = ALGORITHMS.map(alg => mint({ sub: '7', push: false }, { alg }))
  // the last character may hold bits that mean nothing
  const change = fc.record({
    token: fc.constantFrom(...good),
    at: fc.nat(),
    with: fc.constantFrom(...'Aa0_-. \n'),
  })
  fc.assert(
    fc.property(change, ({ token, at, with: other }) => {
      const place = at % (token.length - 1)
      const changed = `${token.slice(0, place)}${other}${token.slice(place + 1)}`
      expect(said(changed).ok).toBe(changed === token)
    }),
    { numRuns: 500 },
  )
})

test('no refusal shows the secret or the token', () => {
  const token = mint({ sub: '' })
  for (const said of [
    refusal(token),
    refusal(`${token}x`),
    refusal(mint({ sub: '7' }, { secret: 'other' })),
  ]) {
    expect(said).not.toBe('')
    expect(said).not.toContain(SECRET)
    expect(said).not.toContain(token.slice(-20))
  }
})
