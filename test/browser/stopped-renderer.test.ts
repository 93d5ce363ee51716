// The process of a page stands still for longer than the limit, as in a frozen tab or a busy machine, while the browser
// still answers pings: on every dialect the member must stay. First it is proved that the page really stands still.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { BrowserServer, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { BROWSER_ARGS, CHROMIUM } from '../support/browser.ts'
import { descendants, isRunning, isStopped, signalAll } from '../support/processes.ts'
import { publishedPage } from '../support/published-pages.ts'
import type { Session } from '../support/server-api.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

const LIMIT = 3_000
const STOPPED_FOR = 2.5 * LIMIT
const LINKS = 4

let host: BrowserServer
let server: SystoleProcess

beforeAll(async () => {
  const terms = `limit=${LIMIT}ms,grace=300ms`
  const listen = { quick: `auto,${terms}`, gateway: `gateway,${terms}`, uid: `uid,${terms}` }
  const starting = startServer({ runtime: 'bun', listen, args: ['--origin', 'null'] })
  const launching = chromium.launchServer({ executablePath: CHROMIUM, args: [...BROWSER_ARGS] })
  ;[server, host] = await Promise.all([starting, launching])
})

afterAll(async () => {
  await host?.close()
  await server?.kill()
})

async function sessions(): Promise<Session[]> {
  const [named, nameless] = await Promise.all([server.api.sessions(), server.api.sessions(true)])
  return [...named, ...nameless]
}

async function openAll(): Promise<Page[]> {
  const browser = await chromium.connect(host.wsEndpoint())
  const quick = { port: server.port('quick'), every: 200 }
  const addresses = [
    publishedPage('heartbeat-user', { ...quick, user_id: 'beater' }),
    publishedPage('members', quick),
    publishedPage('gateway', { port: server.port('gateway'), every: 200 }),
    publishedPage('uid', { port: server.port('uid'), uid: '20', every: 200 }),
  ]
  return Promise.all(
    addresses.map(async address => {
      const page = await browser.newPage()
      await page.goto(address)
      return page
    }),
  )
}

async function answers(page: Page): Promise<boolean> {
  const asked = page.evaluate(() => true).catch(() => false)
  return Promise.race([asked, pause(300).then(() => false)])
}

test('with the renderers stopped for longer than the limit everybody stays, by the pings of the browser', async () => {
  const pages = await openAll()
  await pages[1]!.fill('[name=id]', 'pinger')
  await pages[1]!.click('button')
  await waitFor('every link to beat', async () => {
    const all = await sessions()
    return all.length === LINKS && all.every(({ lastBeatAt }) => lastBeatAt !== null)
  })
  expect(await Promise.all(pages.map(answers))).toEqual([true, true, true, true])
  const renderers = descendants(host.process().pid!, '--type=renderer')
  expect(renderers.length).toBeGreaterThan(0)
  const members = await server.api.members()
  try {
    signalAll(renderers, 'SIGSTOP')
    await waitFor('all to stand still', () => renderers.every(isStopped))
    expect(await Promise.all(pages.map(answers))).toEqual([false, false, false, false])
    const before = await sessions()
    await pause(STOPPED_FOR)
    const after = await sessions()
    expect(after.map(({ id, state }) => [id, state])).toEqual(before.map(({ id }) => [id, 'online']))
    expect(after.map(({ lastBeatAt }) => lastBeatAt)).toEqual(before.map(({ lastBeatAt }) => lastBeatAt))
    for (const [index, { lastEvidenceAt }] of after.entries())
      expect(lastEvidenceAt).toBeGreaterThan(before[index]!.lastEvidenceAt + STOPPED_FOR - LIMIT)
    const versions = async () =>
      (await server.api.members()).map(({ id, state, version }) => [id, state, version])
    expect(await versions()).toEqual(members.map(({ id, version }) => [id, 'online', version]))
    // a spare one may have been ended meanwhile; none may have gone on
    expect(renderers.filter(isRunning)).toEqual([])
    expect(await Promise.all(pages.map(answers))).toEqual([false, false, false, false])
  } finally {
    signalAll(renderers, 'SIGCONT')
  }
  expect(await waitFor('a page to answer', () => answers(pages[0]!))).toBe(true)
})
