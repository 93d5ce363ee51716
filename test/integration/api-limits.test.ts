// How often the API may be asked, and how many wrong keys it looks at: 429 and when to come back. Health is always told.

import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { rawHttp } from '../support/raw-http.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause } from '../support/wait.ts'

setDefaultTimeout(30_000)

const KEYS = ['--key', 'a=read:the-first-key-of-a-test', '--key', 'b=read:the-other-key-of-a-test']

describe.each([...RUNTIMES])('on %s', runtime => {
  let server: SystoleProcess
  afterEach(() => server.kill())

  const ask = async (path: string, key: string) => {
    const headers = { authorization: `Bearer ${key}` }
    const response = await rawHttp(server.port('main'), { method: 'GET', target: path, headers })
    return [response.status, Number(response.headers.get('retry-after') ?? 0)] as const
  }

  test('a key that asks too often waits, another does not', async () => {
    server = await startServer({ runtime, args: [...KEYS, '--limits-requests', '5'] })
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask('/v1/members', 'the-first-key-of-a-test')),
    )
    const refused = answers.filter(([status]) => status === 429)
    expect(answers.filter(([status]) => status === 200).length).toBeGreaterThanOrEqual(5)
    expect(refused.length).toBeGreaterThan(3)
    for (const [, retryAfter] of refused) expect(retryAfter).toBe(1)
    expect((await ask('/v1/members', 'the-other-key-of-a-test'))[0]).toBe(200)
    for (let i = 0; i < 20; i++) expect((await ask('/healthz', 'the-first-key-of-a-test'))[0]).toBe(200)
    await pause(1_000)
    expect((await ask('/v1/members', 'the-first-key-of-a-test'))[0]).toBe(200)
  })

  test('wrong keys are looked at only so often', async () => {
    server = await startServer({ runtime, args: [...KEYS, '--limits-failures', '3'] })
    const statuses: number[] = []
    let wait = 0
    for (let i = 0; i < 8; i++) {
      const [status, retryAfter] = await ask('/v1/members', `a-guess-of-somebody-${i}`)
      statuses.push(status)
      wait = Math.max(wait, retryAfter)
    }
    expect(statuses.slice(0, 3)).toEqual([401, 401, 401])
    expect(statuses.at(-1)).toBe(429)
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60)
    expect((await ask('/healthz', 'a-guess'))[0]).toBe(200)
    expect(JSON.stringify(server.lines)).not.toContain('a-guess')
  })
})
