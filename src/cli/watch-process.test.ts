// `systole watch` as a process, on both runtimes, against a server of a few lines: what is written, what is sent, and
// which exit code follows what.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const BIN = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url))
const MEMBER = {
  member: '7',
  name: 'Ana',
  state: 'online',
  since: 1,
  joinedAt: 1,
  lastEvidenceAt: 1,
  version: 1,
}

/** What each path of the server does with a hello and a watch. */
const ANSWERS: Record<
  string,
  (frame: { t: string }, say: (frame: object) => void, end: (code: number) => void) => void
> = {
  '/good/': ({ t }, say, end) => {
    if (t === 'hello')
      say({ t: 'welcome', session: '1', timing: { interval: 10_000, timeout: 5_000 }, now: 5_000 })
    if (t === 'watch') say({ t: 'snapshot', of: 'all', part: 0, entries: [MEMBER], cursor: 'c' })
    if (t === 'bye') end(1000)
  },
  '/refuses-hello/': (_, say, end) => {
    say({ t: 'error', code: 'auth_off', message: 'nobody is asked for a token\u001b[2J' })
    end(4510)
  },
  '/refuses-watch/': ({ t }, say) => {
    if (t === 'hello')
      say({ t: 'welcome', session: '1', timing: { interval: 10_000, timeout: 5_000 }, now: 5_000 })
    if (t === 'watch') say({ t: 'error', code: 'too_many', message: 'too many ids', re: 'watch', id: 1 })
  },
}

let server: Bun.Server<{ path: string }>
let heard: string[]

beforeAll(() => {
  heard = []
  server = Bun.serve<{ path: string }>({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request, server) {
      const path = new URL(request.url).pathname
      const headers = { 'Sec-WebSocket-Protocol': path === '/other/' ? '' : 'systole.v1' }
      const known = path in ANSWERS || path === '/other/'
      if (known && server.upgrade(request, { headers, data: { path } })) return
      if (path === '/other/readyz') return Response.json({ ready: true })
      return new Response('host "x" is not this machine\n', { status: 403 })
    },
    websocket: {
      message(socket, text) {
        heard.push(String(text))
        const say = (frame: object) => socket.send(JSON.stringify(frame))
        ANSWERS[socket.data.path]?.(JSON.parse(String(text)), say, code => socket.close(code, 'over'))
      },
    },
  })
})
afterAll(() => server.stop(true))

describe.each(['bun', 'node'])('watch on %s', runtime => {
  /** Runs it to its end; sends SIGINT once `until` was written. */
  async function watch(words: readonly string[], until = '', env: Record<string, string> = {}) {
    const child = Bun.spawn([`${BIN}${runtime}`, MAIN, 'watch', ...words], {
      env: { PATH: process.env.PATH ?? '', TZ: 'UTC', ...env },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    let out = ''
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += chunk
      if (until !== '' && out.includes(until)) child.kill('SIGINT')
    }
    return { out, err: await new Response(child.stderr).text(), code: await child.exited }
  }
  const at = (path: string) => ['--url', `http://127.0.0.1:${server.port}/${path}`]

  test('writes the list, without colour when piped; Ctrl-C says goodbye and ends with 0', async () => {
    heard = []
    expect(await watch(at('good'), '1 member')).toEqual({
      code: 0,
      err: '',
      out: `ID  NAME  TYPE  STATE   SINCE    LAST EVIDENCE
7   Ana   -     online  4 s ago  4 s ago

1 member: 1 online

`,
    })
    expect(heard).toEqual(['{"t":"hello","observer":true}', '{"t":"watch","all":true,"id":1}', '{"t":"bye"}'])
  })

  test('--json; a proxy that is set for other programs is not asked for this machine', async () => {
    const proxy = { http_proxy: 'http://127.0.0.1:1', NODE_USE_ENV_PROXY: '1' }
    const { out, code } = await watch([...at('good'), '--json'], 'listed', proxy)
    expect([out, code]).toEqual([
      `${JSON.stringify({ kind: 'snapshot', ...MEMBER })}\n{"kind":"listed","members":1}\n`,
      0,
    ])
  })

  test.each([
    ['refuses-hello', 1, 'refuses: nobody is asked for a token<U+001B>[2J (auth_off)'],
    ['refuses-watch', 2, 'refuses: too many ids (too_many)'],
    [
      'other',
      1,
      'answers, but cannot be watched: it takes no systole.v1 connection there (the connection broke); name its main port by --url',
    ],
    ['nothing', 1, 'answers, but cannot be watched: HTTP 403: host "x" is not this machine; correct --url'],
  ])('/%s ends with %i', async (path, code, says) => {
    expect(await watch(at(path))).toEqual({
      code,
      out: '',
      err: `systole: http://127.0.0.1:${server.port} ${says}\n`,
    })
  })

  test('nothing answers there', async () => {
    const { code, err } = await watch(['--url', 'ws://127.0.0.1:1'])
    expect([code, err]).toEqual([
      1,
      'systole: no server answers at http://127.0.0.1:1: start one with systole serve, or name another by --url\n',
    ])
  })
})
