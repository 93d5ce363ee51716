// The pages of a server that asks who one is: the live list takes a key, the demo pages take a token, the page of the API
// shows every route and tries them, and what they hold stays in the tab. Leaves a picture of each in test-results/.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { complaintsOf, launchBrowser, textAt } from '../support/browser.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

const SECRET = 'a-secret-of-a-test-that-is-long-enough'
const KEYS = {
  reader: 'read-secret-of-a-test',
  pusher: 'push-secret-of-a-test',
  boss: 'boss-secret-of-a-test',
}
const PHONE = { width: 390, height: 800 }

let browser: Browser
let server: SystoleProcess

beforeAll(async () => {
  const keys = ['reader=read', 'pusher=push', 'boss=admin'].flatMap((key, i) => [
    '--key',
    `${key}:${Object.values(KEYS)[i]}`,
  ])
  const starting = startServer({ runtime: 'bun', args: ['--auth-secret', SECRET, ...keys] })
  ;[server, browser] = await Promise.all([starting, launchBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await server?.kill()
})

async function open(path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  const page = await context.newPage()
  const complaints = await complaintsOf(page)
  await page.goto(server.api.url + path)
  // the browser itself notes every answer that says no
  const real = () => complaints.filter(text => !text.includes('status of 40'))
  return { page, complaints: real, close: () => context.close() }
}

function picture(page: Page, name: string) {
  return page.screenshot({ path: `test-results/${name}.png`, fullPage: true })
}

function tokenFor(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp, ...claims })}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}

const notice = (page: Page, text: string) =>
  waitFor(`"${text}"`, async () => (await textAt(page, '#notice')).includes(text))

test('the live list asks for a key, says what is wrong with one, and keeps it in the tab', async () => {
  const { page, complaints, close } = await open('/')
  await page.waitForSelector('#key:not([hidden])')
  expect(await page.isVisible('#filters')).toBe(false)
  await picture(page, 'home-asks-for-key')
  const use = async (key: string) => {
    await page.fill('#secret', key)
    await page.click('#key button')
  }
  await use('a-key-nobody-ever-had')
  await notice(page, 'does not know this key')
  await use('schlüssel mit leerzeichen')
  await notice(page, 'does not know this key')
  await use(KEYS.pusher)
  await notice(page, 'lacks the scope read')
  await picture(page, 'home-wrong-key')
  await use(KEYS.reader)
  await page.waitForSelector('#filters:not([hidden])')
  expect(await page.isVisible('#key')).toBe(false)
  expect(await page.isVisible('#notice')).toBe(false)
  await page.reload()
  await page.waitForSelector('#forget:not([hidden])')
  expect(
    await page.evaluate(() => [localStorage.length, document.cookie, location.href.includes('secret')]),
  ).toEqual([0, '', false])
  await page.click('#forget')
  await page.waitForSelector('#key:not([hidden])')
  expect(complaints()).toEqual([])
  await close()
})

test.each([
  [{ viewport: PHONE, locale: 'zh-CN' }, 'phone-zh'],
  [{ viewport: PHONE, colorScheme: 'dark' }, 'phone-dark'],
] as const)('on a phone: %j', async (look, name) => {
  for (const path of ['/', '/demo/user?user_id=7', '/demo/admin', '/docs']) {
    const { page, complaints, close } = await open(path, look as BrowserContextOptions)
    await page.waitForSelector(
      { '/': '#key:not([hidden])', '/docs': '.op' }[path] ?? '#tokenform:not([hidden])',
    )
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await picture(page, `keys${path.replaceAll(/\W/g, '-')}-${name}`)
    expect(complaints()).toEqual([])
    await close()
  }
})

test('the demo member asks for a token, and is whom it says', async () => {
  const { page, complaints, close } = await open('/demo/user?user_id=7')
  await page.waitForSelector('#tokenform:not([hidden])')
  expect(await textAt(page, '#mint')).toBe('systole token 7')
  await page.fill('#token', tokenFor({ sub: 'Ana', name: 'Ana' }))
  await page.click('#tokenform button')
  await page.waitForSelector('#seen[data-state=online]')
  expect(await textAt(page, '#id')).toBe('Ana')
  expect(await page.isVisible('#tokenform')).toBe(false)
  expect(await textAt(page, '#how')).toContain('-H "authorization: Bearer $KEY"')
  await picture(page, 'demo-user-token')
  await page.evaluate(() => sessionStorage.setItem('systole.token /demo/user', 'nonsense'))
  await page.reload()
  await page.waitForSelector('#tokenform:not([hidden])')
  expect(complaints()).toEqual([])
  await close()
})

