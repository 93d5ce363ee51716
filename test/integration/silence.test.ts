// The stated bound on a real server: who falls silent is offline within the limit and two ticks, who answers only
// pings stays, and what becomes of the connection afterwards is as each dialect publishes it.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { frames } from '../support/load-links.ts'
import { connect, type RawSocket } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause } from '../support/wait.ts'

setDefaultTimeout(30_000)

const LIMIT = 1_500

describe.each([...RUNTIMES])('silence on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    const terms = `limit=${LIMIT}ms,grace=500ms`
    server = await startServer({
      runtime,
      listen: {
        auto: `auto,${terms}`,
        gateway: `gateway,${terms}`,
        uid: `uid,${terms}`,
        short: 'auto,limit=500ms',
      },
    })
  })
  afterAll(() => server.kill())

  const flows = (prefix: string) => [
    { id: `${prefix}-h`, port: server.port('auto'), hello: frames.set(`${prefix}-h`), stays: true },
    { id: `${prefix}-m`, port: server.port('auto'), hello: frames.open(`${prefix}-m`), stays: true },
    { id: `${prefix}-u`, port: server.port('uid'), hello: `${prefix}-u`, stays: false },
  ]

  async function begin(id: string, port: number, hello: string, autoPong: boolean): Promise<RawSocket> {
    const link = await connect(port, { autoPong })
    link.sendText(hello)
    await server.api.is(id, 'online')
    return link
  }

  test.concurrent('who falls silent is offline at the limit, and only then', async () => {
    const late = await Promise.all(
      flows('s').map(async ({ id, port, hello, stays }) => {
        const link = await begin(id, port, hello, false)
        const seen = await server.api.is(id, 'online')
        const gone = await server.api.is(id, 'offline')
        expect(gone).toMatchObject({ reason: 'lost', sessions: 0, lastEvidenceAt: seen.lastEvidenceAt })
        const cut = await Promise.race([link.closed.then(() => true), pause(300).then(() => false)])
        expect(cut).toBe(!stays)
        link.destroy()
        return gone.since - (seen.lastEvidenceAt ?? 0) - LIMIT
      }),
    )
    console.log(`${runtime}: silence noticed late by ${late.join(', ')} ms`)
    for (const ms of late) {
      expect(ms).toBeGreaterThanOrEqual(0)
      expect(ms).toBeLessThanOrEqual(await server.api.slack())
    }
  })

  test.concurrent('gateway: a silent link is cut at the limit, bound to nobody', async () => {
    const link = await connect(server.port('gateway'), { autoPong: false })
    link.sendText('test msg\n')
    const began = Date.now()
    const { code } = await link.closed
    expect(code).toBe(1006)
    expect(Date.now() - began - LIMIT).toBeLessThanOrEqual(await server.api.slack())
    expect(Date.now() - began - LIMIT).toBeGreaterThanOrEqual(-5)
  })

  test.concurrent('gateway: before its first text an answered ping is no evidence', async () => {
    const began = Date.now()
    const link = await connect(server.port('gateway'))
    await link.closed
    expect(Date.now() - began - LIMIT).toBeLessThanOrEqual(await server.api.slack())
  })

  test.concurrent('gateway: a link that once spoke and then only answers pings stays', async () => {
    const link = await connect(server.port('gateway'))
    link.sendText('test msg\n')
    await pause(3 * LIMIT)
    link.sendText('heart beat\n')
    const ended = await Promise.race([link.closed.then(() => true), pause(200).then(() => false)])
    expect(ended).toBe(false)
    link.destroy()
  })

  test.concurrent('who only answers pings stays online', async () => {
    await Promise.all(
      flows('p').map(async ({ id, port, hello }) => {
        const link = await begin(id, port, hello, true)
        const before = await server.api.is(id, 'online')
        await pause(3 * LIMIT)
        const after = await server.api.is(id, 'online')
        expect(after).toMatchObject({
          version: before.version,
          since: before.since,
          lastBeatAt: before.lastBeatAt,
        })
        expect(after.lastEvidenceAt).toBeGreaterThan((before.lastEvidenceAt ?? 0) + LIMIT)
        link.destroy()
      }),
    )
  })

  test.concurrent('heartbeat and members links outlive their member, and the next beat joins again', async () => {
    const beats = { h: frames.set('b-h'), m: 'ping' }
    await Promise.all(
      flows('b')
        .filter(flow => flow.stays)
        .map(async ({ id, port, hello }) => {
          const link = await begin(id, port, hello, false)
          const gone = await server.api.is(id, 'offline')
          await pause(300)
          link.sendText(id === 'b-h' ? beats.h : beats.m)
          const back = await server.api.is(id, 'online')
          expect(back.version).toBeGreaterThan(gone.version)
          expect(back.joinedAt).toBeGreaterThan(gone.since)
          link.destroy()
        }),
    )
  })

  test.concurrent('on a link that beats for many, only its own beats are evidence of an id', async () => {
    const ids = ['hub-1', 'hub-2', 'hub-3']
    const link = await connect(server.port('auto'))
    for (const id of ids) link.sendText(frames.set(id))
    for (const id of ids) await server.api.is(id, 'online')
    const beating = setInterval(() => {
      for (const id of ids.slice(1)) link.sendText(frames.set(id))
    }, 300)
    const gone = await server.api.is('hub-1', 'offline')
    expect(gone.since - (gone.lastEvidenceAt ?? 0)).toBeLessThanOrEqual(LIMIT + (await server.api.slack()))
    for (const id of ids.slice(1)) expect((await server.api.member(id))?.state).toBe('online')
    link.sendText(frames.set('hub-1'))
    await server.api.is('hub-1', 'online')
    clearInterval(beating)
    link.destroy()
  })

  test.concurrent('a kept link that stays silent is cut after ten limits', async () => {
    const link = await begin('ten', server.port('short'), frames.set('ten'), false)
    const began = Date.now()
    await link.closed
    expect(Date.now() - began).toBeGreaterThan(9.5 * 500)
    expect(Date.now() - began).toBeLessThan(10 * 500 + (await server.api.slack()))
  })
})
