// The HTTP API of a running server: pages in order, filters, connections nobody has named, and that no question about
// a hundred thousand members stops the beats of anybody.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { call, HOST_PROGRAM } from '../support/host-call.ts'
import { frames } from '../support/load-links.ts'
import { connect, type RawSocket } from '../support/raw-socket.ts'
import type { Member } from '../support/server-api.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

/** Ids that one link may beat for. */
const HUB = 64
/** Members `from` … `to - 1` on as few links as may be. */
async function seed(
  port: number,
  from: number,
  to: number,
  idOf: (n: number) => string,
): Promise<RawSocket[]> {
  const links: RawSocket[] = []
  for (let n = from; n < to; n += HUB) {
    const link = await connect(port)
    const ids = Array.from({ length: Math.min(HUB, to - n) }, (_, i) => idOf(n + i))
    for (const id of ids) link.sendText(frames.set(id, `name of ${id}`))
    links.push(link)
  }
  return links
}

describe.each([...RUNTIMES])('the API on %s', runtime => {
  let server: SystoleProcess
  const idOf = (n: number) => `p-${String(n).padStart(6, '0')}`

  beforeAll(async () => {
    server = await startServer({
      runtime,
      listen: { auto: 'auto,limit=10m,grace=300ms', gateway: 'gateway,limit=10m' },
    })
  })
  afterAll(() => server.kill())

  test('pages through a thousand members in order, by state too, while they change', async () => {
    const [last, ...rest] = (await seed(server.port('auto'), 0, 1_000, n => idOf(999 - n))).reverse()
    await waitFor('everybody', async () => (await server.api.health()).members.online === 1_000)
    const sizes: number[] = []
    const ids: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const from: string = cursor === '' ? '' : `&cursor=${cursor}`
      const page: { members: Member[]; cursor: string | null } = await server.api.get(
        `/v1/members?limit=200${from}`,
      )
      sizes.push(page.members.length)
      ids.push(...page.members.map(member => member.id))
      cursor = page.cursor
      // who comes before the cursor must not shift the pages after it
      if (sizes.length === 2) {
        const early = await connect(server.port('auto'))
        early.sendText(frames.set('a-early'))
        await server.api.is('a-early', 'online')
        early.destroy()
      }
    }
    expect(ids).toEqual(Array.from({ length: 1_000 }, (_, n) => idOf(n)))
    expect(sizes.filter(size => size > 0)).toEqual([200, 200, 200, 200, 200])

    last?.reset()
    await waitFor(
      'those of one link to leave',
      async () => (await server.api.health()).members.offline === 41,
    )
    const offline = await server.api.members('state=offline')
    expect(offline.map(member => member.id)).toEqual([
      'a-early',
      ...Array.from({ length: 40 }, (_, n) => idOf(n)),
    ])
    expect((await server.api.members('state=online')).length).toBe(960)
    expect(await server.api.members('state=away')).toEqual([])
    expect((await server.api.sessions()).length).toBe(960)
    for (const link of rest) link.destroy()
  })

  test('shows connections nobody has named apart, by client id where they have one', async () => {
    const nameless = await connect(server.port('auto'))
    nameless.sendText('ping')
    await nameless.nextOf('text')
    const gateway = await connect(server.port('gateway'))
    gateway.sendText('test msg\n')
    const found = await waitFor('both', async () => {
      const sessions = (await server.api.sessions(true)).filter(session => session.address === '127.0.0.1')
      return sessions.length === 2 && sessions
    })
    expect(found.map(session => [session.dialect, session.member])).toEqual([
      ['members', null],
      ['gateway', null],
    ])
    expect(found.map(session => session.clientId)).toEqual([null, expect.stringMatching(/^[0-9a-f]{20}$/)])
    expect((await server.api.sessions()).some(session => session.member === null)).toBe(false)
    nameless.destroy()
    gateway.destroy()
  })

  test('a question that cannot be is refused by name, and health says what was counted', async () => {
    for (const path of [
      '/v1/members?limit=201',
      '/v1/members?cursor=%00',
      '/v1/members?state=dead',
      '/v1/sessions?x=1',
    ])
      expect((await fetch(server.api.url + path)).status).toBe(400)
    expect((await fetch(`${server.api.url}/v1/members/nobody`)).status).toBe(404)
    expect((await fetch(`${server.api.url}/readyz`)).status).toBe(200)
    expect((await fetch(`${server.api.url}/v1/members`, { method: 'DELETE' })).status).toBe(405)
  })
})

// Measured inside the server, by how late its timers run: a round trip would measure this machine's other work too.
describe.each([...RUNTIMES])('a hundred thousand members on %s', runtime => {
  test('no question about them blocks the loop for over 20 ms, and a link is answered meanwhile', async () => {
    const server = await startServer({ runtime, program: HOST_PROGRAM, listen: { auto: 'auto,limit=10m' } })
    try {
      await seed(server.port('auto'), 0, 100_000, n => `many-${n}`)
      await waitFor('all', async () => (await server.api.health()).members.online === 100_000, 30_000, 200)
      const [admin, pinging] = [await connect(server.port('auto')), await connect(server.port('auto'))]
      const questions = {
        GetHeartbeat: async () => {
          admin.sendText(frames.get)
          pinging.sendText('ping')
          expect((await pinging.nextOf('text')).text).toBe('pong')
          expect((await admin.nextOf('text', 10_000)).payload.length).toBeGreaterThan(5_000_000)
        },
        'GET /v1/members': async () => {
          for (const state of ['', '&state=online', '&state=offline', '&state=suspect'])
            await server.api.get(`/v1/members?limit=200${state}`)
        },
      }
      for (const question of Object.values(questions)) await question()
      for (const [name, question] of Object.entries(questions)) {
        const worst: number[] = []
        for (let i = 0; i < 5; i++) {
          // the list is kept for a second: only then is it made anew
          if (name === 'GetHeartbeat') await pause(1_050)
          await call(server, 'worstBlock')
          await question()
          worst.push(Math.round(Number(await call(server, 'worstBlock'))))
        }
        console.log(`${runtime}: longest block during ${name}: ${worst.join(', ')} ms`)
        expect(worst.sort((a, b) => a - b)[2]).toBeLessThan(20)
      }
    } finally {
      await server.kill()
    }
  })
})
