// A server that did not run hears nobody, and therefore calls nobody silent: it is stopped for far longer than every
// limit while its links go on beating, and when it goes on nothing has happened to anybody.

import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { frames, Load } from '../support/load-links.ts'
import type { Member } from '../support/server-api.ts'
import { RUNTIMES, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(120_000)

const LONG = process.env.TEST_LONG === '1'
const STOP = LONG ? 30_000 : 6_500
const LIMIT = LONG ? 5_000 : 2_000
const COUNTS = LONG ? [50, 5_000] : [50, 1_000]
const EVERY = LONG ? 1_000 : 500

/** What a suspicion, an end or a new stay would change. */
function history(members: readonly Member[]): string[] {
  return members.map(
    ({ id, version, since, joinedAt, state }) => `${id} ${version} ${since} ${joinedAt} ${state}`,
  )
}

describe.each([...RUNTIMES])('a stall on %s', runtime => {
  test.concurrent.each(COUNTS)('%d beating links: nobody is suspected, nobody leaves', async count => {
    const terms = `limit=${LIMIT}ms,grace=500ms`
    const server = await startServer({
      runtime,
      listen: { auto: `auto,${terms}`, uid: `uid,${terms}` },
      args: ['--suspect-after', '0'],
    })
    const half = count / 2
    const loads = [
      new Load({
        url: `ws://127.0.0.1:${server.port('auto')}/`,
        count: half,
        hello: index => frames.set(`h-${index}`),
        everyMs: EVERY,
      }),
      new Load({
        url: `ws://127.0.0.1:${server.port('uid')}/`,
        count: half,
        hello: index => `u-${index}`,
        everyMs: EVERY,
      }),
    ]
    try {
      await Promise.all(loads.map(load => load.open()))
      await waitFor('everybody', async () => (await server.api.health()).members.online === count, 10_000, 50)
      const before = history(await server.api.members())
      expect(before.length).toBe(count)
      server.signal('SIGSTOP')
      await pause(STOP)
      server.signal('SIGCONT')
      let suspects = 0
      const end = performance.now() + LIMIT + 1_500
      while (performance.now() < end) {
        const { members, held } = await server.api.health()
        suspects = Math.max(suspects, members.suspect + members.offline)
        expect(held).toBe(false)
        await pause(50)
      }
      expect(suspects).toBe(0)
      expect(history(await server.api.members())).toEqual(before)
      const { counters, connections } = await server.api.health()
      expect(connections).toBe(count)
      expect(counters.silent_cut ?? 0).toBe(0)
      expect(counters.stalled_ms).toBeGreaterThan(STOP - 500)
      expect(server.lines.some(line => line.level === 40 && typeof line.ms === 'number')).toBe(true)
      expect(loads.map(load => load.closed)).toEqual([0, 0])
    } finally {
      for (const load of loads) load.stop()
      await server.kill()
    }
  })
})
