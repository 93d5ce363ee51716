// Pages that should not reach a server through somebody's browser, in a real one: a page of another site (cross-site WebSocket
// hijacking), and a page at a name that was made to point here (DNS rebinding). Each attempt must come to the server and be
// turned away there, not fail on its way; where an option lets the page in, the same page does get in.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { BROWSER_ARGS, CHROMIUM } from '../support/browser.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

const SECRET = 'a-secret-of-the-test-that-nobody-knows'
const EVIL = 'evil.test'
const REBOUND = 'rebound.test'
const HTML = '<link rel="icon" href="data:,"><title>a page</title>'

let browser: Browser
let site: Bun.Server<undefined>
let evil: string

beforeAll(async () => {
  site = Bun.serve({
    port: 0,
    fetch: () => new Response(HTML, { headers: { 'content-type': 'text/html' } }),
  })
  evil = `http://${EVIL}:${site.port}`
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...BROWSER_ARGS,
      `--host-resolver-rules=MAP ${EVIL} 127.0.0.1, MAP ${REBOUND} 127.0.0.1`,
      // what some browsers do against such pages by themselves must not stand in for what the server does
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
    ],
  })
})
afterAll(async () => {
  await browser?.close()
  await site?.stop(true)
})

/** What a page at the address tries, and what came of it. */
interface Attempts {
  /** `open`, or the code of the end. */
  readonly socket: string | number
  /** What the first frame or event says; `null`: none came. */
  readonly heard: string | null
  readonly stream: 'open' | 'error'
  /** Status of the member list; `null`: the page may not read it. */
  readonly members: number | null
}

/** All of them, against `host:port`. */
async function attempt(page: Page, target: string): Promise<Attempts> {
  return page.evaluate(async (target): Promise<Attempts> => {
    const hello = { t: 'hello', member: 'victim', instance: 'an-instance-of-the-attacker', epoch: 1 }
    const socket = new Promise<[string | number, string | null]>(resolve => {
      const line = new WebSocket(`ws://${target}/`, ['systole.v1'])
      let opened = false
      line.onopen = () => {
        opened = true
        line.send(JSON.stringify(hello))
      }
      line.onmessage = ({ data }) => resolve(['open', JSON.parse(data).t])
      line.onclose = ({ code }) => resolve([opened ? 'open' : code, null])
    })
    const stream = new Promise<'open' | 'error'>(resolve => {
      const source = new EventSource(`http://${target}/?transport=sse`)
      source.onopen = () => {
        source.close()
        resolve('open')
      }
      source.onerror = () => {
        source.close()
        resolve('error')
      }
    })
    const members = fetch(`http://${target}/v1/members`).then(
      ({ status }) => status,
      () => null,
    )
    const [how, heard] = await socket
    return { socket: how, heard, stream: await stream, members: await members }
  }, target)
}

/** Requests that a page may send without being asked, though it never sees the answer. */
async function fireBlindly(page: Page, target: string): Promise<void> {
  await page.evaluate(async target => {
    const body = JSON.stringify({ to: { all: true }, data: 'boo' })
    const blind = { mode: 'no-cors', credentials: 'include' } as const
    await fetch(`http://${target}/v1/push`, { ...blind, method: 'POST', body }).catch(() => null)
    await fetch(`http://${target}/?transport=sse&stream=x`, { ...blind, method: 'POST', body: '{}' }).catch(
      () => null,
    )
    await fetch(`http://${target}/?transport=sse`, blind).catch(() => null)
  }, target)
}

async function visit(url: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(url)
  return page
}

/** A page whose address is the server's own but for the name. As after a rebinding, it came from somewhere else. */
async function visitRebound(port: number): Promise<Page> {
  const page = await browser.newPage()
  const url = `http://${REBOUND}:${port}/attack`
  await page.route(url, route => route.fulfill({ contentType: 'text/html', body: HTML }))
  await page.goto(url)
  return page
}

const SHUT_OUT: Attempts = { socket: 1006, heard: null, stream: 'error', members: null }

/** Starts a server, runs the test, ends it. */
async function withServer(
  args: readonly string[],
  host: string,
  run: (server: SystoleProcess) => Promise<void>,
) {
  const server = await startServer({ runtime: 'bun', host, args })
  try {
    await run(server)
  } finally {
    await server.kill()
  }
}

const OPEN: readonly string[] = []
const AUTH = ['--auth-secret', SECRET]
const place = (server: SystoleProcess) => `127.0.0.1:${server.port('main')}`