test('the demo admin asks for a token that may watch everybody', async () => {
  const { page, complaints, close } = await open('/demo/admin')
  await page.waitForSelector('#tokenform:not([hidden])')
  expect(await textAt(page, '#mint')).toBe('systole token --observer')
  await page.fill('#token', tokenFor({ sub: 'Bo' }))
  await page.click('#tokenform button')
  await notice(page, 'does not let you watch everybody')
  await page.waitForSelector('#tokenform:not([hidden])')
  await picture(page, 'demo-admin-forbidden')
  expect(complaints()).toEqual([])
  await close()
})

test('the demo admin whose token is over lists nobody as if they were here', async () => {
  const { page, complaints, close } = await open('/demo/admin')
  await page.waitForSelector('#tokenform:not([hidden])')
  const member = await open('/demo/user?user_id=7')
  await member.page.fill('#token', tokenFor({ sub: 'Cy' }))
  await member.page.click('#tokenform button')
  await member.page.waitForSelector('#seen[data-state=online]')
  // good for 3 s, and 5 s of leeway
  const exp = Math.floor(Date.now() / 1_000) + 3
  await page.fill('#token', tokenFor({ watch: true, ask: true, exp }))
  await page.click('#tokenform button')
  await page.waitForSelector('#rows tr')
  await page.waitForSelector('#state[data-state=closed]', { timeout: 30_000 })
  // longer than the page takes to draw its rows anew
  await page.waitForTimeout(1_500)
  expect(await page.locator('#rows tr').count()).toBe(0)
  expect(await textAt(page, '#counts')).not.toMatch(/\d/)
  expect(complaints()).toEqual([])
  await Promise.all([close(), member.close()])
})

test('the page of the API shows every route, and tries one with the key', async () => {
  const { page, complaints, close } = await open('/docs', { viewport: { width: 1_280, height: 900 } })
  await page.waitForSelector('.op')
  const spec = (await (await fetch(`${server.api.url}/openapi.json`)).json()) as {
    paths: Record<string, object>
  }
  const operations = Object.values(spec.paths).flatMap(Object.keys).length
  expect(await page.locator('.op').count()).toBe(operations)
  expect(await page.locator('nav a').count()).toBe(operations)
  for (const summary of await page.locator('.op > summary').all()) await summary.click()
  expect(await page.locator('.op .try').count()).toBe(operations)
  await picture(page, 'docs-all')
  const put = page.locator('#putBansById')
  const send = async () => {
    await put.locator('.go').click()
    await waitFor('an answer', async () => /\d{3} /.test((await put.locator('.status').textContent()) ?? ''))
    return [await put.locator('.status').textContent(), await put.locator('pre').textContent()] as const
  }
  await put.locator('input[name=id]').fill('<img src=x onerror="window.hacked=1">/ü')
  await put.locator('textarea').fill('{"reason":"<script>window.hacked=2</script>"}')
  expect((await send())[1]).toContain('"code": "no_key"')
  await page.fill('#key', KEYS.boss)
  const [status, answer] = await send()
  expect(status).toStartWith('200 ')
  expect(JSON.parse(answer ?? '').ban.reason).toBe('<script>window.hacked=2</script>')
  await picture(page, 'docs-tried')
  expect(
    await page.evaluate(() => [Reflect.get(window, 'hacked'), sessionStorage.length, localStorage.length]),
  ).toEqual([undefined, 0, 0])
  expect(complaints()).toEqual([])
  await close()
})

test('the page of the API goes to what its address names', async () => {
  const { page, complaints, close } = await open('/docs#postPush', { colorScheme: 'dark' })
  await page.waitForSelector('#postPush .in')
  expect(await page.isVisible('#postPush .try')).toBe(true)
  // also when what was shown has been closed by hand
  await page.click('#postPush > summary')
  expect(await page.isVisible('#postPush .try')).toBe(false)
  await page.evaluate(() => document.querySelector<HTMLElement>('nav a[href="#postPush"]')?.click())
  expect(await page.isVisible('#postPush .try')).toBe(true)
  await picture(page, 'docs-dark')
  expect(complaints()).toEqual([])
  await close()
})
