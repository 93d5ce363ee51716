// Webhooks of a real server: receivers that are killed, slow, or ill-willed, and addresses that nobody should be able to
// make a server connect to.

import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EndpointStatus } from '../../src/webhooks/endpoint.ts'
import { beatAll, readLog } from '../support/http-beats.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'
import { firstVersions, SECRET, WebhookReceiver } from '../support/webhook-receiver.ts'

setDefaultTimeout(120_000)

const MEMBERS = Array.from({ length: 100 }, (_, n) => `h-${n}`)
const MOST_GROWTH = 60

describe.each([...RUNTIMES])('on %s', runtime => {
  let data = ''
  let server: SystoleProcess
  const receivers: WebhookReceiver[] = []

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'systole-webhooks-'))
  })
  afterEach(async () => {
    await server.kill()
    for (const receiver of receivers.splice(0)) await receiver.stop()
    rmSync(data, { recursive: true })
  })

  async function receiver(): Promise<WebhookReceiver> {
    const made = await new WebhookReceiver().start()
    receivers.push(made)
    return made
  }

  async function start(endpoints: Readonly<Record<string, string>>, port = 0): Promise<void> {
    const args = Object.entries(endpoints).flatMap(([name, rest]) => ['--webhook', `${name}=${rest}`])
    server = await startServer({ runtime, data, port, args })
  }

  const own = ({ url }: WebhookReceiver, more = '') => `${url},secret=${SECRET},private=on${more}`

  async function statusOf(name: string): Promise<EndpointStatus> {
    const { endpoint } = await server.api.get<{ endpoint: EndpointStatus }>(`/v1/webhooks/${name}`)
    return endpoint
  }

  async function comeAndGo(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await beatAll(server.api.url, MEMBERS, false)
      await beatAll(server.api.url, MEMBERS, true)
    }
  }

  const all = (made: WebhookReceiver, count: number) =>
    waitFor('all events', () => new Set(made.events.map(({ id }) => id)).size === count, 30_000)

  test('one that is killed, and one that is slow, miss nothing; the others wait for neither', async () => {
    const [well, killed, slow, leaves] = [
      await receiver(),
      await receiver(),
      await receiver(),
      await receiver(),
    ]
    slow.manner = 'slow'
    await start({
      well: own(well),
      killed: own(killed),
      slow: own(slow),
      leaves: own(leaves, ',kinds=leave'),
    })
    await comeAndGo(1)
    await all(killed, 200)
    await killed.stop()
    const began = performance.now()
    await comeAndGo(10)
    await all(well, 2_200)
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(await statusOf('killed')).toMatchObject({ state: 'failing' })
    await killed.start()
    killed.manner = 'refuse'
    await waitFor('a refusal', async () => (await statusOf('killed')).lastError === 'answered 500', 30_000)
    killed.manner = 'ok'
    await fetch(`${server.api.url}/v1/webhooks/killed/resume`, { method: 'POST' })
    await Promise.all([all(killed, 2_200), all(slow, 2_200), all(leaves, 1_100)])
    const log = await readLog(server.api.url)
    for (const one of [well, killed, slow]) expect(one.first).toEqual(firstVersions(log))
    expect(leaves.first).toEqual(firstVersions(log.filter(({ kind }) => kind === 'leave')))
    for (const one of receivers) expect([one.unsigned, one.mostUnder]).toEqual([0, 1])
    const fares = await statusOf('killed')
    expect(fares).toMatchObject({ state: 'working', failures: 0, behindSince: null, lastError: null })
    // one connection is kept, as far as it can be
    expect(well.connections).toBeLessThan(well.requests / 2)
  })

  test('one that is gone is dead, also after a restart, and goes on where it stood when it is resumed', async () => {
    const gone = await receiver()
    gone.manner = 'gone'
    await start({ gone: own(gone) })
    const port = server.port('main')
    await comeAndGo(1)
    await waitFor('its death', async () => (await statusOf('gone')).state === 'dead')
    server.signal('SIGTERM')
    expect((await server.exited).code).toBe(0)
    await start({ gone: own(gone) }, port)
    await comeAndGo(1)
    expect(await statusOf('gone')).toMatchObject({ state: 'dead', lastError: 'answered 410' })
    expect(gone.requests).toBe(1)
    gone.manner = 'ok'
    const answer = await fetch(`${server.api.url}/v1/webhooks/gone/resume`, { method: 'POST' })
    expect(answer.status).toBe(200)
    await all(gone, 400)
    expect(gone.first).toEqual(firstVersions(await readLog(server.api.url)))
  })

  test('no address of this machine or its network is connected to, by whatever name', async () => {
    const [well, private_] = [await receiver(), await receiver()]
    const { port } = private_
    const hidden = {
      number: `http://127.0.0.1:${port}/`,
      name: `http://localhost:${port}/`,
      six: `http://[::1]:${port}/`,
      mapped: `http://[::ffff:127.0.0.1]:${port}/`,
      odd: `http://0x7f.1:${port}/`,
      zero: `http://0.0.0.0:${port}/`,
      metadata: `http://169.254.169.254/latest/meta-data`,
    }
    const redirecting = await receiver()
    redirecting.manner = 'redirect'
    redirecting.elsewhere = private_.url
    await start({ ...hidden, well: own(well), redirecting: own(redirecting) })
    await comeAndGo(1)
    await all(well, 200)
    for (const name of Object.keys(hidden))
      expect(await waitFor('a refusal', async () => (await statusOf(name)).lastError)).toContain(
        'is no public address',
      )
    const problem = await waitFor('a redirect', async () => (await statusOf('redirecting')).lastError)
    expect(problem).toContain('answered 307; redirects are not followed')
    expect([private_.connections, private_.requests]).toEqual([0, 0])
  })

  test('answers of a gigabyte, byte by byte, or never, cost a deadline and no memory', async () => {
    const names = ['well', 'huge', 'drip', 'silent'] as const
    const made = Object.fromEntries(
      await Promise.all(names.map(async name => [name, await receiver()] as const)),
    ) as Record<(typeof names)[number], WebhookReceiver>
    made.huge.manner = 'huge'
    made.drip.manner = 'drip'
    made.silent.manner = 'silent'
    await start(Object.fromEntries(names.map(name => [name, own(made[name])])))
    await comeAndGo(1)
    await all(made.well, 200)
    const before = memoryOf(server.pid)
    await all(made.huge, 200)
    await comeAndGo(5)
    await Promise.all([all(made.well, 1_200), all(made.huge, 1_200)])
    expect(made.huge.answered).toBeLessThan(200_000_000)
    await waitFor('the deadline', async () => (await statusOf('silent')).lastError, 25_000)
    expect((await statusOf('silent')).lastError).toBe('no answer within 15000 ms')
    expect(
      (await waitFor('the deadline', async () => (await statusOf('drip')).lastError, 5_000)) !== null,
    ).toBe(true)
    expect([made.silent.mostUnder, made.drip.mostUnder]).toEqual([1, 1])
    expect(memoryOf(server.pid) - before).toBeLessThan(MOST_GROWTH)
    // a stop waits for none of them
    const began = performance.now()
    server.signal('SIGTERM')
    expect((await server.exited).code).toBe(0)
    expect(performance.now() - began).toBeLessThan(4_000)
  })

  test('one that is new begins at the start, and takes what came before its first message', async () => {
    const late = await receiver()
    await late.stop()
    await start({ late: own(late) })
    await comeAndGo(1)
    await pause(200)
    await server.kill()
    await late.start()
    await start({ late: own(late) })
    await all(late, 200)
    expect(late.first).toEqual(firstVersions(await readLog(server.api.url)))
    expect(late.types.lastIndexOf('systole.reset')).toBe(0)
  })

  test('one that answers 101, or shuts the door, is only failing, and a stop waits for neither', async () => {
    const made = [await receiver(), await receiver()] as const
    made[0].manner = 'switch'
    made[1].manner = 'shut'
    await start({ switch: own(made[0]), shut: own(made[1]) })
    const failed = (name: string) =>
      waitFor('a failure', async () => (await statusOf(name)).lastError, 10_000)
    expect(await failed('switch')).toBe('answered 101')
    expect(await failed('shut')).not.toBe('')
    for (const one of made) one.manner = 'ok'
    await comeAndGo(1)
    await Promise.all(made.map(one => all(one, 200)))
    for (const one of made) one.manner = 'switch'
    await comeAndGo(1)
    const began = performance.now()
    server.signal('SIGTERM')
    expect((await server.exited).code).toBe(0)
    expect(performance.now() - began).toBeLessThan(4_000)
  })

  test('what is erased while one fails is not sent any more', async () => {
    const failing = await receiver()
    await start({ failing: own(failing) })
    await waitFor('its beginning', () => failing.types.length === 1)
    failing.manner = 'refuse'
    await beatAll(server.api.url, ['gone', 'stays'], false, { name: 'Erasable' })
    await waitFor('a refusal', async () => (await statusOf('failing')).failures > 0)
    const erased = await fetch(`${server.api.url}/v1/members/gone/erase`, { method: 'POST' })
    expect(erased.ok).toBe(true)
    await pause(300)
    failing.manner = 'ok'
    await waitFor('the rest', () => failing.events.some(({ member }) => member === 'gone'), 30_000)
    const told = failing.events.map(one => [one.member, one.kind, (one as { name?: unknown }).name])
    expect(told).toContainEqual(['stays', 'join', 'Erasable'])
    expect(told.filter(([member]) => member === 'gone')).toEqual([['gone', 'leave', null]])
  })

  test('where nothing is kept each start is told first, and versions and ids go on growing', async () => {
    const backend = await receiver()
    const args = ['--webhook', `backend=${own(backend)}`]
    server = await startServer({ runtime, args })
    await beatAll(server.api.url, MEMBERS, false)
    await all(backend, 100)
    await server.kill()
    server = await startServer({ runtime, args })
    expect(server.lines.some(({ msg }) => msg.includes('webhooks without a data file'))).toBe(true)
    await beatAll(server.api.url, MEMBERS, false)
    await beatAll(server.api.url, MEMBERS, true)
    await all(backend, 300)
    expect([backend.types[0], backend.types.filter(type => type === 'systole.reset').length]).toEqual([
      'systole.reset',
      2,
    ])
    for (const versions of backend.first.values())
      expect(versions).toEqual([...versions].sort((a, b) => a - b))
  })
})

/** MiB. */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}
