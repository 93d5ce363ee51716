// Closing a tab, refreshing it, and two tabs of one member: what others are told, and when.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type AdminPoll, pollAsAdmin } from '../support/admin-poll.ts'
import { launchBrowser } from '../support/browser.ts'
import { publishedPage } from '../support/published-pages.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

const GRACE = 3_000
/** A reload on a busy machine may take longer than the default of 1 s; it is no flap for that. */
const PATIENT = ['--suspect-after', `${GRACE}ms`]
/** Two ticks of the server, and what a busy machine adds. */
/** A browser takes both cores now and then; the bound itself is measured in test/integration. */
const SLACK = 1_500
const PRESENT = ['在线']

interface Detail {
  readonly sessions: readonly { readonly state: string; readonly since: number }[]
}

let browser: Browser
let server: SystoleProcess
let poll: AdminPoll

beforeAll(async () => {
  const listen = { quick: `auto,limit=5s,grace=${GRACE}ms`, uid: `uid,limit=5s,grace=${GRACE}ms` }
  const starting = startServer({ runtime: 'bun', listen, args: ['--origin', 'null', ...PATIENT] })
  ;[server, browser] = await Promise.all([starting, launchBrowser()])
  poll = await pollAsAdmin(server.port('main'))
})

afterAll(async () => {
  poll?.stop()
  await browser?.close()
  await server?.kill()
})

async function openUser(user_id: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(publishedPage('heartbeat-user', { port: server.port('quick'), user_id, every: 200 }))
  await waitFor(`${user_id} to be listed`, () => poll.statuses(user_id).length > 0)
  return page
}

test.concurrent('a closed tab: present until its grace is over, then offline as closed', async () => {
  const page = await openUser('closing')
  await page.close()
  const suspect = await waitFor('the close to arrive', async () => {
    const { sessions } = await server.api.get<Detail>('/v1/members/closing')
    return sessions.find(({ state }) => state === 'suspect')
  })
  expect(poll.statuses('closing')).toEqual(PRESENT)
  await waitFor('the admin to hear of it', () => poll.statuses('closing').includes('离线'))
  const gone = (await server.api.member('closing'))!
  expect(gone).toMatchObject({ state: 'offline', reason: 'closed', sessions: 0 })
  expect(gone.since - suspect.since).toBeGreaterThanOrEqual(GRACE)
  expect(gone.since - suspect.since).toBeLessThan(GRACE + SLACK)
})

test.concurrent('a refresh: no leave, no join, not even a new version', async () => {
  const page = await openUser('refreshing')
  const { version, since, joinedAt } = await server.api.is('refreshing', 'online')
  for (let i = 0; i < 5; i++) {
    await page.reload()
    await page.waitForFunction(() => Reflect.get(window, 'ticks').length > 0)
  }
  await pause(GRACE + SLACK)
  const after = await server.api.member('refreshing')
  expect(after).toMatchObject({ state: 'online', version, since, joinedAt, sessions: 1 })
  expect(poll.statuses('refreshing')).toEqual(PRESENT)
  await page.close()
})

test.concurrent('a refresh of a page whose first text is its id goes on as the same stay', async () => {
  const page = await browser.newPage()
  await page.goto(publishedPage('uid', { port: server.port('uid'), uid: 'reloaded', every: 200 }))
  const { version, since } = await server.api.is('reloaded', 'online')
  const [{ id: session }] = await sessionsOf('reloaded')
  await page.reload()
  await page.waitForFunction(() => Reflect.get(window, 'echoes') > 1)
  await pause(GRACE + SLACK)
  expect(await server.api.member('reloaded')).toMatchObject({ state: 'online', version, since, sessions: 1 })
  expect((await sessionsOf('reloaded')).map(({ id }) => id)).toEqual([session])
  await page.close()
})

test.concurrent('two tabs of one member: one may close, both may not', async () => {
  const [one, two] = await Promise.all([openUser('twice'), openUser('twice')])
  await waitFor('two sessions', async () => (await server.api.member('twice'))?.sessions === 2)
  const { version, since } = (await server.api.member('twice'))!
  await one.close()
  await waitFor('one session', async () => (await server.api.member('twice'))?.sessions === 1)
  expect(await server.api.member('twice')).toMatchObject({ state: 'online', version, since })
  expect(poll.statuses('twice')).toEqual(PRESENT)
  await two.close()
  await waitFor('the admin to hear of it', () => poll.statuses('twice').includes('离线'))
  expect(await server.api.member('twice')).toMatchObject({ state: 'offline', reason: 'closed', sessions: 0 })
})

async function sessionsOf(member: string) {
  const [first, ...more] = (await server.api.sessions()).filter(session => session.member === member)
  if (first === undefined) throw new Error(`${member} has no session`)
  return [first, ...more] as const
}
