// Networks that keep WebSockets out, and portals that answer in the server's place: the page says what is wrong, finds its
// way in without WebSocket, and stays there for the visit.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { BlockingProxy, type Refusal } from '../support/blocking-proxy.ts'
import { launchBrowser } from '../support/browser.ts'
import { FlapWatch } from '../support/flap-watch.ts'
import { type OpenPage, openPage, type SdkPage, SdkSite, type SdkWish } from '../support/sdk-page.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(90_000)

let browser: Browser
let server: SystoleProcess
let site: SdkSite

beforeAll(async () => {
  ;[server, browser, site] = await Promise.all([
    startServer({ runtime: 'bun', args: ['--refresh-grace', '10s'] }),
    launchBrowser(),
    SdkSite.start(),
  ])
})

afterAll(async () => {
  await browser?.close()
  await site?.stop()
  await server?.kill()
})

/** Its waits are short, and the same each time. */
function open(wish: SdkWish): Promise<OpenPage> {
  return openPage(browser, site.page(wish), 0.3)
}

async function sees(sdk: SdkPage, member: string, state: string): Promise<boolean> {
  return (await sdk.evaluate<Record<string, string>>('window.sdk.seen()'))[member] === state
}

const WAYS: readonly [string, Refusal][] = [
  ['answers 403', 403],
  ['answers 426', 426],
  ['hangs up', 'destroyed'],
]
for (const [what, refusal] of WAYS)
  test.concurrent(`a proxy that ${what}: an event stream takes over after two upgrades and one to be sure, for the visit`, async () => {
    const proxy = await BlockingProxy.start(server.port('main'), refusal)
    const member = `blocked-${refusal}`
    const other = `other-${refusal}`
    const direct = `ws://127.0.0.1:${server.port('main')}/`
    const watch = await FlapWatch.of(direct, member)
    const from = Date.now()
    const client = { url: proxy.url, member, timing: 'fast' } as const
    const { context, page, sdk } = await open({ client, watch: [other] })
    await sdk.is('online', 15_000)
    console.log(`a proxy that ${what}: online after ${Date.now() - from} ms`)
    expect(proxy.upgrades).toBe(3)
    expect((await server.api.sessions()).filter(session => session.member === member)).toHaveLength(1)

    // what others do is seen, what it says is answered, what it is told arrives
    const friend = await open({ client: { url: direct, member: other } })
    await waitFor('the other to be seen', () => sees(sdk, other, 'online'))
    expect(await sdk.evaluate<string>(`window.sdk.client.deliver('up').catch(({ code }) => code)`)).toBe(
      'not_taken',
    )
    const pushed = await fetch(`${server.api.url}/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to: [member], data: 'down', ack: 5_000 }),
    })
    expect(await pushed.json()).toMatchObject({ reached: 1, acked: 1 })
    expect((await sdk.happened('message')).map(({ data }) => data)).toEqual(['down'])
    await friend.context.close()

    // longer than silence would be allowed to last: I + T + G
    const { version } = (await server.api.member(member))!
    await pause(6_000)
    expect(await server.api.member(member)).toMatchObject({ state: 'online', version })
    expect((await sdk.changes()).at(-1)).toBe('connecting-online welcome')

    const session = await sdk.session()
    await page.reload()
    await sdk.is('online')
    expect([proxy.upgrades, await sdk.session()]).toEqual([3, session])
    expect([watch.states(member), watch.stays(member)]).toEqual([['unknown', 'online'], 1])

    // the tab is closed: the server hears of it as it hears of a closed socket
    await page.close()
    const closed = await server.api.is(member, 'suspect')
    expect(closed.reason).toBe('closed')
    watch.stop()
    await context.close()
    await proxy.stop()
  })

test.concurrent('a captive portal: it is said, the client waits, and is online when the portal is gone', async () => {
  const portal = await BlockingProxy.portal()
  const { context, sdk } = await open({ client: { url: portal.url, member: 'guest' } })
  await waitFor('both ways to be tried', () => portal.requests >= 4, 30_000)
  await waitFor('it to be said', async () => {
    const problems = await sdk.happened('problem')
    return problems.some(({ code, message }) => code === 'transport' && String(message).includes('text/html'))
  })
  expect(['waiting', 'connecting']).toContain((await sdk.state())!)
  expect((await sdk.changes()).filter(change => change.includes('closed'))).toEqual([])
  const { port } = portal
  await portal.stop()
  const real = await startServer({ runtime: 'bun', port })
  await sdk.is('online', 40_000)
  expect(await real.api.member('guest')).toMatchObject({ state: 'online', sessions: 1 })
  await context.close()
  await real.kill()
})
