// A tab in the background: its timers wake once a minute, far beyond the limit, and its member stays by the pings its
// browser answers. First it is proved that the tab says `hidden` and that its timers were throttled: `ticks` holds the
// time of every beat its one-second timer made.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { HiddenBrowser, type Look, type Tab, THROTTLED_AFTER } from '../support/hidden-browser.ts'
import { publishedPage } from '../support/published-pages.ts'
import type { Session } from '../support/server-api.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

const EVERY = 1_000
const LIMIT = 4_000
/** The long form watches tabs as people have them for whole minutes. */
const LONG = process.env.TEST_LONG === '1'
const LOOK: Look = LONG ? 'painted' : 'unpainted'
const WATCHED = LONG ? 150_000 : 16_000
/** One a minute, and one at any time when there was none for a minute. So a third of `WATCHED` passes without a beat. */
const WAKE_UPS = Math.ceil(WATCHED / 60_000) + 1

let browser: HiddenBrowser
let server: SystoleProcess

beforeAll(async () => {
  const terms = `limit=${LIMIT}ms,grace=500ms`
  const listen = { quick: `auto,${terms}`, gateway: `gateway,${terms}`, uid: `uid,${terms}` }
  const starting = startServer({ runtime: 'bun', listen, args: ['--origin', 'null'] })
  ;[server, browser] = await Promise.all([starting, HiddenBrowser.launch()])
})

afterAll(async () => {
  await browser?.close()
  await server?.kill()
})

async function openAll(): Promise<Tab[]> {
  const quick = { port: server.port('quick'), every: EVERY }
  const addresses = [
    publishedPage('heartbeat-user', { ...quick, user_id: 'beater' }),
    publishedPage('members', quick),
    publishedPage('gateway', { port: server.port('gateway'), every: EVERY }),
    publishedPage('uid', { port: server.port('uid'), uid: '20', every: EVERY }),
  ]
  const tabs: Tab[] = []
  for (const address of addresses) tabs.push(await browser.open(address, LOOK))
  const login =
    "document.querySelector('[name=id]').value = 'pinger'; document.querySelector('button').click()"
  await waitFor('the link of members', () =>
    shows(tabs[1]!, "document.getElementById('link').textContent", 'open'),
  )
  await browser.evaluate(tabs[1]!, login)
  return tabs
}

async function shows(tab: Tab, expression: string, wanted: string): Promise<boolean> {
  return (await browser.evaluate(tab, expression).catch(() => null)) === wanted
}

async function sessions(): Promise<Session[]> {
  const [named, nameless] = await Promise.all([server.api.sessions(), server.api.sessions(true)])
  return [...named, ...nameless]
}

/** When its timer fired since `from`. */
function ticks(tab: Tab, from: number): Promise<number[]> {
  return browser.evaluate<number[]>(tab, `window.ticks.filter(at => at >= ${from})`)
}

/** The longest time from `from` to `until` without a beat. */
function longestSilence(beats: readonly number[], from: number, until: number): number {
  const edges = [from, ...beats, until]
  return Math.max(...edges.slice(1).map((at, index) => at - edges[index]!))
}

test(
  'hidden and throttled to a wake-up a minute, everybody stays',
  async () => {
    const tabs = await openAll()
    const all = await waitFor('every link to beat', async () => {
      const found = await sessions()
      const beat = found.length === tabs.length && found.every(({ lastBeatAt }) => lastBeatAt !== null)
      return beat ? found : null
    })
    const members = await server.api.members()
    await browser.activate(await browser.open('about:blank'))
    for (const tab of tabs)
      await waitFor('the tab to be hidden', () => shows(tab, 'document.visibilityState', 'hidden'))
    await pause(THROTTLED_AFTER[LOOK] + 1_000)
    const from = Date.now()
    await pause(WATCHED)

    for (const tab of tabs) {
      expect(await shows(tab, 'document.visibilityState', 'hidden')).toBe(true)
      const beats = await ticks(tab, from)
      expect(beats.length).toBeLessThanOrEqual(WAKE_UPS)
      expect(longestSilence(beats, from, from + WATCHED)).toBeGreaterThan(1.25 * LIMIT)
    }
    const after = await sessions()
    expect(after.map(({ id, state }) => [id, state])).toEqual(all.map(({ id }) => [id, 'online']))
    expect((await server.api.members()).map(({ id, state, version }) => [id, state, version])).toEqual(
      members.map(({ id, version }) => [id, 'online', version]),
    )
    for (const { lastEvidenceAt } of after) expect(Date.now() - lastEvidenceAt).toBeLessThan(LIMIT)
  },
  THROTTLED_AFTER[LOOK] + WATCHED + 60_000,
)
