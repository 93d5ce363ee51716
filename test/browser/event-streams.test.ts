// The way in without WebSocket in a real page, one of another origin that the server lets in: frames both ways, and what
// becomes of it when the page goes away, is reloaded, or closes it.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { complaintsOf, launchBrowser } from '../support/browser.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

const SOURCE = fileURLToPath(new URL('../../src/client/sse.ts', import.meta.url))
/** Says hello as soon as it can, and that it leaves when it does. */
const SCRIPT = `
  import { sse } from '/sse.js'
  const query = new URLSearchParams(location.search)
  window.heard = []
  window.line = sse.connect('ws://127.0.0.1:' + query.get('port') + '/', {
    opened: protocol => heard.push(protocol),
    text: text => heard.push(JSON.parse(text).t),
    closed: (code, reason) => heard.push(code + ' ' + reason),
  })
  line.send(JSON.stringify({
    t: 'hello', member: query.get('member'), instance: 'instance-of-the-page-0', epoch: Date.now() % 2 ** 31,
  }))
  addEventListener('pagehide', () => line.leaving())
`

let server: SystoleProcess
let browser: Browser
let pages: Bun.Server<undefined>

beforeAll(async () => {
  const built = await Bun.build({ entrypoints: [SOURCE], target: 'browser', minify: true })
  const code = await built.outputs[0]!.text()
  const files: Record<string, [string, string]> = {
    '/sse.js': ['text/javascript', code],
    '/page.js': ['text/javascript', SCRIPT],
    '/': ['text/html', '<link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'],
  }
  pages = Bun.serve({
    port: 0,
    fetch(request) {
      const [type, body] = files[new URL(request.url).pathname] ?? ['text/plain', 'nothing']
      return new Response(body, { headers: { 'content-type': type } })
    },
  })
  ;[server, browser] = await Promise.all([startServer({ runtime: 'bun' }), launchBrowser()])
})
afterAll(async () => {
  await browser.close()
  await server.kill()
  await pages.stop(true)
})

async function visit(member: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage()
  const complaints = await complaintsOf(page)
  await page.goto(`http://localhost:${pages.port}/?member=${member}&port=${server.port('main')}`)
  await waitFor('the welcome', async () => (await heardIn(page)).includes('welcome'))
  return { page, complaints }
}

const heardIn = (page: Page): Promise<string[]> => page.evaluate('[...window.heard]')
const say = (page: Page, words: string): Promise<void> => page.evaluate(`void (${words})`)

test('a page of another origin comes and goes: beats are answered, its goodbye is heard', async () => {
  const { page, complaints } = await visit('one')
  await say(page, `line.send('{"t":"beat"}')`)
  await waitFor('the answer', async () => (await heardIn(page)).includes('beat'))
  expect((await server.api.member('one'))?.state).toBe('online')
  await say(page, `line.send('{"t":"bye"}'), line.close(1000)`)
  await waitFor('the goodbye', async () => (await server.api.member('one'))?.reason === 'left')
  expect(await heardIn(page)).toEqual(['systole.v1', 'welcome', 'beat'])
  expect(complaints.filter(text => !text.startsWith('failed: '))).toEqual([])
  await page.close()
})

test('a page that goes away has closed, not lost, its connection; a reload goes on', async () => {
  const { page } = await visit('two')
  const before = (await server.api.member('two'))?.joinedAt
  await page.reload()
  await waitFor('the welcome', async () => (await heardIn(page)).includes('welcome'))
  expect(await server.api.member('two')).toMatchObject({ state: 'online', joinedAt: before })
  await page.goto('about:blank')
  await waitFor('the end', async () => (await server.api.member('two'))?.state === 'suspect')
  expect((await server.api.member('two'))?.reason).toBe('closed')
  await page.close()
})

test('a server that is gone is told as 1006', async () => {
  const own = await startServer({ runtime: 'bun' })
  const page = await browser.newPage()
  await page.goto(`http://localhost:${pages.port}/?member=three&port=${own.port('main')}`)
  await waitFor('the welcome', async () => (await heardIn(page)).includes('welcome'))
  await own.kill()
  await waitFor('the end', async () => (await heardIn(page)).some(text => text.startsWith('1006 ')))
  await page.close()
})
