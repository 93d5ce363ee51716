// A cut cable: devices in a network namespace, the cable taken away and put back. Neither side is told; only silence
// says it. Afterwards everybody is there once, and nothing is left of the old connections.

import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { frames } from '../support/load-links.ts'
import type { Flow } from '../support/load-remote.ts'
import { Machine } from '../support/netns.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(40_000)

const LIMIT = 2_000
const EVERY = 400

describe.each([...RUNTIMES])('a cut cable on %s', runtime => {
  let machine: Machine
  let server: SystoleProcess

  beforeEach(async () => {
    machine = new Machine()
    const terms = `limit=${LIMIT}ms,grace=500ms`
    server = await startServer({
      runtime,
      host: machine.address,
      listen: { auto: `auto,${terms}`, gateway: `gateway,${terms}`, uid: `uid,${terms}` },
      args: ['--open'],
    })
  })
  afterEach(async () => {
    await server?.kill()
    machine?.remove()
  })

  const flow = (id: string, port: string, hello: string, beat = hello): Flow => ({
    id,
    url: `ws://${machine.address}:${server.port(port)}/`,
    hello,
    beat,
    everyMs: EVERY,
  })
  const gatewaySessions = async () =>
    (await server.api.sessions(true)).filter(session => session.dialect === 'gateway')

  test('is noticed at each limit, and once it is mended everybody is back once', async () => {
    const flows = [
      flow('c-h', 'auto', frames.set('c-h')),
      flow('c-m', 'auto', frames.open('c-m'), 'ping'),
      flow('c-u', 'uid', 'c-u'),
      flow('c-g', 'gateway', 'test msg\n', 'heart beat\n'),
    ]
    const ids = ['c-h', 'c-m', 'c-u']
    machine.run('load-remote.ts', JSON.stringify(flows))
    for (const id of ids) await server.api.is(id, 'online', 10_000)
    await waitFor('a second beat of all', async () => {
      const members = await server.api.members()
      return members.every(({ lastBeatAt, since }) => (lastBeatAt ?? 0) > since)
    })
    await waitFor('the gateway link', async () => (await gatewaySessions()).length === 1)

    machine.cut()
    const cutAt = Date.now()
    const [nameless] = await gatewaySessions()
    const goneAt = waitFor('the gateway link to go', async () => (await gatewaySessions()).length === 0).then(
      Date.now,
    )
    const gone = await Promise.all(ids.map(id => server.api.is(id, 'offline', LIMIT + 2_000)))
    const late = gone.map(({ since, lastEvidenceAt }) => since - (lastEvidenceAt ?? 0) - LIMIT)
    late.push((await goneAt) - (nameless?.lastEvidenceAt ?? 0) - LIMIT)
    console.log(`${runtime}: cable noticed late by ${late.join(', ')} ms (heartbeat, members, uid, gateway)`)
    for (const member of gone) {
      expect(member).toMatchObject({ reason: 'lost', sessions: 0 })
      expect(member.lastEvidenceAt).toBeLessThanOrEqual(cutAt + 50)
    }
    for (const ms of late) {
      expect(ms).toBeGreaterThanOrEqual(0)
      expect(ms).toBeLessThanOrEqual(await server.api.slack())
    }

    machine.mend()
    for (const id of ids) expect((await server.api.is(id, 'online', 20_000)).sessions).toBe(1)
    await waitFor(
      'one connection each',
      async () => (await server.api.health()).connections === flows.length,
      10_000,
    )
    expect((await server.api.health()).sessions).toBe(flows.length)
  })

  test('shorter than the limit is noticed by nobody', async () => {
    machine.run('load-remote.ts', JSON.stringify([flow('short', 'uid', 'short')]))
    const before = await server.api.is('short', 'online', 10_000)
    machine.cut()
    await pause(LIMIT / 2)
    machine.mend()
    const cutFor = (await server.api.is('short', 'online')).lastEvidenceAt ?? 0
    await waitFor(
      'evidence again',
      async () => ((await server.api.member('short'))?.lastEvidenceAt ?? 0) > cutFor,
    )
    expect(await server.api.member('short')).toMatchObject({ state: 'online', version: before.version })
  })
})
