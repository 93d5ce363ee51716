// Pages without a build step load the SDK from the server: of its own origin, of another one, and as the module of a
// shared worker.

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { complaintsOf, launchBrowser } from '../support/browser.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'

setDefaultTimeout(60_000)

const BLANK = '<!doctype html><title>blank</title><link rel="icon" href="data:,">'

let browser: Browser
let servers: SystoleProcess[]
let elsewhere: Bun.Server<undefined>

beforeAll(async () => {
  const blank = () => new Response(BLANK, { headers: { 'content-type': 'text/html' } })
  elsewhere = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: blank })
  browser = await launchBrowser()
  servers = await Promise.all(RUNTIMES.map(runtime => startServer({ runtime })))
})

afterAll(async () => {
  await browser?.close()
  await elsewhere?.stop(true)
  for (const server of servers ?? []) await server.kill()
})

/** A page of this origin; it has no policy of its own, as somebody else's may have none. */
async function blank(context: BrowserContext, origin: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage()
  const complaints = await complaintsOf(page)
  await page.goto(`${origin}/`)
  return { page, complaints }
}

/** Runs this in the page, and tells what it returns. */
function told(page: Page, script: string): Promise<unknown> {
  return page.evaluate(`(async () => { ${script} })()`)
}

const ONLINE = `await new Promise(done => {
  if (client.state === 'online') done()
  client.on('state', ({ to }) => to === 'online' && done())
})`

describe.each(RUNTIMES.map((runtime, i) => [runtime, i] as const))('from %s', (_, i) => {
  let context: BrowserContext
  let url: string

  beforeEach(async () => {
    context = await browser.newContext({ bypassCSP: true })
    url = servers[i]!.api.url
  })
  afterEach(() => context.close())

  test('a page of the same origin', async () => {
    const { page, complaints } = await blank(context, url)
    const same = await told(
      page,
      `const [one, other] = await Promise.all([import('/client.js'), import('/client/index.js')])
      globalThis.client = one.createClient({ member: 'same' })
      ${ONLINE}
      return one.Undelivered === other.Undelivered && client.member`,
    )
    expect(same).toBe('same')
    await servers[i]!.api.is('same', 'online')
    expect(complaints).toEqual([])
  })

  test('a page of another origin', async () => {
    const { page, complaints } = await blank(context, elsewhere.url.origin)
    const member = await told(
      page,
      `const { createClient } = await import('${url}/client.js')
      globalThis.client = createClient({ url: '${url}/', member: 'other' })
      ${ONLINE}
      return client.member`,
    )
    expect(member).toBe('other')
    expect(complaints).toEqual([])
  })

  test('the shared worker of two tabs: one session', async () => {
    const control = await browser.newBrowserCDPSession()
    for (let tab = 0; tab < 2; tab++) {
      const { page, complaints } = await blank(context, url)
      const member = await told(
        page,
        `const { createSharedClient } = await import('/client/share.js')
        globalThis.client = createSharedClient({ member: 'shared' })
        ${ONLINE}
        return client.member`,
      )
      expect(member).toBe('shared')
      expect(complaints).toEqual([])
    }
    const { targetInfos } = await control.send('Target.getTargets')
    const workers = targetInfos.filter(({ type }) => type === 'shared_worker')
    expect(workers.map(worker => worker.url)).toEqual([`${url}/client/share-worker.js`])
    expect((await servers[i]!.api.member('shared'))?.sessions).toBe(1)
  })
})
