// The command line as a process: exit codes, one line per problem, and `who` against a server that answers.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { makeCertificate } from '../../test/support/certificates.ts'
import { appOf, keyFor, keysOf } from '../../test/support/stub-desk.ts'
import { stubMember, stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { optionRows } from '../server/options/option-table.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Runs the command line to its end. */
async function run(words: readonly string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, MAIN, ...words], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, out, err }
}

test.each<[string[], string]>([
  [['--prot', '1'], 'systole: unknown option --prot: did you mean --port?\n'],
  [['sevre'], 'systole: unknown command sevre: did you mean serve?\n'],
  [['who', '--stat', 'x'], 'systole: unknown option --stat: did you mean --state?\n'],
  [
    ['who', '--state', 'onlin'],
    'systole: --state "onlin" must be one of online, away, suspect, offline: did you mean online?\n',
  ],
  [['who', '--url', 'x'], 'systole: --url "x" must be a web address, such as http://127.0.0.1:9502\n'],
  [['wach'], 'systole: unknown command wach: did you mean watch?\n'],
  [['watch', '7', '--all'], 'systole: watch takes ids, --group or --all: leave all but one out\n'],
  [['watch', '--grop', 'x'], 'systole: unknown option --grop: did you mean --group?\n'],
  [
    ['token'],
    'systole: there is no secret to sign with: give the one of the server by --auth-secret, SYSTOLE_AUTH_SECRET or auth.secret of the config file; systole token --new-secret makes one\n',
  ],
  [['token', '7', '--grop', 'x'], 'systole: unknown option --grop: did you mean --group?\n'],
  [['key'], "systole: missing required argument 'name'; see systole key --help\n"],
  [['key', 'a', '--scopes', 'x'], 'systole: key a: scopes must be of read, push, beat, admin, joined by +\n'],
  [['send', 'hi'], 'systole: send takes one of --to, --group, --type and --all: whom it is for\n'],
  [['send'], "systole: missing required argument 'message'; see systole send --help\n"],
  [['--port'], "systole: option '--port <port>' argument missing; see systole serve --help\n"],
  [['serve', '--port', '70000'], 'systole: --port: "70000" must be a whole number from 0 to 65535\n'],
  [
    ['--port=x', '--policy=y'],
    'systole: --port: "x" must be a whole number from 0 to 65535\nsystole: --policy: "y" must be one of many, newest, oldest\n',
  ],
  [
    ['--auth-secret', 'hunter2-hunter2', '--auth-secret=hunter2-hunter3'],
    'systole: --auth-secret is given twice: leave one out\n',
  ],
  [
    ['--config', 'gone.json'],
    'systole: there is no config file gone.json: correct --config or leave it out\n',
  ],
])('%j ends with 2', async (words, err) => {
  expect(await run(words)).toEqual({ code: 2, out: '', err })
})

test('an unknown variable ends with 2', async () => {
  const err = 'systole: unknown environment variable SYSTOLE_POTR: did you mean SYSTOLE_PORT?\n'
  expect(await run(['serve'], { SYSTOLE_POTR: '1' })).toEqual({ code: 2, out: '', err })
})

test('a fresh secret, and a token by it, each alone on its line', async () => {
  const made = await run(['token', '--new-secret'])
  expect(made).toMatchObject({ code: 0, err: '' })
  const { code, out, err } = await run(['token', '7', '--group', 'a'], {
    SYSTOLE_AUTH_SECRET: made.out.trim(),
  })
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
})

test('--version and --help', async () => {
  expect(await run(['--version'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    err: '',
  })
  const { code, out } = await run(['serve', '--help'])
  expect(code).toBe(0)
  for (const { flag } of optionRows) expect(out).toContain(`${flag} `)
})

test('a server that speaks TLS is not said to be away', async () => {
  const { cert, key } = await makeCertificate('localhost')
  const server = createServer({ cert, key }).on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  expect(await run(['who', '--url', `http://127.0.0.1:${port}`])).toEqual({
    code: 1,
    out: '',
    err: `systole: who answers at http://127.0.0.1:${port} hangs up: if it speaks TLS, ask by --url https://127.0.0.1:${port}\n`,
  })
  server.close()
})

describe('who', () => {
  let server: Bun.Server<undefined>
  beforeAll(() => {
    const members = [
      ...Array.from({ length: 250 }, (_, i) =>
        stubMember({ id: `m${String(i).padStart(3, '0')}`, state: 'offline' }),
      ),
      stubMember({ id: '丙', name: '张伟' }),
    ]
    const app = appOf(stubPresenceServer({ members }))
    server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: request => app(request) })
  })
  afterAll(() => server.stop(true))

  test('reads all pages', async () => {
    const { code, out } = await run(['who', '--url', server.url.href])
    expect(code).toBe(0)
    expect(out).toContain('m249')
    expect(out).toEndWith('251 members: 1 online, 250 offline\n')
  })

  test('--state and --json', async () => {
    const { out } = await run(['who', '--json', '--state=online', '--url', server.url.href])
    expect(
      out
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).id),
    ).toEqual(['丙'])
  })

  test('--watch asks again', async () => {
    const words = ['who', '--watch', '--state=online', '--url', server.url.href]
    const child = Bun.spawn([process.execPath, MAIN, ...words], { stdout: 'pipe' })
    let out = ''
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += chunk
      if (out.split('1 member: 1 online\n').length > 2) child.kill('SIGINT')
    }
    expect(out).toContain('张伟')
  })

  test('something else answers there', async () => {
    const { code, err } = await run(['who', '--url', `${server.url.href}elsewhere`])
    expect(code).toBe(1)
    expect(err).toContain(
      'does not answer as a Systole server: there is nothing at /elsewhere/v1/members; correct --url',
    )
  })

  test('nothing answers there', async () => {
    const { code, err } = await run(['who', '--url', 'http://127.0.0.1:1'])
    expect(code).toBe(1)
    expect(err).toBe(
      'systole: no server answers at http://127.0.0.1:1: start one with systole serve, or name another by --url\n',
    )
  })
})

