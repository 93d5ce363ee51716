// The member and admin flow of every published dialect in real pages opened from a file.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, textAt } from '../support/browser.ts'
import { publishedPage } from '../support/published-pages.ts'
import { SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

const LISTEN = {
  quick: 'auto,limit=4s,grace=3s',
  gateway: 'gateway,limit=4s,grace=500ms',
  uid: 'uid,limit=4s,grace=1s',
}
/** A reload on a busy machine may take longer than the default of 1 s; it is no flap for that. */
const PATIENT = ['--suspect-after', '3s']
const QUIET_FOR = 5_500
/** A grace, and a busy machine. */
const GONE_WITHIN = 8_000

let browser: Browser
let server: SystoleProcess

beforeAll(async () => {
  const starting = startServer({ runtime: 'bun', listen: LISTEN, args: ['--origin', 'null', ...PATIENT] })
  ;[server, browser] = await Promise.all([starting, launchBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await server?.kill()
})

async function open(url: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(url)
  return page
}

function shows(page: Page, selector: string, text: string, withinMs = 5_000): Promise<boolean> {
  const what = `${selector} to show ${text}`
  return waitFor(what, async () => (await textAt(page, selector)).includes(text), withinMs, 50)
}

describe('heartbeat', () => {
  test.concurrent('pages from a file: online by beats, offline in the admin page after close and grace', async () => {
    const port = server.port('quick')
    const admin = await open(publishedPage('heartbeat-admin', { port, every: 200 }))
    const user = await open(publishedPage('heartbeat-user', { port, user_id: 'file7', every: 300 }))
    await shows(admin, '#user-file7', '在线')
    expect(await textAt(admin, '#user-file7')).toBe('file7Name(file7)在线')
    const { lastBeatAt } = (await server.api.member('file7'))!
    await waitFor('a later beat', async () => (await server.api.member('file7'))!.lastBeatAt! > lastBeatAt!)
    await user.close()
    await shows(admin, '#user-file7', '离线', GONE_WITHIN)
    expect(await server.api.member('file7')).toMatchObject({ state: 'offline', reason: 'closed' })
    await admin.close()
  })
})

describe('members', () => {
  test.concurrent('pong before login; a login makes a member; pings keep it', async () => {
    const page = await open(publishedPage('members', { port: server.port('quick'), every: 300 }))
    await shows(page, '#pongs', '2')
    await page.fill('[name=id]', '64')
    await page.fill('[name=type]', 'vip')
    await page.fill('[name=name]', '小明')
    await page.fill('[name=phone]', '123')
    await page.click('button')
    const joined = await server.api.is('64', 'online')
    expect(joined).toMatchObject({ type: 'vip', name: '小明', sessions: 1, reason: null })
    await pause(QUIET_FOR)
    const still = (await server.api.member('64'))!
    expect(still).toMatchObject({ state: 'online', version: joined.version, since: joined.since })
    expect(still.lastBeatAt!).toBeGreaterThan(joined.since + QUIET_FOR - 2_000)
    await page.close()
    expect(await server.api.is('64', 'offline', GONE_WITHIN)).toMatchObject({ reason: 'closed' })
  })

  const reload = { port: 0, every: 200, reconnect: 100 }

  test.concurrent('as published, a page that comes back with pings only stays without a member', async () => {
    const page = await open(publishedPage('members', { ...reload, port: server.port('quick') }))
    await page.fill('[name=id]', '65')
    await shows(page, '#pongs', '1')
    await page.click('button')
    await server.api.is('65', 'online')
    await page.reload()
    await shows(page, '#pongs', '1')
    expect(await server.api.is('65', 'offline', GONE_WITHIN)).toMatchObject({ reason: 'closed' })
    await shows(page, '#link', 'open')
    await page.close()
  })

  test.concurrent('mended to say open again, it goes on as the same stay', async () => {
    const page = await open(publishedPage('members', { ...reload, port: server.port('quick'), mend: 1 }))
    await page.fill('[name=id]', '66')
    await shows(page, '#pongs', '1')
    await page.click('button')
    const { version, joinedAt } = await server.api.is('66', 'online')
    await page.reload()
    await shows(page, '#pongs', '1')
    await pause(1_500)
    expect(await server.api.member('66')).toMatchObject({ state: 'online', version, joinedAt, sessions: 1 })
    await page.close()
  })
})

describe('gateway', () => {
  const links = async () => (await server.api.sessions(true)).filter(({ dialect }) => dialect === 'gateway')

  test.concurrent('each page gets a client id, stays by any text, ends after its grace, and hears nothing', async () => {
    const page = await open(publishedPage('gateway', { port: server.port('gateway'), every: 300 }))
    const { clientId } = await waitFor('the link', async () => (await links())[0])
    expect(clientId).toMatch(/^[0-9a-f]{20}$/)
    await pause(QUIET_FOR)
    const [link] = await links()
    expect(link).toMatchObject({ clientId, member: null, state: 'online' })
    expect(Date.now() - link!.lastBeatAt!).toBeLessThan(3_000)
    expect(await textAt(page, '#heard')).toBe('')
    await page.close()
    await waitFor('the end of the link', async () => (await links()).length === 0)
    expect((await server.api.members()).map(({ id }) => id)).not.toContain(clientId)
  })
})

describe('uid', () => {
  test.concurrent('the first text is the id and is not echoed; each beat is', async () => {
    const page = await open(publishedPage('uid', { port: server.port('uid'), uid: '20', every: 400 }))
    const joined = await server.api.is('20', 'online')
    await shows(page, '#echoes', '3')
    const { echoes, ticks } = await page.evaluate(() => ({
      echoes: Reflect.get(window, 'echoes'),
      ticks: Reflect.get(window, 'ticks').length,
    }))
    expect(ticks - echoes).toBeLessThanOrEqual(1)
    expect(echoes).toBeLessThanOrEqual(ticks)
    await pause(QUIET_FOR)
    expect(await server.api.member('20')).toMatchObject({ state: 'online', version: joined.version })
    await page.close()
    expect(await server.api.is('20', 'offline', GONE_WITHIN)).toMatchObject({ reason: 'closed' })
  })
})

describe('origin', () => {
  test.concurrent('a page from a file is refused with 403 unless let in, and the log names the option', async () => {
    const strict = await startServer({ runtime: 'bun' })
    try {
      const page = await browser.newPage()
      const refused = page.waitForEvent('console', message => message.type() === 'error')
      await page.goto(publishedPage('heartbeat-user', { port: strict.port('main'), every: 100 }))
      expect((await refused).text()).toContain('403')
      const line = await waitFor('the log line', () => strict.lines.find(({ count }) => count === 'refused'))
      expect(line.msg).toContain('--origin "null"')
      expect(await strict.api.members()).toEqual([])
      await page.close()
    } finally {
      await strict.kill()
    }
  })

  // A loopback address of its own, so that the three ports those pages name are free.
  test.concurrent('--published lets it in, on the ports those pages name', async () => {
    const host = `127.${97 + (process.pid % 100)}.3.7`
    const published = new SystoleProcess({ runtime: 'bun', host, port: 9502, args: ['--published'] })
    try {
      await waitFor('the last line of its banner', () => published.lines.some(({ mode }) => mode === 'open'))
      const names = ['heartbeat-user', 'heartbeat-admin', 'members', 'gateway', 'uid'] as const
      const query = { host, every: 200 }
      const pages = await Promise.all(names.map(name => open(publishedPage(name, query))))
      await Promise.all(pages.map(page => shows(page, '#link', 'open')))
      await Promise.all([published.api.is('7', 'online'), published.api.is('20', 'online')])
      await waitFor('the gateway link', async () =>
        (await published.api.sessions(true)).some(({ dialect }) => dialect === 'gateway'),
      )
      await Promise.all(pages.map(page => page.close()))
    } finally {
      await published.kill()
    }
  })
})
