// The pages of examples/, each started by its one command: they show who comes and goes, and say what the connection does
// in every state. Leaves a picture of each in test-results/.

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { complaintsOf, launchBrowser, textAt } from '../support/browser.ts'
import { ExampleProcess } from '../support/example-process.ts'
import { NativeClient } from '../support/native-client.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

const PAGES = ['vanilla', 'react', 'vue'] as const
const EVIL = '<img src=x onerror="window.hacked=1">'
const PATIENCE = 20_000
const PHONE = { width: 390, height: 700 }

let browser: Browser
/** What is to be ended, however the test ended. */
const running: { kill(): Promise<void> }[] = []

beforeAll(async () => {
  browser = await launchBrowser()
})

afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  await Promise.all(running.splice(0).map(process => process.kill()))
})

afterAll(() => browser?.close())

function start(name: string, ...words: string[]): ExampleProcess {
  const example = new ExampleProcess('bun', `${name}/serve.ts`, ['--port', '0', ...words])
  running.push(example)
  return example
}

async function startOn(port: number): Promise<SystoleProcess> {
  const started = await startServer({ runtime: 'bun', port })
  running.push(started)
  return started
}

async function open(link: string, dark = false): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: PHONE, colorScheme: dark ? 'dark' : 'light' })
  const page = await context.newPage()
  const complaints = await complaintsOf(page)
  await page.goto(link)
  return { page, complaints }
}

const says = (page: Page, role: string, text: string | RegExp) =>
  waitFor(
    `the page to say ${text}`,
    async () => {
      const found = await textAt(page, role)
      return typeof text === 'string' ? found.trim() === text : text.test(found)
    },
    PATIENCE,
  )

const picture = (page: Page, name: string) =>
  page.screenshot({ path: `test-results/example-${name}.png`, fullPage: true })

test.each(PAGES)('%s: one command, and two tabs see each other', async name => {
  const example = start(name)
  const link = await example.says(/^open +(http\S+)$/m)
  const address = await example.says(/^presence server +(ws\S+)$/m)
  const { page, complaints } = await open(link)
  await says(page, '[role=status]', 'connected')
  await says(page, 'h2', '1 here')
  const other = await open(link, true)
  await says(page, 'h2', '2 here')
  await other.page.fill('input', 'Bea')
  await other.page.click('text=Rename')
  await says(page, 'ul', /Bea/)
  const stranger = new NativeClient(address)
  await stranger.join('stranger', { name: EVIL })
  await says(page, 'h2', '3 here')
  expect(await textAt(page, 'ul')).toContain(EVIL)
  await Promise.all([picture(page, name), picture(other.page, `${name}-dark`)])
  await other.page.click('text=Leave')
  await says(other.page, '[role=status]', 'closed: you left')
  await says(page, 'h2', '2 here')
  await picture(other.page, `${name}-closed`)
  await other.page.click('text=Come back')
  await says(page, 'h2', '3 here')
  stranger.close()
  expect(await page.evaluate(() => Reflect.get(window, 'hacked'))).toBeUndefined()
  expect([...complaints, ...other.complaints]).toEqual([])
  expect(await example.stop()).toBe(0)
})

test.each(PAGES)('%s: a server that goes is told with the time to the next try, and awaited', async name => {
  const server = await startOn(0)
  const port = server.port('main')
  const example = start(name, '--url', `ws://127.0.0.1:${port}/`)
  const { page } = await open(await example.says(/^open +(http\S+)$/m))
  await says(page, 'h2', '1 here')
  await server.kill()
  await says(page, '[role=status]', 'not connected')
  await says(page, 'header [aria-hidden]', /^ ?· trying again in \d+ s$/)
  await says(page, 'section p:not([hidden])', /^As it was/)
  await picture(page, `${name}-waiting`)
  await startOn(port)
  await says(page, '[role=status]', 'connected')
  await says(page, 'h2', '1 here')
  expect(await textAt(page, 'header [aria-hidden]')).toMatch(/^\s*$/)
})

test('vanilla: says so where nothing answers', async () => {
  const example = start('vanilla', '--url', 'ws://127.0.0.1:9/')
  const { page } = await open(await example.says(/^open +(http\S+)$/m))
  await says(page, '[role=status]', 'nothing answers at ws://127.0.0.1:9/')
  await picture(page, 'vanilla-nothing')
})