/** How often the server turned somebody away, by its log: the counters are not for everybody. */
const refusals = (server: SystoleProcess) =>
  server.lines
    .filter(({ count }) => count === 'refused')
    .reduce((sum, { total }) => Math.max(sum, Number(total)), 0)

describe('a page of another site', () => {
  for (const [mode, args] of [
    ['open mode', OPEN],
    ['auth on', AUTH],
  ] as const)
    test.concurrent(`${mode}: gets neither socket nor stream nor answer, and sends nothing blindly`, async () => {
      await withServer(args, '127.0.0.1', async server => {
        const page = await visit(evil)
        expect(await attempt(page, place(server))).toEqual(SHUT_OUT)
        await fireBlindly(page, place(server))
        await waitFor('the refusals to be logged', () => refusals(server) > 0)
        const line = server.lines.find(({ count }) => count === 'refused')
        expect(line?.msg).toContain(`--origin "${evil}"`)
        await page.close()
        if (mode === 'auth on') return
        const { counters, connections } = await server.api.health()
        // socket, stream, list and both blind posts; the blind look at a stream is refused for its mode
        expect([counters.refused, connections]).toEqual([5, 0])
        expect(await server.api.members()).toEqual([])
      })
    })

  test.concurrent('--origin lets it in', async () => {
    await withServer(['--origin', evil], '127.0.0.1', async server => {
      const page = await visit(evil)
      expect(await attempt(page, place(server))).toMatchObject({
        socket: 'open',
        heard: 'welcome',
        stream: 'open',
      })
      expect((await server.api.member('victim'))?.state).toBe('online')
      await page.close()
    })
  })

  test.concurrent('--origin with auth on: it is let in, and without a token it is nobody', async () => {
    await withServer(['--origin', evil, ...AUTH], '127.0.0.1', async server => {
      const page = await visit(evil)
      expect(await attempt(page, place(server))).toMatchObject({ socket: 'open', heard: 'error' })
      await page.close()
    })
  })

  test.concurrent('a sandboxed frame, whose origin is null, is another site too', async () => {
    await withServer(OPEN, '127.0.0.1', async server => {
      const page = await visit(evil)
      const code = await page.evaluate(target => {
        const frame = document.createElement('iframe')
        frame.sandbox.add('allow-scripts')
        frame.srcdoc = `<script>
          const line = new WebSocket('ws://${target}/')
          line.onopen = () => parent.postMessage('open', '*')
          line.onclose = event => parent.postMessage(event.code, '*')
        </script>`
        document.body.append(frame)
        return new Promise(resolve =>
          addEventListener('message', ({ data }) => resolve(data), { once: true }),
        )
      }, place(server))
      expect(code).toBe(1006)
      expect(await server.api.count('refused')).toBe(1)
      await page.close()
    })
  })
})

describe('a page at a name that was made to point here', () => {
  const attack = async (server: SystoleProcess): Promise<Attempts> => {
    const page = await visitRebound(server.port('main'))
    const found = await attempt(page, `${REBOUND}:${server.port('main')}`)
    await page.close()
    return found
  }
  /** It may read the refusal: it is its own origin. */
  const refused: Attempts = { ...SHUT_OUT, members: 403 }

  test.concurrent('open mode: gets neither socket nor stream nor list', async () => {
    await withServer(OPEN, '127.0.0.1', async server => {
      expect(await attack(server)).toEqual(refused)
      expect(server.lines.find(({ count }) => count === 'refused')?.msg).toContain(`host "${REBOUND}:`)
      expect(await server.api.count('refused')).toBe(3)
      expect(await server.api.members()).toEqual([])
    })
  })

  test.concurrent('open mode with --open: it does get in, as the banner and SECURITY.md say', async () => {
    await withServer(['--open'], '127.0.0.1', async server => {
      expect(await attack(server)).toEqual({ socket: 'open', heard: 'welcome', stream: 'open', members: 200 })
    })
  })

  test.concurrent('auth on, for this machine only: as in open mode', async () => {
    await withServer(AUTH, '127.0.0.1', async server => {
      expect(await attack(server)).toEqual(refused)
    })
  })

  test.concurrent('auth on, for all: it brings no token, so it is nobody and reads nothing', async () => {
    await withServer(AUTH, '0.0.0.0', async server => {
      expect(await attack(server)).toMatchObject({ socket: 'open', heard: 'error', members: 401 })
    })
  })
})
