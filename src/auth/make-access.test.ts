// Secrets and key files at the start: what is taken, and that each refusal names option and remedy, never a secret.

import { describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { credentials, makeTestAccess } from '../../test/support/access.ts'
import { jwk, KEYS, mint, pem, SECRET, type TestAlgorithm } from '../../test/support/tokens.ts'
import { SystoleError } from '../errors.ts'
import type { Config } from '../server/options/make-settings.ts'

type Files = Readonly<Record<string, string | Uint8Array>>

const opens = (auth: NonNullable<Config['auth']>, files: Files, token: string) =>
  makeTestAccess({ auth }, { files }).authority!.authorize(credentials(token))

function refusal(auth: NonNullable<Config['auth']>, files: Files = {}): string {
  try {
    makeTestAccess({ auth }, { files })
    return ''
  } catch (error) {
    if (error instanceof SystoleError && error.code === 'bad_option') return error.message
    throw error
  }
}

describe('the secret', () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => 200 + i))
  const base64 = `base64:${bytes.toString('base64')}`

  test.each<[string, Files, string | Uint8Array]>([
    [SECRET, {}, SECRET],
    [base64, {}, bytes],
    [`base64:${bytes.toString('base64url')}`, {}, bytes],
    ['file:s', { s: `${SECRET}\n` }, SECRET],
    ['file:s', { s: `${base64}\r\n` }, bytes],
    ['file:s', { s: bytes }, bytes],
    ['a secret of ünicode, long enough for it', {}, Buffer.from('a secret of ünicode, long enough for it')],
  ])('%s', (secret, files, real) => {
    expect(opens({ secret }, files, mint({ sub: '7' }, { secret: real }))).toMatchObject({ ok: true })
  })

  test.each<[string, Files, string]>([
    [
      'hunter2',
      {},
      'auth.secret: the secret has 7 bytes and needs at least 32: systole token --new-secret makes one',
    ],
    ['base64:aHVudGVyMg==', {}, 'auth.secret: the secret has 7 bytes and needs at least 32'],
    ['base64:hunter2 hunter2 hunter2 hunter2 hunter2', {}, 'auth.secret: after base64: there is no base64'],
    ['base64:', {}, 'auth.secret: after base64: there is no base64'],
    ['file:s', { s: 'hunter2\n' }, 'auth.secret: the secret has 7 bytes'],
    ['file:s', {}, 'auth.secret: the file s cannot be read (ENOENT): correct its name or its rights'],
  ])('%s is refused', (secret, files, message) => {
    const said = refusal({ secret }, files)
    expect(said).toStartWith(message)
    expect(said).not.toContain('hunter2')
    expect(said).not.toContain('aHVudGVyMg')
  })
})

test('the old secret beside the new one, until its tokens are over', () => {
  const newer = 'another secret, of at least 32 bytes'
  const token = (secret: string) => mint({ sub: '7' }, { secret })
  const both = { secret: newer, oldSecret: SECRET }
  expect(opens(both, {}, token(SECRET))).toMatchObject({ ok: true })
  expect(opens(both, {}, token(newer))).toMatchObject({ ok: true })
  expect(opens(both, {}, token(`${SECRET}!`))).toMatchObject({ ok: false })
  expect(opens({ secret: newer }, {}, token(SECRET))).toMatchObject({ ok: false })
  expect(refusal({ secret: newer, oldSecret: 'hunter2' })).toStartWith(
    'auth.oldSecret: the secret has 7 bytes and needs at least 32',
  )
})

