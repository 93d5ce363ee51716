// The server's own pages over TLS, where nothing else is spoken: they live, and complain of nothing.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { complaintsOf, launchBrowser } from '../support/browser.ts'
import { makeCertificate } from '../support/certificates.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

let folder: string
let browser: Browser
let files: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-pages-'))
  const { cert, key } = await makeCertificate('pages')
  files = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await Promise.all([writeFile(files[0]!, cert), writeFile(files[1]!, key)])
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true })
})

async function stateOf(server: SystoleProcess, member: string): Promise<string | undefined> {
  const url = `https://127.0.0.1:${server.port('main')}/v1/members/${member}`
  const answer = await fetch(url, { tls: { rejectUnauthorized: false } })
  return ((await answer.json()) as { member?: { state: string } }).member?.state
}

for (const runtime of RUNTIMES)
  test(`a member comes and goes by a page on ${runtime}, and the list shows it`, async () => {
    const server = await startServer({ runtime, args: ['--tls-cert', files[0]!, '--tls-key', files[1]!] })
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    try {
      const url = `https://localhost:${server.port('main')}`
      const [list, user] = await Promise.all([context.newPage(), context.newPage()])
      const complaints = await Promise.all([complaintsOf(list), complaintsOf(user)])
      await list.goto(`${url}/`)
      await user.goto(`${url}/demo/user?user_id=7`)
      await waitFor('it to be online', async () => (await stateOf(server, '7')) === 'online', 15_000)
      await list.waitForSelector('#rows tr:has(a:text-is("7"))')
      await user.close()
      await waitFor('it to be gone', async () => (await stateOf(server, '7')) !== 'online', 15_000)
      expect(complaints).toEqual([[], []])
    } finally {
      await context.close()
      await server.kill()
    }
  })
