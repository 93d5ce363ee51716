// The commands against a server that asks who one is: with the right key or token they do what they do, else they say what
// is missing, and never what they were given.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'

setDefaultTimeout(60_000)

const SECRET = 'a-secret-of-a-test-that-is-long-enough'
const KEY = 'a-read-key-of-a-test'
const root = new URL('../../', import.meta.url)
const pathOf = (file: string) => fileURLToPath(new URL(file, root))

function tokenFor(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}

const now = () => Math.floor(Date.now() / 1_000)
const MEMBER = tokenFor({ sub: '7', exp: now() + 3_600 })
const OLD = tokenFor({ sub: '7', exp: now() - 3_600 })

describe.each([...RUNTIMES])('on %s', runtime => {
  let server: SystoleProcess
  beforeAll(async () => {
    server = await startServer({ runtime, args: ['--auth-secret', SECRET, '--key', `reader=read:${KEY}`] })
  })
  afterAll(() => server.kill())

  async function run(words: readonly string[], env: Record<string, string> = {}) {
    const child = Bun.spawn(
      [pathOf(`node_modules/.bin/${runtime}`), pathOf('src/cli/main.ts'), ...words, '--url', server.api.url],
      { env: { PATH: process.env.PATH ?? '', ...env }, stdout: 'pipe', stderr: 'pipe' },
    )
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    return { code, out, err }
  }

  test('who', async () => {
    expect(await run(['who'], { SYSTOLE_CLIENT_KEY: KEY })).toMatchObject({ code: 0, err: '' })
    const { code, err } = await run(['who'])
    expect([code, err]).toEqual([
      1,
      `systole: ${server.api.url} refuses: it asks for a key: give one by --key or SYSTOLE_CLIENT_KEY\n`,
    ])
  })

  test('send', async () => {
    const { code, err } = await run(['send', 'hi', '--all', '--key', KEY])
    expect(code).toBe(1)
    expect(err).toContain('this key may not do that: give one with the scope push by --key')
  })

  test.each<[string, string[], string]>([
    ['none', [], '(unauthorized); give one by --token or SYSTOLE_CLIENT_TOKEN'],
    ['nonsense', ['--token', 'nonsense'], '(unauthorized); give one by'],
    ['an old one', ['--token', OLD], '; give '],
    ['one that may not', ['--token', MEMBER], '(forbidden); give one that may by'],
  ])('watch with a token: %s', async (_, words, said) => {
    const { code, out, err } = await run(['watch', ...words])
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(`${server.api.url} refuses: `)
    expect(err).toContain(said)
    for (const secret of [OLD, MEMBER, 'nonsense']) expect(err).not.toContain(secret)
  })

  test('watch with one that may', async () => {
    const child = Bun.spawn(
      [
        pathOf(`node_modules/.bin/${runtime}`),
        pathOf('src/cli/main.ts'),
        'watch',
        '7',
        '--url',
        server.api.url,
      ],
      { env: { PATH: process.env.PATH ?? '', SYSTOLE_CLIENT_TOKEN: MEMBER }, stdout: 'pipe' },
    )
    let out = ''
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += chunk
      if (out.includes('1 member')) child.kill('SIGINT')
    }
    expect(out).toContain('unknown')
    expect(await child.exited).toBe(0)
  })
})