describe('key files', () => {
  const { RS256 } = KEYS
  const pkcs1 = RS256.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const together = `comment\n${pem('RS256')}\n${pem('ES256')}${pem('EdDSA')}`
  const set = JSON.stringify({ keys: [jwk('RS256'), jwk('ES256', { kid: 'b' }), { kty: 'oct', k: 'AA' }] })

  test.each<[string, TestAlgorithm, string]>([
    ['PEM', 'RS256', pem('RS256')],
    ['PEM', 'ES256', pem('ES256')],
    ['PEM', 'EdDSA', pem('EdDSA')],
    ['PEM of PKCS #1', 'RS256', pkcs1],
    ['many in one', 'EdDSA', together],
    ['a JWK', 'EdDSA', JSON.stringify(jwk('EdDSA'))],
    ['a JWK of that name', 'EdDSA', JSON.stringify(jwk('EdDSA', { alg: 'Ed25519' }))],
    ['a JWK set', 'RS256', set],
  ])('%s: %s', (_, alg, text) => {
    expect(opens({ publicKey: 'k' }, { k: text }, mint({ sub: '7' }, { alg }))).toMatchObject({ ok: true })
  })

  test('a kid chooses, where both have one', () => {
    const token = (kid?: string) => mint({ sub: '7' }, { alg: 'ES256', header: { kid } })
    expect(opens({ publicKey: 'k' }, { k: set }, token('b'))).toMatchObject({ ok: true })
    expect(opens({ publicKey: 'k' }, { k: set }, token())).toMatchObject({ ok: true })
    expect(opens({ publicKey: 'k' }, { k: set }, token('c'))).toMatchObject({ ok: false })
  })

  test('the old and the new key, while they change', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const files = { old: pem('EdDSA'), new: JSON.stringify(publicKey.export({ format: 'jwk' })) }
    for (const key of [privateKey, KEYS.EdDSA.privateKey])
      expect(opens({ publicKey: 'old,new' }, files, mint({ sub: '7' }, { alg: 'EdDSA', key }))).toMatchObject(
        { ok: true },
      )
  })

  const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
  const x25519 = generateKeyPairSync('x25519').publicKey
  const spki = (key: typeof weak) => key.export({ type: 'spki', format: 'pem' }).toString()
  const secret = RS256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

  test.each<[string, string, string]>([
    [
      'a private key',
      secret,
      'it is a private key; its public one is written by openssl pkey -in <file> -pubout',
    ],
    ['a private JWK', JSON.stringify(RS256.privateKey.export({ format: 'jwk' })), 'it holds a private key'],
    ['a public key beside its private one', `${pem('RS256')}${secret}`, 'it is a private key'],
    ['a weak key', spki(weak), 'an RSA key of 1024 bits is too weak: use 2048 or more'],
    ['another curve', spki(p384), 'is not taken: use P-256, for ES256'],
    ['another kind', spki(x25519), 'a key of the kind x25519 is not taken: use RSA, P-256 or Ed25519'],
    [
      'a secret',
      '{"kty":"oct","k":"c2VjcmV0"}',
      'a secret (kty oct) is no public key: give it by --auth-secret',
    ],
    [
      'for encryption',
      JSON.stringify(jwk('RS256', { use: 'enc' })),
      'by its use or key_ops it does not verify',
    ],
    [
      'to sign',
      JSON.stringify(jwk('RS256', { key_ops: ['sign'] })),
      'by its use or key_ops it does not verify',
    ],
    ['of another algorithm', JSON.stringify(jwk('RS256', { alg: 'PS256' })), 'its alg "PS256" is not RS256'],
    ['a kid that is no text', JSON.stringify(jwk('RS256', { kid: 5 })), 'its kid must be text'],
    ['half a JWK', '{"kty":"RSA","n":"AQAB"}', 'kty "RSA" and the rest of it make no key'],
    [
      'a broken PEM',
      '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
      'what it calls PUBLIC KEY cannot be read',
    ],
    ['an empty set', '{"keys":[]}', 'the JWK set is empty'],
    ['no set', '{"keys":{}}', 'it is no JWK set: keys must be a list'],
    ['rubbish', 'hello', 'it must be PEM, a JWK or a JWK set'],
    ['nothing', '', 'it must be PEM, a JWK or a JWK set'],
  ])('%s is refused', (_, text, message) => {
    const said = refusal({ publicKey: 'k' }, { k: text })
    expect(said).toStartWith('auth.publicKey: the file k holds no public key that can be used: ')
    expect(said).toContain(message)
    expect(said).not.toContain('c2VjcmV0')
  })

  test('none is there', () => {
    expect(refusal({ publicKey: 'k' })).toBe(
      'auth.publicKey: the file k cannot be read (ENOENT): correct its name or its rights',
    )
  })
})

test('the secret of the hook', () => {
  const hook = 'https://app.example/who'
  const good = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
  expect(refusal({ hook, hookSecret: good })).toBe('')
  expect(refusal({ hook, hookSecret: 'file:s' }, { s: `${good}\n` })).toBe('')
  for (const hookSecret of ['hunter2', 'whsec_hunter2', 'whsec_'])
    expect(refusal({ hook, hookSecret })).toBe(
      'auth.hookSecret: it must be whsec_ and base64 of 24 to 64 bytes',
    )
})
