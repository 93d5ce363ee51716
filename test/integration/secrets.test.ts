// Nothing that is secret is ever written: a server with every secret there is, at the most talkative level, hears right and
// wrong tokens and keys by every way there is, and endpoints that fail; then all it wrote is searched.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '../support/certificates.ts'
import { connect } from '../support/raw-socket.ts'
import { RUNTIMES, runServer, type SystoleProcess, startServer } from '../support/server-process.ts'
import { mint } from '../support/tokens.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

const AUTH_SECRET = 'the-secret-of-tokens-of-this-very-test'
const KEY = 'the-key-of-the-backend-of-this-test'
const FILED_KEY = 'the-key-that-was-in-a-file-of-its-own'
const HOOK_SECRET = `whsec_${Buffer.from('the-secret-that-signs-what-is-asked').toString('base64')}`
const WEBHOOK_SECRET = `whsec_${Buffer.from('the-secret-that-signs-what-is-told').toString('base64')}`
const IN_A_PATH = 'a-secret-in-the-path-of-a-webhook'

const now = () => Math.floor(Date.now() / 1_000)
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
/** Each is refused; none may be seen again. */
const BAD_TOKENS = [
  mint({ sub: 'a', exp: now() + 60 }, { secret: 'another-secret-of-32-bytes-or-more' }),
  mint({ sub: 'a', exp: now() - 3_600 }, { secret: AUTH_SECRET }),
  mint({ sub: 'a', exp: now() + 60 }, { alg: 'ES256', key: other }),
  'this-is-no-token-at-all',
  `${'e'.repeat(2_000)}.not.one`,
]
const GOOD_TOKEN = mint({ sub: 'ana', exp: now() + 600 }, { secret: AUTH_SECRET })
const BAD_KEYS = ['not-the-key-of-anybody', KEY.slice(0, -1), `${KEY}x`]

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'))
  await writeFile(join(folder, 'key.txt'), `${FILED_KEY}\n`)
})
afterAll(() => rm(folder, { recursive: true }))

/** All that a server wrote. */
const written = (server: SystoleProcess) =>
  `${server.lines.map(line => JSON.stringify(line)).join('\n')}\n${server.stderr}`

/** No secret as it is, nor as base64, nor its larger part. */
function expectNone(text: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    const forms = [secret, secret.slice(0, 24), Buffer.from(secret).toString('base64').slice(0, 24)]
    for (const form of forms) expect(text.includes(form) ? form : '').toBe('')
  }
}

/** Shows a token by every way a connection can; ends with the connection, or after a while. */
async function show(server: SystoleProcess, token: string): Promise<void> {
  const port = server.port('main')
  const options = { tls: true, headers: { Authorization: `Bearer ${token}`, Cookie: `session=${token}` } }
  const hello = { t: 'hello', token, instance: 'an-instance-of-this-test', epoch: now() % 2 ** 31 }
  const heartbeat = { type: 'SetHeartbeat', user_id: 'ana', user_name: 'Ana', token }
  const links = [
    await connect(port, { ...options, protocols: ['systole.v1'] }),
    await connect(port, { ...options, path: `/?token=${encodeURIComponent(token)}` }),
    await connect(port, options),
    await connect(port, options),
  ]
  links[0]!.sendText(JSON.stringify(hello))
  links[1]!.sendText(JSON.stringify({ ...heartbeat, token: undefined }))
  links[2]!.sendText(JSON.stringify(heartbeat))
  links[3]!.sendText(`${JSON.stringify(hello).slice(0, -1)},`)
  await links[0]!.nextOf('text')
  for (const link of links) link.destroy()
}

const asks = (server: SystoleProcess, path: string, key: string, init: RequestInit = {}) =>
  fetch(`https://127.0.0.1:${server.port('main')}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}` },
    tls: { rejectUnauthorized: false },
  })

