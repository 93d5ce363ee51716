// What happens to the network, the server and the machine under a visible page: each is noticed in time, nothing is
// believed that can be asked, and whoever is back in time never left.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserServer, chromium } from 'playwright-core'
import { BROWSER_ARGS, CHROMIUM, launchBrowser } from '../support/browser.ts'
import { FlapWatch } from '../support/flap-watch.ts'
import { descendants, isStopped, signalAll } from '../support/processes.ts'
import { Relay } from '../support/relay.ts'
import { type OpenPage, openPage, SdkSite, type SdkWish } from '../support/sdk-page.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(90_000)

/** Of preset web: I + T + 1 s. */
const NOTICED_WITHIN = 16_000
/** Longer than from one beat to the next, shorter than silence may last, in preset web. */
const NAP = 11_000
/** Longer than I + T + G of preset fast. */
const LONG_SLEEP = 7_500
/** ms that an answer to a probe may take. */
const PROBE = 3_000
/** ms of the wait that is cut short. */
const LONG_WAIT = 10_000
/** What a busy machine adds. */
const SLACK = 1_000

let browser: Browser
let server: SystoleProcess
let site: SdkSite

beforeAll(async () => {
  ;[server, browser, site] = await Promise.all([
    startServer({ runtime: 'bun' }),
    launchBrowser(),
    SdkSite.start(),
  ])
})

afterAll(async () => {
  await browser?.close()
  await site?.stop()
  await server?.kill()
})

async function open(wish: SdkWish, where = browser, chance?: number): Promise<OpenPage> {
  const opened = await openPage(where, site.page(wish), chance)
  await opened.sdk.is('online')
  return opened
}

function urlOf(of: SystoleProcess): string {
  return `ws://127.0.0.1:${of.port('main')}/`
}

test.concurrent('offline is asked, not believed: where the connection still works, it stays', async () => {
  const url = urlOf(server)
  const watch = await FlapWatch.of(url, 'doubting')
  const { context, page, sdk } = await open({ client: { url, member: 'doubting' } })
  const from = Date.now()
  // as a browser says it that watches another network than the one in use
  await page.evaluate(() => window.dispatchEvent(new Event('offline')))
  await waitFor('the answer', async () => (await sdk.changes(from)).length >= 2)
  // longer than a probe may take
  await pause(PROBE + SLACK)
  expect(await sdk.changes(from)).toEqual(['online-probing wake', 'probing-online answer'])
  expect(await sdk.epochs()).toHaveLength(1)
  expect([watch.states('doubting'), watch.stays('doubting')]).toEqual([['unknown', 'online'], 1])
  watch.stop()
  await context.close()
})

test.concurrent('a network that is gone is noticed by the probe, and its return at once', async () => {
  const url = urlOf(server)
  const watch = await FlapWatch.of(url, 'cut-off')
  const { context, page, sdk } = await open({ client: { url, member: 'cut-off' } })
  const session = await sdk.session()
  const from = Date.now()
  await context.setOffline(true)
  expect(await page.evaluate(() => navigator.onLine)).toBe(false)
  const lost = async () => (await sdk.happened('state', from)).find(({ to }) => to === 'connecting')
  const { at, reason } = await waitFor('it to be noticed', lost)
  const asked = (await sdk.happened('state', from)).find(({ to }) => to === 'probing')
  expect(reason).toBe('silence')
  expect(at - asked!.at).toBeLessThan(PROBE + SLACK)
  await sdk.is('waiting')
  await context.setOffline(false)
  const backAt = Date.now()
  await sdk.is('online')
  console.log(`no network: noticed after ${at - from} ms; online ${Date.now() - backAt} ms after its return`)
  expect(Date.now() - backAt).toBeLessThan(1_000 + SLACK)
  expect(await sdk.session()).toBe(session)
  expect([watch.states('cut-off'), watch.stays('cut-off')]).toEqual([['unknown', 'online'], 1])
  watch.stop()
  await context.close()
})

test.concurrent('online cuts the wait for the next try short', async () => {
  const gone = await startServer({ runtime: 'bun' })
  const wish = { client: { url: urlOf(gone), member: 'waiting' } }
  const { context, sdk } = await open(wish, browser, 0.95)
  const port = gone.port('main')
  await gone.kill()
  // where nobody answers the waits grow
  const waits = async () => (await sdk.happened('state')).filter(({ retryIn }) => Number(retryIn) > LONG_WAIT)
  const [long] = await waitFor('a long wait', async () => (await waits()).length > 0 && waits(), 20_000)
  const [back] = await Promise.all([startServer({ runtime: 'bun', port }), context.setOffline(true)])
  expect(await sdk.state()).toBe('waiting')
  await context.setOffline(false)
  const at = Date.now()
  await sdk.is('online')
  expect(Date.now()).toBeLessThan(at + 1_000 + SLACK)
  expect(Date.now()).toBeLessThan(long!.at + Number(long!.retryIn))
  await context.close()
  await back.kill()
})

