// Many tabs of one browser with one connection: what the server counts, what others are told, and what every tab shows,
// while tabs come, go, hide, crash and are loaded anew.

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createClient } from '../../src/client/client.ts'
import type { Client, Watch } from '../../src/client/types.ts'
import { launchBrowser } from '../support/browser.ts'
import { HiddenBrowser, type Tab } from '../support/hidden-browser.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { type SharedPages, serveSharedPages } from '../support/shared-pages.ts'
import { pause, waitFor } from '../support/wait.ts'

const AWAY_AFTER = 500
const REFRESH_GRACE = 2_000
/** What a busy machine adds. */
const SLACK = 1_500

let pages: SharedPages
let server: SystoleProcess
let browser: Browser
let context: BrowserContext
let observer: Client

beforeAll(async () => {
  pages = await serveSharedPages()
  ;[server, browser] = await Promise.all([start(), launchBrowser()])
  observer = createClient({ url: urlOf(server), observer: true })
  context = await browser.newContext()
})

afterEach(async () => {
  await context.close()
  context = await browser.newContext()
})

afterAll(async () => {
  observer?.destroy()
  await browser?.close()
  await server?.kill()
  pages?.stop()
})

function start(port = 0): Promise<SystoleProcess> {
  const graces = ['--away-after', `${AWAY_AFTER}ms`, '--refresh-grace', `${REFRESH_GRACE}ms`]
  return startServer({ runtime: 'bun', port, args: ['--origin', pages.origin, ...graces] })
}

function urlOf(of: SystoleProcess): string {
  return `ws://127.0.0.1:${of.port('main')}/`
}

async function open(member: string, more: object = {}): Promise<Page> {
  const page = await context.newPage()
  await page.goto(pages.page({ url: urlOf(server), member, ...more }))
  return page
}

async function openMany(member: string, count: number): Promise<Page[]> {
  const tabs: Page[] = []
  for (let i = 0; i < count; i++) tabs.push(await open(member, { watch: 'all' }))
  await everyTab(tabs, 'online')
  return tabs
}

async function everyTab(tabs: readonly Page[], state: string, withinMs = 10_000): Promise<void> {
  const all = async () => {
    const states = await Promise.all(tabs.map(tab => tab.evaluate('client.state')))
    return states.every(found => found === state)
  }
  await waitFor(`every tab to be ${state}`, all, withinMs)
}

/** Every state of a member that a watcher is told from now on. */
async function statesOf(member: string): Promise<{ states: string[]; watch: Watch }> {
  const watch = observer.watch([member])
  await waitFor('the first list', () => watch.view.whole)
  const states = [watch.view.members.get(member)!.state as string]
  watch.subscribe((_view, changed) => states.push(...changed.map(({ state }) => state)))
  return { states, watch }
}

async function linksOf(member: string) {
  return (await server.api.sessions()).filter(session => session.member === member)
}

test('ten tabs: one session, one connection, and every tab shows that it is online', async () => {
  const before = (await server.api.health()).connections
  const tabs = await openMany('ten', 10)
  const [session, ...more] = await linksOf('ten')
  expect(more).toEqual([])
  expect((await server.api.health()).connections).toBe(before + 1)
  for (const tab of tabs) {
    const shown = await tab.evaluate('[client.state, client.session, client.member, told.problems]')
    expect(shown).toEqual(['online', session!.id, 'ten', []])
    expect(await tab.evaluate('client.ask(["ten"]).then(([{ state }]) => state)')).toBe('online')
    await waitFor('the list', () => tab.evaluate<boolean>('watched.view.members.has("ten")'))
  }
}, 60_000)

test('tabs come, are loaded again and go: the watcher is told nothing but that all went', async () => {
  const [first] = await openMany('busy', 1)
  const { states } = await statesOf('busy')
  const others = await openMany('busy', 4)
  await first!.close()
  for (const tab of others.slice(1)) await tab.close()
  const last = others[0]!
  for (let i = 0; i < 2; i++) {
    await last.reload()
    await everyTab([last], 'online')
  }
  await pause(REFRESH_GRACE + SLACK)
  expect(states).toEqual(['online'])
  expect(await linksOf('busy')).toHaveLength(1)
  const from = performance.now()
  await last.close()
  await waitFor('the watcher to be told', () => states.includes('offline'), 15_000)
  expect(performance.now() - from).toBeGreaterThan(REFRESH_GRACE - 200)
  expect(performance.now() - from).toBeLessThan(REFRESH_GRACE + SLACK)
  expect(await server.api.member('busy')).toMatchObject({ state: 'offline', reason: 'closed' })
}, 60_000)