describe.each([...RUNTIMES])('secrets on %s', runtime => {
  test('with tokens, keys, webhooks and TLS', async () => {
    const certificate = await makeCertificate('secret')
    const [cert, key] = [join(folder, `${runtime}.cert`), join(folder, `${runtime}.key`)]
    await Promise.all([writeFile(cert, certificate.cert), writeFile(key, certificate.key)])
    const server = await startServer({
      runtime,
      args: [
        ...['--log-level', 'debug', '--tls-cert', cert, '--tls-key', key, '--auth-secret', AUTH_SECRET],
        ...['--key', `backend=admin:${KEY}`, '--key', `filed=read:file:${join(folder, 'key.txt')}`],
        // nobody listens there
        ...['--webhook', `audit=http://127.0.0.1:9/${IN_A_PATH},secret=${WEBHOOK_SECRET},private=on`],
        ...['--limits-failures', '20'],
      ],
    })
    try {
      for (const token of [...BAD_TOKENS, GOOD_TOKEN]) await show(server, token)
      expect((await asks(server, '/v1/members', KEY)).status).toBe(200)
      expect((await asks(server, '/v1/members', FILED_KEY)).status).toBe(200)
      for (const bad of [...BAD_KEYS, ...BAD_TOKENS]) {
        const { status } = await asks(server, `/v1/members?key=${KEY}`, bad)
        expect([401, 429]).toContain(status)
      }
      await asks(server, '/v1/push', KEY, { method: 'POST', body: `{"broken": "${KEY}` })
      await waitFor('a member whose token was good', async () => {
        const found = await (await asks(server, '/v1/members', KEY)).text()
        return found.includes('ana')
      })
      const complaint = (line: { level: number; msg: string }) =>
        line.level >= 40 && /audit/.test(JSON.stringify(line))
      await waitFor('a word on the endpoint that does not answer', () => server.lines.some(complaint), 20_000)
      server.signal('SIGHUP')
      await waitFor('the answer to SIGHUP', () => server.lines.some(({ msg }) => msg.includes('read again')))
    } finally {
      server.signal('SIGTERM')
      await server.exited
    }
    expect(server.lines.length).toBeGreaterThan(8)
    expect(server.lines.some(({ msg }) => msg === 'stopped')).toBe(true)
    const keyLines = certificate.key.split('\n').filter(line => line.length > 20 && !line.startsWith('-'))
    expectNone(written(server), [
      ...[AUTH_SECRET, KEY, FILED_KEY, WEBHOOK_SECRET.slice(6), IN_A_PATH, GOOD_TOKEN],
      ...[...BAD_TOKENS, ...BAD_KEYS.slice(0, 1), ...keyLines],
    ])
  })

  test('with a hook that says who a connection is', async () => {
    const heard: string[] = []
    const hook = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        heard.push(await request.text())
        return heard.length % 2 === 0
          ? new Response('no', { status: 500 })
          : new Response(null, { status: 403 })
      },
    })
    const certificate = await makeCertificate('hook')
    const [cert, key] = [join(folder, `${runtime}.hook.cert`), join(folder, `${runtime}.hook.key`)]
    await Promise.all([writeFile(cert, certificate.cert), writeFile(key, certificate.key)])
    const server = await startServer({
      runtime,
      args: [
        ...['--log-level', 'debug', '--tls-cert', cert, '--tls-key', key],
        ...['--auth-hook', `http://127.0.0.1:${hook.port}/${IN_A_PATH}`, '--auth-hook-secret', HOOK_SECRET],
      ],
    })
    for (const token of [GOOD_TOKEN, ...BAD_TOKENS]) await show(server, token)
    server.signal('SIGTERM')
    await server.exited
    await hook.stop(true)
    expect(heard.length).toBeGreaterThan(3)
    expectNone(written(server), [HOOK_SECRET.slice(6), IN_A_PATH, GOOD_TOKEN, ...BAD_TOKENS])
  })

  test('an option that is refused is named without its secret', async () => {
    const bad = [
      ['--auth-secret', 'too-short-but-secret'],
      ['--auth-secret', AUTH_SECRET, '--auth-old-secret', 'too-short-but-secret'],
      ['--auth-hook-secret', 'no-whsec-but-secret-it-is-12345', '--auth-hook', 'https://example.org/'],
      ['--key', 'backend=raed:a-secret-with-a-wrong-scope'],
      ['--webhook', 'audit=https://example.org/x,secret=whsec_but-no-base64-at-all!'],
    ]
    const runs = await Promise.all(bad.map(args => runServer({ runtime, args })))
    expect(runs.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2])
    const secrets = ['too-short-but-secret', 'no-whsec-but-secret', 'a-secret-with-a-wrong', 'but-no-base64']
    for (const { stderr } of runs) for (const secret of secrets) expect(stderr).not.toContain(secret)
  })
})
