// Pages of the SDK through what people do with pages: reload, copy, leave and come back. Others must hear nothing of it.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { complaintsOf, launchBrowser } from '../support/browser.ts'
import { FlapWatch } from '../support/flap-watch.ts'
import { type OpenPage, openPage, SdkPage, SdkSite, type SdkWish } from '../support/sdk-page.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

/** A reload on a busy machine may take its time. */
const REFRESH_GRACE = ['--refresh-grace', '10s']
const POLICY = "default-src 'none'; script-src 'self'; img-src data:; require-trusted-types-for 'script'"

let browser: Browser
let server: SystoleProcess
let site: SdkSite
let url: string

beforeAll(async () => {
  ;[server, browser, site] = await Promise.all([
    startServer({ runtime: 'bun', args: REFRESH_GRACE }),
    launchBrowser(),
    SdkSite.start(),
  ])
  url = `ws://127.0.0.1:${server.port('main')}/`
})

afterAll(async () => {
  await browser?.close()
  await site?.stop()
  await server?.kill()
})

function wishOf(member: string, more: Partial<SdkWish> = {}): SdkWish {
  return { client: { url, member }, ...more }
}

async function open(wish: SdkWish): Promise<OpenPage> {
  const opened = await openPage(browser, site.page(wish))
  await opened.sdk.is('online')
  return opened
}

async function sessionsOf(member: string): Promise<string[]> {
  return (await server.api.sessions())
    .flatMap(session => (session.member === member ? [session.id] : []))
    .sort()
}

async function instanceOf(sdk: SdkPage): Promise<string> {
  const hellos = await sdk.frames('hello')
  return JSON.parse(String(hellos.at(-1)!.text)).instance
}

test.concurrent('a refresh, and two in a row: one session goes on, and nobody hears of it', async () => {
  const watch = await FlapWatch.of(url, 'refreshing')
  const { context, page, sdk } = await open(wishOf('refreshing'))
  const [session, instance] = [await sdk.session(), await instanceOf(sdk)]
  const epochs = await sdk.epochs()
  for (const times of [1, 2, 2]) {
    for (let i = 1; i < times; i++) void page.reload({ waitUntil: 'commit' }).catch(() => {})
    await page.reload()
    await sdk.is('online')
    expect([await sdk.session(), await instanceOf(sdk)]).toEqual([session, instance])
    epochs.push(...(await sdk.epochs()))
    expect(await sdk.happened('problem')).toEqual([])
  }
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
  expect(new Set(epochs).size).toBe(epochs.length)
  expect(epochs.length).toBeGreaterThanOrEqual(4)
  expect(await sessionsOf('refreshing')).toEqual([session!])
  expect([watch.states('refreshing'), watch.stays('refreshing')]).toEqual([['unknown', 'online'], 1])
  watch.stop()
  await context.close()
})

test.concurrent('a page whose first sign was cut short by the next refresh still goes on', async () => {
  const watch = await FlapWatch.of(url, 'hasty')
  const { context, page, sdk } = await open(wishOf('hasty'))
  const session = await sdk.session()
  // one may take the place of the other before it began
  for (let i = 0; i < 5; i++) await page.reload({ waitUntil: 'commit' }).catch(() => {})
  await sdk.is('online')
  expect(await sdk.session()).toBe(session)
  expect(await sessionsOf('hasty')).toEqual([session!])
  expect([watch.states('hasty'), watch.stays('hasty')]).toEqual([['unknown', 'online'], 1])
  watch.stop()
  await context.close()
})