test('a second refresh that follows at once: the session goes on', async () => {
  const [tab] = await openMany('double', 1)
  const [session] = await linksOf('double')
  const { states } = await statesOf('double')
  await tab!.reload({ waitUntil: 'commit' })
  // so soon the browser may have no page to reload
  const again = () =>
    tab!.reload().then(
      () => true,
      () => false,
    )
  await waitFor('the second reload', again)
  await everyTab([tab!], 'online')
  await pause(REFRESH_GRACE + SLACK)
  expect(states).toEqual(['online'])
  expect((await linksOf('double')).map(({ id }) => id)).toEqual([session!.id])
}, 30_000)

test('destroy takes a tab out, and the last one the connection', async () => {
  const before = (await server.api.health()).connections
  const [one, two] = await openMany('out', 2)
  await one!.evaluate('client.destroy()')
  expect(await one!.evaluate('client.state')).toBe('closed')
  await pause(SLACK)
  expect(await two!.evaluate('client.state')).toBe('online')
  await two!.evaluate('client.destroy()')
  const gone = async () => (await server.api.health()).connections === before
  await waitFor('the connection to be gone', gone, 5_000)
  const locks = await two!.evaluate<string>(
    'navigator.locks.query().then(({ held }) => JSON.stringify(held))',
  )
  expect(locks).not.toContain('=out')
}, 30_000)

test('goodbye in one tab is that of the browser', async () => {
  const [one, two] = await openMany('bye', 2)
  await one!.evaluate('client.leave()')
  await everyTab([one!, two!], 'closed')
  expect(await server.api.is('bye', 'offline')).toMatchObject({ reason: 'left' })
  await two!.evaluate('client.connect()')
  await server.api.is('bye', 'online')
}, 30_000)

test('a worker that is gone: the tabs find another, and nobody is told', async () => {
  const tabs = await openMany('lost', 3)
  const { states } = await statesOf('lost')
  const [session] = await linksOf('lost')
  const devtools = await browser.newBrowserCDPSession()
  const { targetInfos } = await devtools.send('Target.getTargets')
  for (const { type, targetId } of targetInfos)
    if (type === 'shared_worker') await devtools.send('Target.closeTarget', { targetId })
  const broke = () => tabs[0]!.evaluate<boolean>('told.states.length > 2')
  await waitFor('the tabs to notice', broke, 10_000)
  await everyTab(tabs, 'online')
  await pause(SLACK)
  expect(states).toEqual(['online'])
  expect((await linksOf('lost')).map(({ id }) => id)).toEqual([session!.id])
}, 30_000)

test('no worker to be had: each tab has a connection of its own and says so', async () => {
  const tabs = [await open('alone', { worker: '/none.js' }), await open('alone', { worker: '/none.js' })]
  await everyTab(tabs, 'online')
  expect(await linksOf('alone')).toHaveLength(2)
  for (const tab of tabs)
    expect(await tab.evaluate('told.problems')).toEqual([expect.stringMatching(/^share: /)])
}, 30_000)

test('a server that restarts: every tab shows it and comes back', async () => {
  const own = await start()
  const port = own.port('main')
  const tabs: Page[] = []
  for (let i = 0; i < 4; i++) tabs.push(await open('back', { url: urlOf(own), watch: 'all' }))
  await everyTab(tabs, 'online')
  await own.kill()
  const broke = async () =>
    (await Promise.all(tabs.map(tab => tab.evaluate('client.state')))).every(state => state !== 'online')
  await waitFor('every tab to show it', broke)
  const again = await start(port)
  await everyTab(tabs, 'online', 40_000)
  expect((await again.api.sessions()).map(({ member }) => member)).toEqual(['back'])
  for (const tab of tabs)
    await waitFor('the list', () => tab.evaluate<boolean>('watched.view.members.has("back")'))
  await again.kill()
}, 90_000)

test('away only when every tab is hidden', async () => {
  const hiding = await HiddenBrowser.launch()
  try {
    const address = pages.page({ url: urlOf(server), member: 'hiding' })
    const one = await hiding.open(address)
    const two = await hiding.open(address)
    const is = (tab: Tab, expression: string, wanted: string) =>
      waitFor(
        `${expression} to be ${wanted}`,
        async () => (await hiding.evaluate(tab, expression).catch(() => null)) === wanted,
        10_000,
      )
    await is(one, 'document.visibilityState', 'hidden')
    await is(two, 'client.state', 'online')
    await pause(AWAY_AFTER + SLACK)
    expect(await server.api.member('hiding')).toMatchObject({ state: 'online', sessions: 1 })
    await hiding.activate(await hiding.open('about:blank'))
    await is(two, 'document.visibilityState', 'hidden')
    await server.api.is('hiding', 'away')
    await hiding.activate(one)
    await server.api.is('hiding', 'online')
    expect(await hiding.evaluate<string>(two, 'document.visibilityState')).toBe('hidden')
  } finally {
    await hiding.close()
  }
}, 60_000)
