// A server that goes away and comes back over the same data: those who return in time never left, those who do not
// leave as `node_lost`. It says good-bye when asked to stop, and stops in time whatever its links do.

import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { frames, Load } from '../support/load-links.ts'
import { connect } from '../support/raw-socket.ts'
import type { Member } from '../support/server-api.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

const COUNT = 1_000
const LOST = 10
const RESTART_GRACE = 3_000

const idOf = (index: number) => `r-${String(index).padStart(4, '0')}`

function stays(members: readonly Member[]): string[] {
  return members.map(({ id, version, since, joinedAt }) => `${id} ${version} ${since} ${joinedAt}`)
}

describe.each([...RUNTIMES])('a restart on %s', runtime => {
  let data: string
  const servers: SystoleProcess[] = []
  const loads: Load[] = []

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'systole-restart-'))
  })
  afterEach(async () => {
    for (const load of loads.splice(0)) load.stop()
    for (const server of servers.splice(0)) await server.kill()
    rmSync(data, { recursive: true })
  })

  async function start(): Promise<SystoleProcess> {
    const args = ['--restart-grace', `${RESTART_GRACE}ms`]
    const server = await startServer({ runtime, data, args, listen: { uid: 'uid' } })
    servers.push(server)
    return server
  }

  async function fill(server: SystoleProcess, count: number): Promise<Load[]> {
    const even = new Load({
      url: `ws://127.0.0.1:${server.port('main')}/`,
      count: count / 2,
      hello: index => frames.set(idOf(2 * index), `name ${index}`),
    })
    const odd = new Load({
      url: `ws://127.0.0.1:${server.port('uid')}/`,
      count: count / 2,
      hello: index => idOf(2 * index + 1),
    })
    loads.push(even, odd)
    await Promise.all([even.open(), odd.open()])
    return [even, odd]
  }

  const online = (server: SystoleProcess, count: number) =>
    waitFor('everybody', async () => (await server.api.health()).members.online === count, 10_000, 50)

  /** Brings all but the last few back, and waits out the rest. */
  async function returnTo(server: SystoleProcess, before: readonly Member[]): Promise<void> {
    const found = await server.api.members()
    expect(found.map(member => member.id)).toEqual(before.map(member => member.id))
    for (const member of found)
      expect(member).toMatchObject({ state: 'suspect', reason: 'node_lost', sessions: 1 })
    await fill(server, COUNT - LOST)
    await waitFor(
      'the others to leave',
      async () => (await server.api.health()).members.offline === LOST,
      RESTART_GRACE + 5_000,
      50,
    )
    const after = await server.api.members()
    expect(stays(after.slice(0, -LOST))).toEqual(stays(before.slice(0, -LOST)))
    expect(after.slice(0, -LOST).every(member => member.state === 'online')).toBe(true)
    for (const [i, member] of after.slice(-LOST).entries()) {
      expect(member).toMatchObject({ state: 'offline', reason: 'node_lost', joinedAt: null, sessions: 0 })
      expect(member.lastEvidenceAt).toBeGreaterThanOrEqual(before.at(i - LOST)?.joinedAt ?? Number.NaN)
      expect(member.lastEvidenceAt).toBeLessThan(member.since - RESTART_GRACE + 1_000)
    }
  }

  test('after SIGTERM: 1012 for every link, exit 0 in time also with a slow reader, and nobody left', async () => {
    const server = await start()
    const filled = await fill(server, COUNT)
    await online(server, COUNT)
    const slow = await connect(server.port('main'), { autoClose: false })
    slow.pause()
    for (let i = 0; i < 10; i++) slow.sendText(frames.get)
    const before = await server.api.members()
    server.signal('SIGTERM')
    const began = performance.now()
    const { code } = await server.exited
    const took = performance.now() - began
    console.log(`${runtime}: stopped with ${COUNT} links and a slow reader in ${took.toFixed(0)} ms`)
    expect(code).toBe(0)
    expect(took).toBeLessThan(5_000)
    await waitFor('every link to end', () => filled.every(load => load.closed === COUNT / 2))
    expect(filled.map(load => [...load.codes])).toEqual([[[1012, COUNT / 2]], [[1012, COUNT / 2]]])
    slow.destroy()
    await returnTo(await start(), before)
  })

  test('after kill -9: nobody who returns in time left', async () => {
    const server = await start()
    await fill(server, COUNT)
    await online(server, COUNT)
    const before = await server.api.members()
    await pause(300)
    await server.kill()
    await returnTo(await start(), before)
  })

  test('three times in a row, and the stay of those who come back goes on', async () => {
    let before: string[] = []
    for (let run = 0; run < 3; run++) {
      const server = await start()
      await fill(server, 20)
      await online(server, 20)
      await pause(300)
      const now = stays(await server.api.members())
      if (run > 0) expect(now).toEqual(before)
      before = now
      if (run === 1) await server.kill()
      else {
        server.signal('SIGTERM')
        expect((await server.exited).code).toBe(0)
      }
      for (const load of loads.splice(0)) load.stop()
    }
  })

  test('a second signal ends it at once', async () => {
    const server = await start()
    const stubborn = await connect(server.port('main'), { autoClose: false })
    stubborn.sendText('ping')
    await stubborn.nextOf('text')
    server.signal('SIGTERM')
    await waitFor('the log line', () => server.lines.some(line => line.signal === 'SIGTERM'), 2_000, 2)
    const began = performance.now()
    server.signal('SIGINT')
    await server.exited
    expect(performance.now() - began).toBeLessThan(300)
    stubborn.destroy()
  })

  test('nothing is accepted any more while it stops', async () => {
    const server = await start()
    const stubborn = await connect(server.port('main'), { autoClose: false })
    stubborn.sendText('ping')
    await stubborn.nextOf('text')
    server.signal('SIGTERM')
    expect((await stubborn.nextOf('close')).code).toBe(1012)
    await expect(connect(server.port('main'))).rejects.toThrow()
    expect((await server.exited).code).toBe(0)
  })
})
