// The demo pages, as somebody uses them: what the member does is seen by the admin as it happens, in either language,
// and each page says how its own connection is. Leaves pictures in test-results/.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { complaintsOf, launchBrowser, textAt } from '../support/browser.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

/** A reload on a busy machine may take longer than the default of 1 s; it is no flap for that. */
const PATIENT = ['--suspect-after', '3s']

let browser: Browser
let server: SystoleProcess

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer({ runtime: 'node', args: PATIENT }), launchBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await server?.kill()
})

async function open(context: BrowserContext, path: string, to = server.api.url) {
  const page = await context.newPage()
  const complaints = await complaintsOf(page)
  await page.goto(to + path)
  return { page, complaints }
}

function picture(page: Page, name: string) {
  return page.screenshot({ path: `test-results/${name}.png`, fullPage: true })
}

function shows(page: Page, selector: string, text: string, withinMs = 5_000): Promise<boolean> {
  const what = `${selector} to show ${text}`
  return waitFor(what, async () => (await textAt(page, selector)).includes(text), withinMs, 50)
}

/** All of a member's row, as the admin reads it; '' where there is none. */
async function rowOf(page: Page, id: string): Promise<string> {
  const rows = await page
    .locator('#rows tr')
    .evaluateAll(all => all.map(row => (row as HTMLElement).innerText))
  return rows.find(text => text.split(/\s/).includes(id)) ?? ''
}

function row(page: Page, id: string, ...texts: string[]): Promise<boolean> {
  return waitFor(`the row of ${id} to show ${texts}`, async () => {
    const text = await rowOf(page, id)
    return text !== '' && texts.every(part => text.includes(part))
  })
}

const WORDS = {
  en: {
    online: 'online',
    offline: 'offline',
    connected: 'connected',
    closed: 'closed',
    left: 'said goodbye',
  },
  zh: { online: '在线', offline: '离线', connected: '已连接', closed: '已关闭', left: '主动离开' },
} as const

test.concurrent.each(['en', 'zh'] as const)(
  'a member in %s: what it does is seen at once',
  async language => {
    const words = WORDS[language]
    const context = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'zh-CN' })
    const id = `demo-${language}`
    const [admin, user] = [
      await open(context, '/demo/admin'),
      await open(context, `/demo/user?user_id=${id}`),
    ]
    await shows(user.page, '#state', words.connected)
    await shows(user.page, '#seen', words.online)
    await row(admin.page, id, `Name(${id})`, words.online)

    await user.page.fill('#text', '喝茶 <b>tea</b>')
    await user.page.press('#text', 'Enter')
    await row(admin.page, id, '喝茶 <b>tea</b>')
    const pushed = await server.api.get<object>('/healthz').then(() =>
      fetch(`${server.api.url}/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ to: [id], data: { text: '<i>hello</i>' }, ack: 2_000 }),
      }).then(response => response.json()),
    )
    expect(pushed).toMatchObject({ reached: 1, acked: 1 })
    await shows(user.page, '#messages', '{"text":"<i>hello</i>"}')
    await picture(user.page, `demo-user-${language}`)
    await picture(admin.page, `demo-admin-${language}`)

    await user.page.check('#hide')
    await row(admin.page, id, words.offline)
    expect((await server.api.member(id))?.state).toBe('online')
    await user.page.uncheck('#hide')
    await row(admin.page, id, words.online)

    await user.page.click('#leave')
    await shows(user.page, '#state', words.closed)
    await row(admin.page, id, words.offline, words.left)
    await picture(admin.page, `demo-admin-${language}-left`)
    await user.page.click('#return')
    await row(admin.page, id, words.online)
    expect(await user.page.locator('#changes li').count()).toBeGreaterThanOrEqual(4)
    expect([user.complaints, admin.complaints]).toEqual([[], []])
    await context.close()
  },
)

test.concurrent('the admin asks for nothing again, and a member that went away is taken out of the list', async () => {
  const context = await browser.newContext({ locale: 'en-GB' })
  const admin = await open(context, '/demo/admin')
  await shows(admin.page, '#state', 'connected')
  const asked: string[] = []
  admin.page.on('request', request => asked.push(request.url()))
  admin.page.on('websocket', socket => asked.push(socket.url()))
  const user = await open(context, '/demo/user?user_id=passing')
  await row(admin.page, 'passing', 'online')
  await user.page.click('#leave')
  await row(admin.page, 'passing', 'offline')
  await waitFor('the row to go', async () => (await rowOf(admin.page, 'passing')) === '', 20_000)
  expect(asked).toEqual([])
  expect(admin.complaints).toEqual([])
  await context.close()
})

test.concurrent('a refresh is no leave: the same stay goes on', async () => {
  const context = await browser.newContext({ locale: 'en-GB' })
  const { page, complaints } = await open(context, '/demo/user?user_id=refreshing')
  await shows(page, '#seen', 'online')
  const { joinedAt, since } = await server.api.is('refreshing', 'online')
  for (let i = 0; i < 3; i++) {
    await page.reload()
    await shows(page, '#seen', 'online')
  }
  await pause(1_500)
  expect(await server.api.member('refreshing')).toMatchObject({
    state: 'online',
    joinedAt,
    since,
    sessions: 1,
  })
  expect(complaints).toEqual([])
  await context.close()
})

test.concurrent('a server that goes away and comes back: both pages say so, count down, and return', async () => {
  const own = await startServer({ runtime: 'bun' })
  const port = own.port('main')
  const context = await browser.newContext({ locale: 'en-GB' })
  const admin = await open(context, '/demo/admin', own.api.url)
  const user = await open(context, '/demo/user?user_id=stays', own.api.url)
  await row(admin.page, 'stays', 'online')
  await own.kill()
  for (const { page } of [admin, user]) {
    await shows(page, '#state', 'not connected', 20_000)
    await shows(page, '#retry', 'failed tries')
    await shows(page, '#why', 'the connection broke')
  }
  expect(await textAt(user.page, '#retry')).toMatch(/^failed tries: \d+, next in \d+ s$/)
  expect(await rowOf(admin.page, 'stays')).toContain('stays')
  await picture(user.page, 'demo-user-waiting')
  await picture(admin.page, 'demo-admin-waiting')
  const again = await startServer({ runtime: 'bun', port })
  try {
    await shows(user.page, '#state', 'connected', 40_000)
    await shows(admin.page, '#state', 'connected', 40_000)
    await row(admin.page, 'stays', 'online')
  } finally {
    await again.kill()
    await context.close()
  }
})

test.concurrent('an id that cannot be: the page says why', async () => {
  const context = await browser.newContext({ locale: 'en-GB' })
  const { page } = await open(context, `/demo/user?user_id=${'x'.repeat(300)}`)
  await waitFor('the reason', () => page.isVisible('#notice'))
  expect(await textAt(page, '#notice')).toMatch(/256|bytes/)
  await shows(page, '#state', 'closed')
  await context.close()
})