describe('send', () => {
  let calls: unknown[][] = []
  let reached = 2
  let server: Bun.Server<undefined>
  beforeAll(() => {
    const app = appOf(
      stubPresenceServer({
        push: (...call) => {
          calls.push(call)
          return { reached, suspect: 0, offline: 1, unknown: 0 }
        },
      }),
    )
    server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: request => app(request) })
  })
  afterAll(() => server.stop(true))
  const send = (...words: string[]) => run(['send', ...words, '--url', server.url.href])

  test('prints whom it reached', async () => {
    calls = []
    expect(await send('{"a":1}', '--to', '7', '8', '--ack', '2s')).toEqual({
      code: 0,
      out: 'reached 2, suspect 0, offline 1, unknown 0\n',
      err: '',
    })
    expect(calls).toMatchObject([['targets', { members: ['7', '8'] }, { a: 1 }, { ack: 2_000 }]])
  })

  test('nothing was reached: 1', async () => {
    reached = 0
    const { code, out } = await send('hi', '--group', 'room')
    expect([code, out]).toEqual([1, 'reached 0, suspect 0, offline 1, unknown 0\n'])
  })

  test('what the server refuses ends with 2', async () => {
    const { code, err } = await send('hi', '--to', '')
    expect([code, err]).toEqual([
      2,
      'systole: the server refuses: to.0 must be an id: 1 to 256 bytes of UTF-8 without control characters (bad_id)\n',
    ])
  })

  test('something else answers there', async () => {
    const { code, err } = await run(['send', 'hi', '--all', '--url', `${server.url.href}elsewhere`])
    expect(code).toBe(1)
    expect(err).toContain('does not answer as a Systole server: there is nothing at /elsewhere/v1/push')
  })
})

test('a proxy that is set for other programs is not asked for this machine', async () => {
  const app = appOf(stubPresenceServer({}))
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: request => app(request) })
  const env = { http_proxy: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' }
  expect(await run(['who', '--url', server.url.href], env)).toEqual({ code: 0, out: 'nobody\n', err: '' })
  await server.stop(true)
})

describe('a server that asks for a key', () => {
  const callerOf = keysOf({ reads: keyFor('reads', 'read'), does: keyFor('does', 'admin') })
  let server: Bun.Server<undefined>
  beforeAll(() => {
    const push = () => ({ reached: 1, suspect: 0, offline: 0, unknown: 0 })
    const app = appOf(stubPresenceServer({ push }), { callerOf })
    server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: request => app(request) })
  })
  afterAll(() => server.stop(true))
  const ask = (words: string[], env: Record<string, string> = {}) =>
    run([...words, '--url', server.url.href], env)

  test('is shown it', async () => {
    expect(await ask(['who', '--key', 'reads'])).toEqual({ code: 0, out: 'nobody\n', err: '' })
    expect(await ask(['who'], { SYSTOLE_CLIENT_KEY: 'reads' })).toEqual({ code: 0, out: 'nobody\n', err: '' })
    const { out } = await ask(['send', 'hi', '--all'], { SYSTOLE_CLIENT_KEY: 'does' })
    expect(out).toBe('reached 1, suspect 0, offline 0, unknown 0\n')
  })

  test.each<[string[], string]>([
    [['who'], 'it asks for a key: give one by --key or SYSTOLE_CLIENT_KEY'],
    [['who', '--key', ''], 'it asks for a key: give one by --key or SYSTOLE_CLIENT_KEY'],
    [['who', '--key', 'sesame'], 'it does not know this key: correct --key or SYSTOLE_CLIENT_KEY'],
    [['send', 'hi', '--all'], 'it asks for a key: give one by --key or SYSTOLE_CLIENT_KEY'],
    [
      ['send', 'hi', '--all', '--key', 'reads'],
      'this key may not do that: give one with the scope push by --key',
    ],
  ])('%j is refused in words that help', async (words, said) => {
    const err = `systole: ${server.url.origin} refuses: ${said}\n`
    expect(await ask(words)).toEqual({ code: 1, out: '', err })
  })

  test('a key that is none', async () => {
    const err = 'systole: --key holds what no key does: it is ASCII without spaces\n'
    for (const key of ['a b', 'a\nb', 'clé'])
      expect(await ask(['who', '--key', key])).toEqual({ code: 2, out: '', err })
  })
})

test('what commands read from the environment is no unknown option of a server', async () => {
  const { code, err } = await run(['serve', '--port=x'], {
    SYSTOLE_CLIENT_KEY: 'a',
    SYSTOLE_CLIENT_TOKEN: 'b',
  })
  expect([code, err]).toEqual([2, 'systole: --port: "x" must be a whole number from 0 to 65535\n'])
})