test.concurrent('the server is killed and started again: the page is back within the grace, and never left', async () => {
  const data = mkdtempSync(join(tmpdir(), 'systole-data-'))
  let mortal = await startServer({ runtime: 'bun', data })
  const url = urlOf(mortal)
  const watch = await FlapWatch.of(url, 'loyal')
  const { context, sdk } = await open({ client: { url, member: 'loyal' }, watch: ['loyal'] })
  const session = await sdk.session()
  await pause(SLACK)
  await mortal.kill()
  await sdk.is('waiting')
  await pause(SLACK)
  mortal = await startServer({ runtime: 'bun', data, port: mortal.port('main') })
  const upAt = Date.now()
  await sdk.is('online', 30_000)
  console.log(`back ${Date.now() - upAt} ms after the server`)
  await watch.hears()
  expect(await sdk.session()).toBe(session)
  expect([watch.states('loyal'), watch.stays('loyal')]).toEqual([['unknown', 'online'], 1])
  await waitFor('its watch to go on', () => sdk.evaluate<boolean>(`window.sdk.seen().loyal === 'online'`))
  watch.stop()
  await context.close()
  await mortal.kill()
  rmSync(data, { recursive: true, force: true })
})

test.concurrent('a server that stands still is noticed within I + T + 1 s, and taken back', async () => {
  const frozen = await startServer({ runtime: 'bun' })
  const { context, sdk } = await open({ client: { url: urlOf(frozen), member: 'patient', timing: 'web' } })
  const session = await sdk.session()
  // the worst moment: just after a beat was answered
  await waitFor('a beat', async () => (await sdk.frames('beat')).length > 0, 15_000)
  await pause(200)
  frozen.signal('SIGSTOP')
  const from = Date.now()
  const changed = async () => (await sdk.happened('state', from)).find(({ to }) => to === 'connecting')
  const { at, reason } = await waitFor('it to be noticed', changed, NOTICED_WITHIN + 5_000, 50)
  console.log(`a dead server was noticed after ${at - from} ms`)
  expect(reason).toBe('silence')
  expect(at - from).toBeLessThanOrEqual(NOTICED_WITHIN)
  frozen.signal('SIGCONT')
  await sdk.is('online', 30_000)
  expect(await sdk.session()).toBe(session)
  await context.close()
  await frozen.kill()
})

/** A browser of its own, all of whose processes stand still for so long. */
class Sleeper {
  readonly #host: BrowserServer
  readonly browser: Browser

  constructor(host: BrowserServer, browser: Browser) {
    this.#host = host
    this.browser = browser
  }

  static async launch(): Promise<Sleeper> {
    const host = await chromium.launchServer({ executablePath: CHROMIUM, args: [...BROWSER_ARGS] })
    return new Sleeper(host, await chromium.connect(host.wsEndpoint()))
  }

  /** Resolves with when it woke. */
  async sleep(ms: number): Promise<number> {
    const { pid } = this.#host.process()
    const all = [pid!, ...descendants(pid!, '')]
    try {
      signalAll(all, 'SIGSTOP')
      await waitFor('it to sleep', () => all.every(isStopped))
      await pause(ms)
      return Date.now()
    } finally {
      signalAll(all, 'SIGCONT')
    }
  }

  async close(): Promise<void> {
    await this.browser.close()
    await this.#host.close()
  }
}

test.concurrent('a machine that slept shorter than silence may last: the connection is the same', async () => {
  const sleeper = await Sleeper.launch()
  const url = urlOf(server)
  const watch = await FlapWatch.of(url, 'napping')
  const { sdk } = await open({ client: { url, member: 'napping', timing: 'web' } }, sleeper.browser)
  // a beat was due meanwhile, and is late
  const wokeAt = await sleeper.sleep(NAP)
  await waitFor('the late beat', async () => (await sdk.frames('beat', wokeAt)).length > 0)
  await pause(PROBE + SLACK)
  expect(await sdk.state()).toBe('online')
  expect(await sdk.epochs()).toHaveLength(1)
  expect([watch.states('napping'), watch.stays('napping')]).toEqual([['unknown', 'online'], 1])
  watch.stop()
  await sleeper.close()
})

test.concurrent('a machine that slept longer than any grace: it asks, and is back within seconds', async () => {
  const sleeper = await Sleeper.launch()
  // routers forget who sleeps: nobody will tell it that its connection is gone
  const relay = await Relay.start(server.port('main'))
  const watch = await FlapWatch.of(urlOf(server), 'sleeping')
  const client = { url: `ws://127.0.0.1:${relay.port}/`, member: 'sleeping', timing: 'fast' } as const
  const { sdk } = await open({ client }, sleeper.browser)
  relay.forget()
  const wokeAt = await sleeper.sleep(LONG_SLEEP)
  await waitFor('another hello', async () => (await sdk.epochs()).length > 1)
  await sdk.is('online')
  console.log(`asleep for ${LONG_SLEEP} ms: online ${Date.now() - wokeAt} ms after it woke`)
  expect(Date.now() - wokeAt).toBeLessThan(PROBE + 2 * SLACK)
  const changes = await sdk.changes(wokeAt - SLACK)
  expect(changes).toEqual(['online-probing wake', 'probing-connecting silence', 'connecting-online welcome'])
  expect(watch.states('sleeping')).toEqual(['unknown', 'online', 'offline', 'online'])
  relay.stop()
  watch.stop()
  await sleeper.close()
})
