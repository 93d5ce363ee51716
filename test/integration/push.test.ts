// Pushes over real sockets, and a host that binds its members to gateway links: through the package's own door, in a
// program of its own.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { call, HOST_PROGRAM } from '../support/host-call.ts'
import { frames } from '../support/load-links.ts'
import { connect } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

describe.each([...RUNTIMES])('a host on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    const listen = { gateway: 'gateway,limit=2s,grace=500ms', uid: 'uid,grace=500ms' }
    server = await startServer({ runtime, program: HOST_PROGRAM, listen })
  })
  afterAll(() => server.kill())

  async function clientId(): Promise<string> {
    return waitFor('the client id', async () => {
      const found = (await server.api.sessions(true)).find(session => session.clientId !== null)
      return found?.clientId
    })
  }

  test('a push reaches open connections by member, by type and all, and says whom', async () => {
    const vip = await connect(server.port('main'))
    vip.sendText(frames.open('vip-1', { type: 'vip' }))
    const plain = await connect(server.port('main'))
    plain.sendText(frames.set('plain-1'))
    const devices = [await connect(server.port('uid')), await connect(server.port('uid'))]
    for (const device of devices) device.sendText('device-1')
    const silent = await connect(server.port('main'))
    const gone = await connect(server.port('uid'))
    gone.sendText('gone-1')
    for (const id of ['vip-1', 'plain-1', 'device-1', 'gone-1']) await server.api.is(id, 'online')
    await waitFor('both devices', async () => (await server.api.member('device-1'))?.sessions === 2)
    await gone.close(1000)
    await server.api.is('gone-1', 'offline')

    const none = { reached: 0, suspect: 0, offline: 0, unknown: 0 }
    expect(await call(server, 'pushToMember', 'vip-1', { say: 'hi' })).toEqual({ ...none, reached: 1 })
    expect((await vip.nextOf('text')).text).toBe('{"say":"hi"}')
    expect(await call(server, 'pushToMember', 'device-1', '三')).toEqual({ ...none, reached: 2 })
    for (const device of devices) expect((await device.nextOf('text')).text).toBe('三')
    expect(await call(server, 'pushToMember', 'gone-1', 'x')).toEqual({ ...none, offline: 1 })
    expect(await call(server, 'pushToMember', 'never', 'x')).toEqual({ ...none, unknown: 1 })
    expect(await call(server, 'pushToType', 'vip', 'vips')).toEqual({ ...none, reached: 1 })
    expect((await vip.nextOf('text')).text).toBe('vips')
    expect(await call(server, 'pushToAll', 'all')).toEqual({ ...none, reached: 4, offline: 1 })
    for (const link of [vip, plain, ...devices]) expect((await link.nextOf('text')).text).toBe('all')
    expect(await call(server, 'pushToAll', 'really', { anonymous: true })).toEqual({
      ...none,
      reached: 5,
      offline: 1,
    })
    for (const link of [vip, plain, ...devices, silent])
      expect((await link.nextOf('text')).text).toBe('really')
    for (const link of [vip, plain, ...devices, silent]) link.destroy()
  })

  test('a bound gateway link is a member until it is unbound, falls silent or ends', async () => {
    const link = await connect(server.port('gateway'), { autoPong: false })
    link.sendText('test msg\n')
    const client = await clientId()
    await call(server, 'bind', client, 'bound-1')
    expect(await server.api.is('bound-1', 'online')).toMatchObject({ sessions: 1 })
    expect(await call(server, 'pushToMember', 'bound-1', 'to you')).toMatchObject({ reached: 1 })
    expect((await link.nextOf('text')).text).toBe('to you')
    await call(server, 'bind', client, 'bound-2')
    expect(await server.api.is('bound-1', 'offline')).toMatchObject({ reason: 'left' })
    await server.api.is('bound-2', 'online')
    await call(server, 'unbind', client)
    expect(await server.api.is('bound-2', 'offline')).toMatchObject({ reason: 'left' })
    await call(server, 'bind', client, 'bound-3')
    const gone = await server.api.is('bound-3', 'offline')
    expect(gone.reason).toBe('lost')
    expect(gone.since - (gone.lastEvidenceAt ?? 0)).toBeLessThanOrEqual(2_000 + (await server.api.slack()))
    expect((await link.closed).code).toBe(1006)
    const told = server.lines.flatMap(line =>
      String(line.member).startsWith('bound-') ? [`${line.transition} ${line.member}`] : [],
    )
    expect(told).toEqual([1, 2, 3].flatMap(n => [`join bound-${n}`, `leave bound-${n}`]))
  })

  test('a bound member that reconnects and is bound again within the grace neither leaves nor joins', async () => {
    const first = await connect(server.port('gateway'))
    first.sendText('test msg\n')
    await call(server, 'bind', await clientId(), 'again')
    const before = await server.api.is('again', 'online')
    first.destroy()
    const second = await connect(server.port('gateway'))
    second.sendText('test msg\n')
    await call(server, 'bind', await clientId(), 'again')
    await pause(1_000)
    expect(await server.api.member('again')).toMatchObject({ state: 'online', version: before.version })
    second.destroy()
  })

  test('who is unknown or no id is refused by a code', async () => {
    await expect(call(server, 'bind', '0'.repeat(20), 'x')).rejects.toMatchObject({ code: 'unknown_client' })
    await expect(call(server, 'unbind', 'nobody')).rejects.toMatchObject({ code: 'unknown_client' })
    const link = await connect(server.port('gateway'))
    link.sendText('test msg\n')
    await expect(call(server, 'bind', await clientId(), '')).rejects.toMatchObject({ code: 'bad_id' })
    link.destroy()
  })
})
