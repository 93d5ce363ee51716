// The main flow of each published dialect on a real server, as its pages run it: who comes, who goes, and what the
// pages and the API are told. Platform WebSockets where a browser's behaviour counts, raw sockets where order does.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { frames } from '../support/load-links.ts'
import { connect, type RawSocket } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

const GRACE = 700

interface Listed {
  readonly user_id: string
  readonly user_name: string
  readonly status: string
}

/** A page's connection with all it was told. */
async function page(port: number): Promise<{ socket: WebSocket; heard: string[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
  const heard: string[] = []
  socket.onmessage = event => heard.push(String(event.data))
  await waitFor('the page to connect', () => socket.readyState === WebSocket.OPEN)
  return { socket, heard }
}

/** What an admin page is told of those whose id begins with `prefix`. */
async function listed(port: number, prefix: string): Promise<Listed[]> {
  const admin = await connect(port)
  admin.sendText(frames.get)
  const list: Listed[] = JSON.parse((await admin.nextOf('text')).text)
  admin.destroy()
  return list.filter(entry => entry.user_id.startsWith(prefix))
}

async function pongs(link: RawSocket): Promise<void> {
  link.sendText('ping')
  expect((await link.nextOf('text')).text).toBe('pong')
}

describe.each([...RUNTIMES])('the published flows on %s', runtime => {
  let server: SystoleProcess
  const main = () => server.port('auto')

  beforeAll(async () => {
    server = await startServer({
      runtime,
      listen: {
        auto: `auto,limit=5s,grace=${GRACE}ms`,
        gateway: `gateway,limit=5s,grace=${GRACE}ms`,
        uid: `uid,limit=5s,grace=${GRACE}ms`,
      },
      args: ['--suspect-after', '200ms'],
    })
  })
  afterAll(() => server.kill())

  test.concurrent('heartbeat: no answer to SetHeartbeat, the list to GetHeartbeat, in order of first beat', async () => {
    const empty = await listed(main(), 'h-')
    expect(empty).toEqual([])
    const ana = await page(main())
    ana.socket.send(frames.set('h-9', '安娜😀(9)'))
    await server.api.is('h-9', 'online')
    const bo = await page(main())
    bo.socket.send(frames.set('h-1', 'Bo <b>(1)'))
    await server.api.is('h-1', 'online')
    ana.socket.close()
    const gone = await server.api.is('h-9', 'offline')
    expect(gone).toMatchObject({ name: '安娜😀(9)', reason: 'closed', sessions: 0, joinedAt: null })
    expect(await listed(main(), 'h-')).toEqual([
      { user_id: 'h-9', user_name: '安娜😀(9)', status: '离线' },
      { user_id: 'h-1', user_name: 'Bo <b>(1)', status: '在线' },
    ])
    expect([...ana.heard, ...bo.heard]).toEqual([])
    bo.socket.close()
  })

  test.concurrent('members: pong before login, login, re-login, and a second connection takes over', async () => {
    const first = await connect(main())
    await pongs(first)
    first.sendText(frames.open('m-1', { type: 'vip', name: 'Ana', phone: '1' }))
    expect(await server.api.is('m-1', 'online')).toMatchObject({ name: 'Ana', type: 'vip', sessions: 1 })
    const before = await server.api.is('m-1', 'online')

    const second = await connect(main())
    second.sendText(frames.open('m-1', { type: 'vip', name: 'Ana', phone: '1' }))
    await pongs(second)
    first.destroy()
    await pause(GRACE + 450)
    expect(await server.api.is('m-1', 'online')).toMatchObject({
      since: before.since,
      version: before.version,
    })

    second.sendText(frames.open('m-2', { name: 'Bo' }))
    await pongs(second)
    expect(await server.api.is('m-1', 'offline')).toMatchObject({ reason: 'left' })
    expect(await server.api.is('m-2', 'online')).toMatchObject({ name: 'Bo', sessions: 1 })
    second.destroy()
  })

  test.concurrent('members: the superseded connection is not closed, still gets pong, and names nobody', async () => {
    const first = await connect(main())
    first.sendText(frames.open('m-3'))
    await pongs(first)
    const second = await connect(main())
    second.sendText(frames.open('m-3'))
    await pongs(second)
    await pongs(first)
    expect(await server.api.is('m-3', 'online')).toMatchObject({ sessions: 1 })
    second.destroy()
    await pongs(first)
    await server.api.is('m-3', 'offline')
    await pongs(first)
    expect((await server.api.member('m-3'))?.state).toBe('offline')
    first.destroy()
  })

  test.concurrent('members: a 64-bit id survives', async () => {
    const link = await connect(main())
    link.sendText('{"action":"open","id":12345678901234567891,"name":"Ana"}')
    expect(await server.api.is('12345678901234567891', 'online')).toMatchObject({ name: 'Ana' })
    link.destroy()
  })

  test.concurrent('uid: the first text names, each later beat is echoed, links with one id all count', async () => {
    const first = await page(server.port('uid'))
    const second = await page(server.port('uid'))
    for (const { socket } of [first, second]) socket.send('u-20')
    await waitFor('both sessions', async () => (await server.api.member('u-20'))?.sessions === 2)
    first.socket.send('u-20')
    await waitFor('the echo', () => first.heard.length === 1)
    expect([first.heard, second.heard]).toEqual([['u-20'], []])
    first.socket.close()
    await waitFor('one session', async () => (await server.api.member('u-20'))?.sessions === 1)
    expect((await server.api.member('u-20'))?.state).toBe('online')
    second.socket.close()
    await server.api.is('u-20', 'offline')
  })

  test.concurrent('gateway: each connection has a client id of its own and no member', async () => {
    const links = [await page(server.port('gateway')), await page(server.port('gateway'))]
    for (const { socket } of links) socket.send('test msg\n')
    const nameless = await waitFor('both in the list', async () => {
      const found = (await server.api.sessions(true)).filter(session => session.clientId !== null)
      return found.length === 2 && found
    })
    for (const { clientId, member } of nameless) {
      expect(clientId).toMatch(/^[0-9a-f]{20}$/)
      expect(member).toBeNull()
    }
    expect(new Set(nameless.map(session => session.clientId)).size).toBe(2)
    expect(links.flatMap(link => link.heard)).toEqual([])
    for (const { socket } of links) socket.close()
    await waitFor(
      'both to leave the list',
      async () => !(await server.api.sessions(true)).some(session => session.clientId !== null),
    )
  })

  test.concurrent('a page that is refreshed neither leaves nor joins, in all dialects', async () => {
    const flows = [
      { id: 'r-h', port: main(), hello: frames.set('r-h') },
      { id: 'r-m', port: main(), hello: frames.open('r-m') },
      { id: 'r-u', port: server.port('uid'), hello: 'r-u' },
    ]
    await Promise.all(
      flows.map(async ({ id, port, hello }) => {
        let current = await page(port)
        current.socket.send(hello)
        const before = await server.api.is(id, 'online')
        for (let i = 0; i < 3; i++) {
          current.socket.close()
          await pause(100)
          current = await page(port)
          current.socket.send(hello)
          await pause(GRACE)
        }
        const { since, version, joinedAt } = await server.api.is(id, 'online')
        expect({ since, version, joinedAt }).toEqual({
          since: before.since,
          version: before.version,
          joinedAt: before.joinedAt,
        })
        current.socket.close()
      }),
    )
  })

  test.concurrent('a break and a close are followed by the grace, exactly', async () => {
    const endings = [
      { id: 'g-h', port: main(), hello: frames.set('g-h'), end: 'reset', reason: 'lost' },
      { id: 'g-m', port: main(), hello: frames.open('g-m'), end: 'fin', reason: 'lost' },
      { id: 'g-u', port: server.port('uid'), hello: 'g-u', end: 'close', reason: 'closed' },
    ] as const
    const late = await Promise.all(
      endings.map(async ({ id, port, hello, end, reason }) => {
        const link = await connect(port)
        link.sendText(hello)
        await server.api.is(id, 'online')
        const ended = Date.now()
        if (end === 'reset') link.reset()
        else if (end === 'fin') link.destroy()
        else await link.close(1001)
        expect(await server.api.is(id, 'suspect')).toMatchObject({ sessions: 1 })
        const gone = await server.api.is(id, 'offline')
        expect(gone.reason).toBe(reason)
        return gone.since - ended - GRACE
      }),
    )
    console.log(`${runtime}: grace late by ${late.join(', ')} ms`)
    for (const ms of late) {
      expect(ms).toBeGreaterThanOrEqual(-5)
      expect(ms).toBeLessThanOrEqual(await server.api.slack())
    }
  })
})
