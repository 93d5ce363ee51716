// The server is killed and started again on the same ports and data while pages are open: those whose page comes back
// are never told as gone, those whose page was closed meanwhile leave as `node_lost`, and not before their time.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { pollAsAdmin } from '../support/admin-poll.ts'
import { launchBrowser } from '../support/browser.ts'
import { publishedPage } from '../support/published-pages.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

const RESTART_GRACE = 3_000
const SLACK = 1_000
/** Batches are written every 100 ms; the rest is for a busy machine. */
const WRITTEN_WITHIN = 600
const STAYING = ['beater', 'logged-in', 'first-text'] as const
const ALL = [...STAYING, 'closing']

let browser: Browser
let server: SystoleProcess
let data: string

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'systole-data-'))
  const starting = start(0, 'uid,limit=5s')
  ;[server, browser] = await Promise.all([starting, launchBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await server?.kill()
  rmSync(data, { recursive: true, force: true })
})

function start(port: number, uid: string): Promise<SystoleProcess> {
  const args = ['--origin', 'null', '--restart-grace', `${RESTART_GRACE}ms`]
  return startServer({ runtime: 'bun', port, data, listen: { uid }, args })
}

async function openAll() {
  const port = server.port('main')
  const quick = { port, every: 200, reconnect: 300 }
  const open = async (address: string) => {
    const page = await browser.newPage()
    await page.goto(address)
    return page
  }
  const login = await open(publishedPage('members', { ...quick, mend: 1 }))
  await waitFor('the link of members', async () => (await login.textContent('#link')) === 'open')
  await login.fill('[name=id]', 'logged-in')
  await login.click('button')
  await open(publishedPage('heartbeat-user', { ...quick, user_id: 'beater' }))
  await open(publishedPage('uid', { ...quick, port: server.port('uid'), uid: 'first-text' }))
  const closing = await open(publishedPage('heartbeat-user', { ...quick, user_id: 'closing' }))
  await Promise.all(ALL.map(id => server.api.is(id, 'online')))
  return closing
}

test('killed and started again: who comes back never left, who does not leaves as node_lost', async () => {
  const closing = await openAll()
  const before = await server.api.members()
  expect(before.map(({ id }) => id)).toEqual([...ALL].sort())
  const [port, uid] = [server.port('main'), server.port('uid')]
  const lastJoin = Math.max(...before.map(({ since }) => since))
  await waitFor('the last batch to be written', () => Date.now() > lastJoin + WRITTEN_WITHIN)
  await server.kill()
  await closing.close()
  const startedAt = Date.now()
  server = await start(port, `${uid}=uid,limit=5s`)
  const poll = await pollAsAdmin(port)

  const gone = await server.api.is('closing', 'offline', RESTART_GRACE + 5_000)
  expect(gone).toMatchObject({ reason: 'node_lost', sessions: 0 })
  expect(gone.since - startedAt).toBeGreaterThanOrEqual(RESTART_GRACE)
  expect(gone.since - startedAt).toBeLessThan(RESTART_GRACE + SLACK + startingTook(startedAt))
  const after = await server.api.members()
  for (const id of STAYING) {
    const { version, since, joinedAt } = before.find(member => member.id === id)!
    const now = after.find(member => member.id === id)
    expect(now).toMatchObject({ state: 'online', version, since, joinedAt, sessions: 1 })
    expect(now!.lastBeatAt!).toBeGreaterThan(startedAt)
  }
  expect(poll.statuses('beater')).toEqual(['在线'])
  poll.stop()
})

function startingTook(from: number): number {
  return Number(new Date(String(server.lines[0]!.time))) - from
}
