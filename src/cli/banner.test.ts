// What the banner says, word for word.

import { expect, test } from 'bun:test'
import { type Config, settingsOf } from '../server/options/make-settings.ts'
import { bannerOf, bannerText } from './banner.ts'

const main = {
  host: '127.0.0.1',
  port: 9502,
  dialect: 'auto',
  bound: 'heartbeat offline after 30 s of silence',
}

test('a server for this machine', () => {
  expect(bannerText(bannerOf('1.2.3', settingsOf({}), [main]))).toBe(
    `  Systole 1.2.3
  ws://127.0.0.1:9502 speaks auto: heartbeat offline after 30 s of silence
  http://127.0.0.1:9502/ shows who is online; try http://127.0.0.1:9502/demo/user?user_id=7
  data is kept in ./data; a power cut may cost the last moments
  ! open mode protects nobody from anybody: ids are claims, and whoever connects may use any
`,
  )
})

test('the published ports, served to other machines, keeping nothing', () => {
  const settings = settingsOf({ published: true, open: true, host: '0.0.0.0', data: false })
  const addresses = [
    { ...main, host: '0.0.0.0' },
    { host: '::1', port: 8000, dialect: 'uid', bound: 'offline after 40 s of silence' },
  ]
  expect(bannerText(bannerOf('1.2.3', settings, addresses))).toBe(
    `  Systole 1.2.3
  ws://127.0.0.1:9502 speaks auto: heartbeat offline after 30 s of silence
  http://127.0.0.1:9502/ shows who is online; try http://127.0.0.1:9502/demo/user?user_id=7
  ws://[::1]:8000 speaks uid: offline after 40 s of silence
  nothing is kept over a restart (--data off)
  ! open mode protects nobody from anybody: ids are claims, and whoever connects may use any
  ! other machines are served too (--open): keep this port away from the internet
  ! no TLS, and no proxy is trusted to end it: tokens, keys and presence can be read on the way (--tls-cert, --trusted-proxy)
  ! pages opened from a file are let in (Origin: null): so is every sandboxed frame of every site this browser visits
`,
  )
})

test('auth, keys, webhooks and TLS: what is on, and no secret', () => {
  const secrets = [
    's3cret-'.repeat(6),
    'key-of-the-backend',
    'key-of-the-job-1234',
    'whsec_d2ViaG9vay1zZWNyZXQtd2ViaG9vay1zZWNyZXQ=',
    'in-the-path',
  ]
  const settings = settingsOf({
    auth: {
      secret: secrets[0]!,
      publicKey: ['a.pem', 'b.pem'],
      jwks: `https://id.example.org/${secrets[4]}`,
    },
    key: [`backend=read+push:${secrets[1]}`, `job=beat:${secrets[2]}`],
    webhook: [`audit=https://hooks.example.org:8443/${secrets[4]},secret=${secrets[3]}`],
    tls: { cert: 'cert.pem', key: 'key.pem' },
    host: '0.0.0.0',
  })
  const lines = bannerOf('1.2.3', settings, [{ ...main, host: '0.0.0.0' }])
  expect(bannerText(lines)).toBe(
    `  Systole 1.2.3
  wss://127.0.0.1:9502 speaks auto: heartbeat offline after 30 s of silence
  https://127.0.0.1:9502/ shows who is online; try https://127.0.0.1:9502/demo/user?user_id=7
  data is kept in ./data; a power cut may cost the last moments
  TLS shows the certificate in cert.pem; SIGHUP reads it again
  the API asks for a key: backend (read, push), job (beat)
  webhooks tell audit (hooks.example.org:8443)
  auth is on: tokens are checked by a secret (HS256), 2 files of public keys, the keys of id.example.org (JWKS)
`,
  )
  for (const secret of secrets) expect(JSON.stringify(lines)).not.toContain(secret)
})

test('a hook, and no key for the API', () => {
  const settings = settingsOf({ auth: { hook: 'https://example.org/who' }, open: true, data: false })
  expect(bannerText(bannerOf('1.2.3', settings, []))).toBe(
    `  Systole 1.2.3
  nothing is kept over a restart (--data off)
  auth is on: example.org is asked who each connection is
  ! no API key is set: the API answers nobody; give your backend one with --key
`,
  )
})

test('what can be read on the way is said, unless TLS or a trusted proxy hides it', () => {
  const auth = { secret: 's' }
  const warned = (config: Config, hosts: string[]) => {
    const addresses = hosts.map(host => ({ ...main, host }))
    return bannerText(bannerOf('1.2.3', settingsOf({ auth, ...config }), addresses)).includes('! no TLS')
  }
  expect(warned({}, ['0.0.0.0'])).toBe(true)
  expect(warned({}, ['127.0.0.1', '192.0.2.1'])).toBe(true)
  expect(warned({}, ['127.0.0.1', '::1', 'localhost'])).toBe(false)
  expect(warned({ trustedProxy: '192.0.2.2' }, ['0.0.0.0'])).toBe(false)
  expect(warned({ tls: { cert: 'c', key: 'k' } }, ['0.0.0.0'])).toBe(false)
})

test('tokens without a key, and a port that asks for none', () => {
  const settings = settingsOf({
    auth: { secret: 's' },
    listen: ['8000=uid,token=none', '8001=uid'],
    data: false,
  })
  const port = (port: number) => ({ host: '127.0.0.1', port, dialect: 'uid', bound: 'b' })
  const said = bannerText(bannerOf('1.2.3', settings, [main, port(8_000), port(8_001)]))
  expect(said.split('\n').filter(line => line.startsWith('  ! '))).toEqual([
    '  ! no API key is set: the API answers only members with a token; give your backend one with --key',
    '  ! port 8000 asks for no token (token=none): there ids are claims, and whoever connects may use any',
  ])
})

test('as log lines it carries fields', () => {
  const lines = bannerOf('1.2.3', settingsOf({}), [main])
  expect(lines[1]?.fields).toEqual({ ...main, url: 'ws://127.0.0.1:9502' })
  expect(lines.filter(line => line.warning)).toHaveLength(1)
})

test('webhooks without a data file are warned of', () => {
  const webhook = ['audit=https://hooks.example.org/in']
  const said = (data: false | string) =>
    bannerText(bannerOf('1.2.3', settingsOf({ webhook, data }), [main])).includes(
      '! webhooks without a data file: a restart loses what was not yet posted',
    )
  expect([said(false), said('./data')]).toEqual([true, false])
})
