// kill -9, three times, in the middle of ten thousand transitions: what the log tells, what a receiver was sent and what a
// watcher saw are then the same, in the order of each member, and what came twice is known by its version.

import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlapWatch } from '../support/flap-watch.ts'
import { beatAll, readLog, readPiece } from '../support/http-beats.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'
import { firstVersions, type LoggedEvent, SECRET, WebhookReceiver } from '../support/webhook-receiver.ts'

setDefaultTimeout(120_000)

const MEMBERS = Array.from({ length: 250 }, (_, n) => `w-${n}`)
const LEAST = 10_000

describe.each([...RUNTIMES])('on %s', runtime => {
  let data = ''
  let server: SystoleProcess
  let receiver: WebhookReceiver
  let watch: FlapWatch | null = null

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'systole-webhooks-'))
    receiver = await new WebhookReceiver().start()
    server = await start(0)
  })
  afterEach(async () => {
    watch?.stop()
    await server.kill()
    await receiver.stop()
    rmSync(data, { recursive: true })
  })

  function start(port: number): Promise<SystoleProcess> {
    const endpoint = `backend=${receiver.url},secret=${SECRET},private=on`
    return startServer({ runtime, data, port, args: ['--webhook', endpoint] })
  }

  test('nothing that was told is lost', async () => {
    const port = server.port('main')
    const { url } = server.api
    watch = await FlapWatch.of(`ws://127.0.0.1:${port}`, ...MEMBERS)
    const crash = async (after: number) => {
      await pause(after)
      const before = await readPiece(url, '')
      await pause(20)
      await server.kill()
      server = await start(port)
      return before.cursor
    }
    const cursors: string[] = []
    let crashing = true
    const crashes = (async () => {
      for (const ms of [300, 700, 500]) cursors.push(await crash(ms))
      crashing = false
    })()
    for (let bye = false; ; bye = !bye) {
      await beatAll(url, MEMBERS, bye)
      if (!crashing && !bye && (await readLog(url)).length >= LEAST) break
    }
    await crashes
    await beatAll(url, MEMBERS, true)
    await waitFor('the log to be at rest', async () => {
      const { cursor } = await readPiece(url, '')
      await pause(300)
      return (await readPiece(url, '')).cursor === cursor
    })
    const log = await readLog(url)
    expect(log.length).toBeGreaterThan(LEAST)

    // the receiver: everything, in order; what came twice came whole
    await waitFor('the receiver to have all', () => receiver.events.at(-1)?.id === idOf(log.at(-1)!), 20_000)
    expect(receiver.unsigned).toBe(0)
    expect(receiver.mostUnder).toBe(1)
    expect(new Set(receiver.events.map(({ id }) => id)).size).toBe(log.length)
    expect(receiver.first).toEqual(firstVersions(log))
    const byId = new Map(log.map(one => [idOf(one), one]))
    expect(receiver.events.filter(({ id, ...event }) => !Bun.deepEquals(byId.get(id), event))).toEqual([])

    // the log: of each member one step after the other
    for (const versions of firstVersions(log).values())
      expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    const steps = Map.groupBy(log, ({ member }) => member)
    for (const story of steps.values()) {
      const states = story.map(({ state }) => state === 'offline')
      expect(
        states.every((offline, i) => i === 0 || story[i]!.kind === 'update' || offline !== states[i - 1]),
      ).toBe(true)
    }

    // the watcher: it ends with the same, and never went back
    const last = new Map(log.map(one => [one.member, one]))
    const seen = () => new Map(watch!.told.map(entry => [entry.member, entry]))
    await waitFor('the watcher to see all gone', () =>
      [...seen().values()].every(({ state }) => state === 'offline'),
    )
    for (const [member, entry] of seen()) expect(entry.version).toBe(last.get(member)!.version)

    // cursors of before the crashes go on without a gap
    const all = log.map(idOf)
    for (const cursor of cursors) {
      const rest = (await readLog(url, cursor)).map(idOf)
      expect(rest.length).toBeGreaterThan(0)
      expect(rest).toEqual(all.slice(-rest.length))
    }
  })
})

function idOf({ member, version }: LoggedEvent): string {
  return `${member}:${version}`
}
