// The pages the server serves: the list is alive in both languages, what members call themselves is text and nothing
// runs, and no page complains. Leaves a picture of each in test-results/.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { complaintsOf, launchBrowser, textAt } from '../support/browser.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

const EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>'
const PHONE = { width: 390, height: 800 }

let browser: Browser
let server: SystoleProcess

beforeAll(async () => {
  const starting = startServer({ runtime: 'bun', listen: { quick: 'auto,limit=3s,grace=500ms' } })
  ;[server, browser] = await Promise.all([starting, launchBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await server?.kill()
})

/** A member that stays until its socket is closed, by the pings this runtime answers. */
async function login(id: string, name: string, type: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port('quick')}`)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  socket.send(JSON.stringify({ action: 'open', id, name, type }))
  await server.api.is(id, 'online')
  return socket
}

async function open(path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints = await complaintsOf(page)
  await page.goto(server.api.url + path)
  return { page, complaints, close: () => context.close() }
}

function picture(page: Page, name: string) {
  return page.screenshot({ path: `test-results/${name}.png`, fullPage: true })
}

const rowText = (page: Page, id: string) => page.textContent(`#rows tr:has(a:text-is(${JSON.stringify(id)}))`)

const WORDS = {
  en: { online: 'online', offline: 'offline', reason: 'closed', nobody: 'Nobody is in this state.' },
  zh: { online: '在线', offline: '离线', reason: '已关闭', nobody: '没有处于此状态的成员。' },
} as const

test.concurrent.each(['en', 'zh'] as const)(
  'the live list in %s: comes and goes without a reload',
  async language => {
    const words = WORDS[language]
    const locale = language === 'en' ? 'en-GB' : 'zh-CN'
    const { page, complaints, close } = await open('/', { locale })
    expect(await page.getAttribute('html', 'lang')).toBe(language)
    const id = `来客-${language}`
    const socket = await login(id, '小明', 'vip')
    await waitFor('the row', async () => (await textAt(page, '#rows')).includes(id))
    const row = await rowText(page, id)
    expect(row).toContain('小明')
    expect(row).toContain('vip')
    expect(row).toContain(words.online)
    await picture(page, `home-${language}`)
    socket.close()
    await waitFor('the row to say so', async () => (await rowText(page, id))?.includes(words.offline))
    expect(await rowText(page, id)).toContain(words.reason)
    await page.click('[data-filter=away]')
    await waitFor('the empty list', async () => (await page.textContent('#nobody')) === words.nobody)
    expect(await page.isVisible('#table')).toBe(false)
    await picture(page, `home-${language}-empty`)
    await page.click('[data-filter=offline]')
    await waitFor('the row again', async () => (await textAt(page, '#rows')).includes(id))
    // between two looks: one that is cut short by the next page would be a complaint
    await Promise.all(
      ['/v1/members', '/healthz'].map(path =>
        page
          .waitForResponse(response => new URL(response.url()).pathname === path)
          .then(response => response.finished()),
      ),
    )
    await page.click('#language')
    expect(await page.getAttribute('html', 'lang')).toBe(language === 'en' ? 'zh' : 'en')
    expect(complaints).toEqual([])
    await close()
  },
)

test.concurrent('what members call themselves is text: nothing is made of it and nothing runs', async () => {
  const socket = await login(EVIL, EVIL, EVIL)
  const beats = new WebSocket(`ws://127.0.0.1:${server.port('quick')}`)
  await new Promise(resolve => beats.addEventListener('open', resolve))
  beats.send(JSON.stringify({ type: 'SetHeartbeat', user_id: `${EVIL}2`, user_name: EVIL, timestamp: 1 }))
  await server.api.is(`${EVIL}2`, 'online')
  const query = `?user_id=${encodeURIComponent(EVIL)}&lang=en`
  const pages = await Promise.all([open('/'), open(`/demo/user${query}`), open('/demo/admin')])
  const [home, user, admin] = pages
  await waitFor('the row', async () => (await textAt(home.page, '#rows')).includes(EVIL))
  expect(await user.page.textContent('#id')).toBe(EVIL)
  expect(await user.page.textContent('#name')).toBe(`Name(${EVIL})`)
  await waitFor('the list', async () => (await textAt(admin.page, '#rows')).includes(EVIL))
  await Promise.all([
    picture(home.page, 'home-evil-names'),
    picture(user.page, 'demo-user-evil-name'),
    picture(admin.page, 'demo-admin-evil-names'),
  ])
  for (const { page, complaints, close } of pages) {
    expect(await page.locator('img, tbody script, dd script').count()).toBe(0)
    expect(await page.evaluate(() => Reflect.get(window, 'hacked'))).toBeUndefined()
    expect(complaints).toEqual([])
    await close()
  }
  socket.close()
  beats.close()
})

test.concurrent('what is injected all the same is refused, and a test would see the complaint', async () => {
  const { page, complaints, close } = await open('/')
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML = '<img src=x onerror="window.hacked=3">'
      return null
    } catch (error) {
      return String(error)
    }
  })
  expect(refused).toContain('TrustedHTML')
  await waitFor('the complaint', () =>
    complaints.some(text => text.startsWith('policy: require-trusted-types-for')),
  )
  expect(await page.evaluate(() => Reflect.get(window, 'hacked'))).toBeUndefined()
  await close()
})

test.concurrent('the pages are readable on a phone, in the dark, and in both languages', async () => {
  const socket = await login('a-very-long-id-'.repeat(12), '一个非常非常长的名字'.repeat(8), 'vip')
  const paths = { home: '/', 'demo-user': '/demo/user?user_id=7', 'demo-admin': '/demo/admin' }
  const looks: BrowserContextOptions[] = [
    { viewport: PHONE, locale: 'zh-CN' },
    { viewport: PHONE, locale: 'en-GB', colorScheme: 'dark' },
    { locale: 'en-GB', colorScheme: 'dark' },
  ]
  for (const [name, path] of Object.entries(paths)) {
    for (const [index, look] of looks.entries()) {
      const { page, complaints, close } = await open(path, look)
      await page.waitForSelector(name === 'demo-user' ? '#seen[data-state=online]' : '#rows tr')
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overflow).toBeLessThanOrEqual(0)
      await picture(page, `${name}-${index === 0 ? 'phone-zh' : index === 1 ? 'phone-dark-en' : 'dark-en'}`)
      expect(complaints).toEqual([])
      await close()
    }
  }
  socket.close()
})
