// Options of auth, keys, endpoints, limits, proxies and TLS: their defaults, how they agree, and that no refusal shows a
// secret.

import { describe, expect, test } from 'bun:test'
import { SystoleError } from '../../errors.ts'
import { type Config, settingsOf } from './make-settings.ts'

const KEY = 'a-long-random-text'
const WHSEC = `whsec_${'A'.repeat(32)}`
const NO_HOOK = 'nobody is asked without --auth-hook: give it, or leave this out'

/** What is said to a config; '' when it is accepted. */
function refusal(config: object): string {
  try {
    settingsOf(config as Config)
    return ''
  } catch (error) {
    if (error instanceof SystoleError && error.code === 'bad_config') return error.message
    throw error
  }
}

test('auth is off until something can be verified, and then has its defaults', () => {
  expect(settingsOf({}).auth).toBeNull()
  expect(settingsOf({ auth: { publicKey: [] } }).auth).toBeNull()
  expect(settingsOf({ auth: { secret: 'x' } }).auth).toEqual({
    secret: 'x',
    oldSecret: null,
    publicKey: [],
    jwks: null,
    hook: null,
    hookSecret: null,
    hookTimeout: 5_000,
    issuer: null,
    audience: null,
    leeway: 5_000,
    rights: 'own',
  })
})

test.each([
  { secret: 'x' },
  { publicKey: 'k.pem' },
  { jwks: 'https://id.example/' },
  { hook: 'https://app.example/' },
])('with auth by %j other machines may come', auth => {
  expect(settingsOf({ host: '0.0.0.0', auth }).listeners[0]?.host).toBe('0.0.0.0')
})

test('keys and endpoints as objects of a config file', () => {
  const { keys, webhooks } = settingsOf({
    key: [{ name: 'backend', scopes: ['admin'], secret: `sha256:${'0'.repeat(64)}` }],
    webhook: [{ name: 'crm', url: 'https://a.example/h,type=car' }],
  })
  expect(keys).toEqual([{ name: 'backend', scopes: ['admin'], secret: `sha256:${'0'.repeat(64)}` }])
  expect(webhooks).toMatchObject([
    { url: 'https://a.example/h,type=car', secret: null, type: null, allowPrivate: false },
  ])
  expect(webhooks[0]?.kinds).toContain('leave')
})

test.each<[object, string]>([
  [{ node: 'a b' }, 'node: "a b" must be 1 to 64 letters, digits, dots, colons, dashes or underscores'],
  [
    { trustedProxy: '10.0.0.0/33' },
    'trustedProxy: "10.0.0.0/33" must be an address or a network, such as 10.0.0.7 or 10.0.0.0/8',
  ],
  [
    { trustedProxy: ['proxy.example'] },
    'trustedProxy: "proxy.example" must be an address or a network, such as 10.0.0.7 or 10.0.0.0/8',
  ],
  [
    { tls: { cert: 'c.pem' } },
    'tls.cert: TLS needs a certificate and its key: give --tls-cert and --tls-key',
  ],
  [{ tls: { key: 'k.pem' } }, 'tls.key: TLS needs a certificate and its key: give --tls-cert and --tls-key'],
  [
    { auth: { jwks: 'id.example' } },
    'auth.jwks: must be a web address without a password, such as https://example.org/hook',
  ],
  [
    { auth: { hook: 'ftp://a/' } },
    'auth.hook: must be a web address without a password, such as https://example.org/hook',
  ],
  [
    { auth: { hook: 'https://a/', secret: 'x' } },
    'auth.hook: either a hook says who comes or a token does: leave one out',
  ],
  [
    { auth: { issuer: 'x' } },
    'auth.issuer: nothing is there to verify tokens by: give --auth-secret, --auth-public-key or --auth-jwks',
  ],
  [
    { auth: { hook: 'https://a/', audience: 'app' } },
    'auth.audience: with --auth-hook no token is looked at: leave this out',
  ],
  [
    { auth: { hook: 'https://a/', issuer: 'x', leeway: '1s' } },
    'auth.issuer: with --auth-hook no token is looked at: leave this out\nauth.leeway: with --auth-hook no token is looked at: leave this out',
  ],
  [{ auth: { hookSecret: WHSEC } }, `auth.hookSecret: ${NO_HOOK}`],
  [{ auth: { hookTimeout: '1s' } }, `auth.hookTimeout: ${NO_HOOK}`],
  [{ auth: { secret: 'x', hookSecret: WHSEC } }, `auth.hookSecret: ${NO_HOOK}`],
  [{ auth: { publicKey: ['k.pem'], hookTimeout: 5_000 } }, `auth.hookTimeout: ${NO_HOOK}`],
  [
    { auth: { leeway: 5_000 } },
    'auth.leeway: nothing is there to verify tokens by: give --auth-secret, --auth-public-key or --auth-jwks',
  ],
  [
    { auth: { rights: 'all' } },
    'auth.rights: nobody is asked who they are: give --auth-secret, --auth-public-key, --auth-jwks or --auth-hook, or leave this out',
  ],
  [{ auth: { oldSecret: 'x' } }, 'auth.oldSecret: it stands beside a newer one: give that by --auth-secret'],
  [
    { auth: { oldSecret: 'x', jwks: 'https://a/' } },
    'auth.oldSecret: it stands beside a newer one: give that by --auth-secret',
  ],
  [{ key: 7 }, 'key: must be a list: put it into [ ]'],
  [{ key: [7] }, 'key: a key must be text, or an object of name, scopes, secret'],
  [{ key: [[]] }, 'key: a key must be text, or an object of name, scopes, secret'],
  [
    { key: [{ name: 'a', scopes: ['read'], key: KEY }] },
    'key: "key" is no part of a key: known are name, scopes, secret',
  ],
  [
    { key: [{ name: 'a', scopes: 'read+push', secret: KEY }] },
    'key: key a: scopes must be a list, such as ["read", "push"]',
  ],
  [{ key: [{ name: 'a', scopes: ['read'] }] }, 'key: key a: secret must be text'],
  [{ key: [{ name: 'a', scopes: ['read'], secret: 7 }] }, 'key: key a: secret must be text'],
  [{ auth: { secret: 12345 } }, 'auth.secret: must be text, and not empty'],
  [
    { key: [{ name: 'a b', scopes: ['read'], secret: KEY }] },
    "key: a key's name must be 1 to 64 letters, digits, dots, dashes or underscores",
  ],
  [
    { webhook: [{ url: 'https://a.example/' }] },
    "webhook: an endpoint's name must be 1 to 64 letters, digits, dots, dashes or underscores",
  ],
  [
    { webhook: [null] },
    'webhook: an endpoint must be written name=url, such as backend=https://example.org/hook,kinds=join+leave',
  ],
  [
    { webhook: [7] },
    'webhook: an endpoint must be text, or an object of name, url, secret, kinds, type, group, private',
  ],
  ...['type', 'group'].flatMap(field =>
    [7, '', null, true, ['a']].map((value): [object, string] => [
      { webhook: [{ name: 'b', url: 'https://a.example/', [field]: value }] },
      `webhook: endpoint b: ${field} must be text, and not empty: without it, it is told of all`,
    ]),
  ),
  [
    { webhook: 'b=https://a.example/h,group=' },
    'webhook: endpoint b: group must be text, and not empty: without it, it is told of all',
  ],
  [{ auth: { rights: 'none' } }, 'auth.rights: "none" must be one of own, all'],
  [
    { auth: { secret: 'x', leeway: '1h' } },
    'auth.leeway: "1h" must be a duration from 0 to 10m, such as 500ms, 40s, 2m, 1h or 90d, or off',
  ],
  [{ auth: { secret: '' } }, 'auth.secret: must be text, and not empty'],
  [{ auth: { secrt: 'x' } }, 'unknown option auth.secrt: did you mean auth.secret?'],
  [{ key: `a=read:${KEY} a=push:${KEY}` }, 'key: there are two of the name a: each needs its own'],
  [{ webhook: 'a=https://a/ a=https://b/' }, 'webhook: there are two of the name a: each needs its own'],
  [
    { limits: { profile: '1MiB' } },
    'limits.profile: "1MiB" must be a size from 2B to 64KiB, such as 8KiB or 64KiB',
  ],
  [{ limits: { failures: 0 } }, 'limits.failures: 0 must be a whole number from 1 to 1000000000, or off'],
  [
    { auth: { jwks: 'https://me:hunter2@id.example/' } },
    'auth.jwks: must be a web address without a password, such as https://example.org/hook',
  ],
])('%j is refused', (config, message) => {
  expect(refusal(config)).toBe(message)
})