for (const without of [[], ['locks']] as const)
  test.concurrent(`a copied tab is a second session, and they do not fight${without.length > 0 ? ', also without Web Locks' : ''}`, async () => {
    const member = `copied${without.length}`
    const watch = await FlapWatch.of(url, member)
    const { context, page, sdk } = await open(wishOf(member, { without }))
    const session = await sdk.session()
    const opening = context.waitForEvent('page')
    // with an opener a new tab gets a copy of this one's memory
    await page.evaluate(() => void window.open(location.href))
    const copy = SdkPage.of(await opening)
    await copy.is('online')
    const kept = 'JSON.stringify(Object.keys(sessionStorage).sort())'
    expect(await copy.evaluate<string>(kept)).toBe(await sdk.evaluate<string>(kept))
    await waitFor('both to be online', async () =>
      [await sdk.state(), await copy.state()].every(state => state === 'online'),
    )
    await waitFor('two sessions', async () => (await sessionsOf(member)).length === 2)
    expect(await instanceOf(copy)).not.toBe(await instanceOf(sdk))
    const both = [(await sdk.session())!, (await copy.session())!].sort()
    expect(await sessionsOf(member)).toEqual(both)
    expect(both).toContain(session!)
    // a fight would be one connection after the other
    const hellos = async () => (await sdk.epochs()).length + (await copy.epochs()).length
    const settled = await hellos()
    expect(settled).toBeLessThanOrEqual(without.length > 0 ? 4 : 2)
    await sdk.evaluate('new Promise(done => setTimeout(done, 2000))')
    expect(await hellos()).toBe(settled)
    const told = (await Promise.all([sdk, copy].map(one => one.happened('problem')))).flat()
    // the server tells them apart where the browser cannot
    const words = without.length > 0 ? ['locks', 'refused'] : []
    expect([...new Set(told.map(({ code }) => code))].sort()).toEqual(words)
    // after a reload each is who it was
    await page.reload()
    await sdk.is('online')
    expect(await sessionsOf(member)).toEqual(both)
    expect([watch.states(member), watch.stays(member)]).toEqual([['unknown', 'online'], 1])
    watch.stop()
    await context.close()
  })

test.concurrent('under a strict content security policy', async () => {
  const strict = await SdkSite.start(`${POLICY}; connect-src ${url.slice(0, -1)}`)
  const context = await browser.newContext()
  const page = await context.newPage()
  const complaints = await complaintsOf(page)
  await page.goto(strict.page(wishOf('strict', { watch: ['strict'] })))
  const sdk = SdkPage.of(page)
  await sdk.is('online')
  await waitFor('the page to see itself', async () => {
    return (await sdk.evaluate<string | undefined>('window.sdk.seen().strict')) === 'online'
  })
  expect(complaints).toEqual([])
  // the policy is in force
  await page.evaluate(() => fetch('/page').catch(() => {}))
  await waitFor('the policy to refuse', () => complaints.some(text => text.startsWith('policy: connect-src')))
  await context.close()
  await strict.stop()
})

test.concurrent('destroyed, it leaves no listener, socket or lock in the page', async () => {
  const { context, page, sdk } = await open(wishOf('destroyed', { watch: 'all' }))
  const control = await context.newCDPSession(page)
  const count = async () => {
    const expression = `[window, document].flatMap(target => Object.entries(getEventListeners(target)))
      .flatMap(([name, all]) => all.map(() => name)).sort().join(' ')`
    const options = { expression, includeCommandLineAPI: true, returnByValue: true }
    return (await control.send('Runtime.evaluate', options)).result.value as string
  }
  expect(await count()).toContain('visibilitychange')
  expect(await sdk.evaluate<number>('navigator.locks.query().then(({ held }) => held.length)')).toBe(1)
  await page.evaluate(`window.sdk.client.destroy()`)
  // of the page itself
  expect(await count()).toBe('pageshow')
  expect(await sdk.evaluate<number>('navigator.locks.query().then(({ held }) => held.length)')).toBe(0)
  await waitFor('the server to see it close', async () => {
    const sessions = (await server.api.sessions()).filter(({ member }) => member === 'destroyed')
    return sessions.every(({ state }) => state === 'suspect')
  })
  expect(await sdk.state()).toBe('closed')
  await context.close()
})
