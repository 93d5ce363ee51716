// A hidden tab and a tab in the back/forward cache, as people leave them: nobody hears that they were gone. First it is
// proved that the tab is what it should be: hidden with its timers throttled, or really taken out of the cache.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlapWatch } from '../support/flap-watch.ts'
import { HiddenBrowser, type Look, type Tab, THROTTLED_AFTER } from '../support/hidden-browser.ts'
import { Relay } from '../support/relay.ts'
import { SdkPage, SdkSite, type SdkWish } from '../support/sdk-page.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(180_000)

/**
 * The long form watches a tab as people have it, before a server that cannot be reached while it restarts: the first try
 * fails, and the next one comes a minute later. In the short form a balancer keeps the first try until the server is back.
 */
const LONG = process.env.TEST_LONG === '1'
const LOOK: Look = LONG ? 'painted' : 'unpainted'
const BACK_WITHIN = LONG ? 75_000 : 10_000
const TICK = 1_000
const AWAY_AFTER = 1_500
const REFRESH_GRACE = 2_000
/** Longer than the window that the server gives. */
const DOWN = 2_000

let site: SdkSite

beforeAll(async () => {
  site = await SdkSite.start()
})

afterAll(() => site?.stop())

async function openIn(
  browser: HiddenBrowser,
  wish: SdkWish,
  look?: Look,
): Promise<{ tab: Tab; sdk: SdkPage }> {
  const tab = await browser.open(site.page(wish), look)
  const sdk = new SdkPage(expression => browser.evaluate(tab, expression))
  await sdk.is('online')
  return { tab, sdk }
}

function urlOf(server: SystoleProcess): string {
  return `ws://127.0.0.1:${server.port('main')}/`
}

test.concurrent('a hidden, throttled tab comes back by itself after a restart, and was away all the time', async () => {
  const data = mkdtempSync(join(tmpdir(), 'systole-data-'))
  const start = (port: number) =>
    startServer({ runtime: 'bun', port, data, args: ['--away-after', `${AWAY_AFTER}ms`] })
  let [server, browser] = await Promise.all([start(0), HiddenBrowser.launch()])
  try {
    const relay = await Relay.start(server.port('main'))
    const watch = await FlapWatch.of(urlOf(server), 'hidden')
    const url = LONG ? urlOf(server) : `ws://127.0.0.1:${relay.port}/`
    const wish = { client: { url, member: 'hidden', timing: 'fast' }, ticks: TICK } as const
    const { tab, sdk } = await openIn(browser, wish, LOOK)
    const session = await sdk.session()
    await browser.activate(await browser.open('about:blank'))
    await waitFor('the tab to be hidden', () => browser.evaluate(tab, 'document.hidden'))
    const hiddenAt = Date.now()
    await waitFor('others to see it away', () => watch.states('hidden').at(-1) === 'away')
    await pause(THROTTLED_AFTER[LOOK] + TICK)

    const from = Date.now()
    const port = server.port('main')
    server.signal('SIGTERM')
    await server.exited
    await pause(DOWN)
    server = await start(port)
    const upAt = Date.now()
    await waitFor(
      'it to be back',
      async () => (await sdk.changes(from)).at(-1)?.startsWith('connecting-online'),
      BACK_WITHIN,
    )
    console.log(
      `a hidden tab was back ${Date.now() - from} ms after SIGTERM, ${Date.now() - upAt} ms after the start`,
    )
    await watch.hears()
    await pause(AWAY_AFTER + TICK)

    expect(await browser.evaluate<boolean>(tab, 'document.hidden')).toBe(true)
    const ticks = await browser.evaluate<number[]>(tab, `window.sdk.ticks.filter(at => at > ${from})`)
    expect(ticks.length).toBeLessThanOrEqual(Math.ceil((Date.now() - from) / 60_000))
    expect(await sdk.frames('beat', hiddenAt)).toEqual([])
    expect(await sdk.session()).toBe(session)
    expect(watch.states('hidden')).toEqual(['unknown', 'online', 'away'])

    await browser.activate(tab)
    await waitFor('others to see it online', () => watch.states('hidden').at(-1) === 'online')
    expect([watch.states('hidden').length, watch.stays('hidden')]).toEqual([4, 1])
    await waitFor('its beats to go on', async () => (await sdk.frames('beat', Date.now() - TICK)).length > 0)
    watch.stop()
    relay.stop()
  } finally {
    await browser.close()
    await server.kill()
    rmSync(data, { recursive: true, force: true })
  }
})

test.concurrent('a page out of the back/forward cache goes on as who it was', async () => {
  const args = ['--refresh-grace', `${REFRESH_GRACE}ms`]
  const [server, browser] = await Promise.all([startServer({ runtime: 'bun', args }), HiddenBrowser.launch()])
  const leaveAndReturn = async (tab: Tab, away: () => Promise<void>) => {
    await browser.evaluate(tab, `location.href = '/elsewhere'`)
    await waitFor('the other page', () => isAt(browser, tab, '/elsewhere'))
    await away()
    await browser.evaluate(tab, 'history.back()')
    await waitFor('the page again', () => isAt(browser, tab, '/page'))
  }
  try {
    const url = urlOf(server)
    const watch = await FlapWatch.of(url, 'cached')
    const { tab, sdk } = await openIn(browser, { client: { url, member: 'cached', timing: 'fast' } })
    const session = await sdk.session()
    expect(await held(browser, tab)).toBe(1)
    const from = Date.now()
    await leaveAndReturn(tab, async () => {
      await waitFor('the server to see it leave', async () => {
        return (await server.api.member('cached'))?.state === 'suspect'
      })
      // a held one would keep older browsers from putting the page there
      expect(await held(browser, tab)).toBe(0)
      // longer than any grace but the one of a cached page
      await pause(REFRESH_GRACE + 1_500)
    })
    const backAt = Date.now()
    await sdk.is('online')
    console.log(`back out of the cache, online after ${Date.now() - backAt} ms`)
    expect((await sdk.happened('pageshow')).map(({ persisted }) => persisted)).toEqual([false, true])
    expect((await sdk.happened('close', from)).map(({ code }) => code)).toEqual([4001])
    expect(await sdk.changes(from)).toEqual([
      'online-idle cached',
      'idle-connecting restored',
      'connecting-online welcome',
    ])
    expect([await sdk.session(), await held(browser, tab)]).toEqual([session, 1])
    expect([watch.states('cached'), watch.stays('cached')]).toEqual([['unknown', 'online'], 1])

    watch.stop()
  } finally {
    await browser.close()
    await server.kill()
  }
})

async function isAt(browser: HiddenBrowser, tab: Tab, path: string): Promise<boolean> {
  const ask = `document.readyState === 'complete' && location.pathname === '${path}'`
  return browser.evaluate<boolean>(tab, ask).catch(() => false)
}

/** Web Locks that are held by any page. */
function held(browser: HiddenBrowser, tab: Tab): Promise<number> {
  return browser.evaluate(tab, 'navigator.locks.query().then(({ held }) => held.length)')
}