describe('no refusal shows a secret', () => {
  const SECRET = 'hunter2hunter2hunter2'
  test.each<[object, string]>([
    [{ key: SECRET }, 'key: a key must be written name=scopes:secret'],
    [{ key: `a=raed:${SECRET}` }, 'key: key a: scopes must be of read, push, beat, admin, joined by +'],
    [{ key: `a=:${SECRET}` }, 'key: key a: scopes must be of'],
    [{ key: `a b=read:${SECRET}` }, 'key: a key must be written'],
    [{ key: [`ü=read:${SECRET}`] }, 'its name must be 1 to 64 letters'],
    [{ key: `a=read:sha256:${SECRET}` }, 'key: key a: after sha256: stand 64 hex digits'],
    [{ key: 'a=read:hunter2' }, 'key: key a: a secret has at least 16 characters'],
    [{ key: [{ name: 'a', scopes: 'read', secret: SECRET }] }, 'key: key a: scopes must be a list'],
    [{ key: { name: 'a', scopes: ['read'], secret: SECRET } }, 'key: must be a list'],
    [{ key: [{ name: 'a', scopes: ['read'], secret: SECRET, x: 1 }] }, 'key: "x" is no part of a key'],
    [{ webhook: `a=https://b/,secret=${SECRET}` }, 'webhook: endpoint a: its secret must be whsec_'],
    [{ webhook: `a=https://x:${SECRET}@b/` }, 'webhook: endpoint a: '],
    [{ webhook: { name: 'a', url: 'https://b/', secret: SECRET } }, 'webhook: must be a list'],
    [{ webhook: [{ name: 'a', url: 'https://b/', secert: SECRET }] }, '"secert" is no key of an endpoint'],
    [{ auth: { jwks: `htp://x/?token=${SECRET}` } }, 'auth.jwks: must be a web address'],
    [{ auth: { hook: `x/${SECRET}` } }, 'auth.hook: must be a web address'],
    [{ auth: { secret: [SECRET] } }, 'auth.secret: must be text, and not empty'],
    [
      { auth: { hook: 'https://a/', hookSecret: { a: SECRET } } },
      'auth.hookSecret: must be text, and not empty',
    ],
  ])('%#', (config, message) => {
    const said = refusal(config)
    expect(said).toContain(message)
    expect(said).not.toContain('hunter2')
  })
})
