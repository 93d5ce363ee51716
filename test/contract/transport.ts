// The transport contract: what every runtime's transport must do, proved against a real server process over real
// sockets. Adapters differ in nothing a test here can see.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from '../support/raw-socket.ts'
import { type Runtime, startServer } from '../support/transport-process.ts'
import { ownEndContract, peerEndContract, throwContract } from './transport-endings.ts'
import { brokenFrameContract, frameContract } from './transport-frames.ts'
import { halfOpenPeers, masscutContract, slowReaderContract } from './transport-load.ts'
import { fanOutContract, publishContract, slowSubscriberContract } from './transport-publish.ts'
import { Stage } from './transport-stage.ts'
import { streamDoorContract, streamStopContract } from './transport-stream-doors.ts'
import {
  silentStream,
  streamBodyContract,
  streamEndContract,
  streamFrameContract,
} from './transport-streams.ts'
import { tlsContract } from './transport-tls.ts'
import { httpContract, upgradeContract } from './transport-upgrade.ts'

export function transportContract(runtime: Runtime): void {
  describe(`transport on ${runtime}`, () => {
    const stage = new Stage()
    let halfOpen: Promise<number[]>
    let silent: Promise<readonly string[]>

    beforeAll(async () => {
      stage.server = await startServer(runtime)
      halfOpen = halfOpenPeers(stage.server.port)
      silent = silentStream(stage)
      silent.catch(() => {})
    })
    afterAll(() => stage.server.stop())

    frameContract(stage)
    brokenFrameContract(stage)
    peerEndContract(stage)
    ownEndContract(stage)
    throwContract(stage)
    upgradeContract(stage)
    httpContract(stage)
    slowReaderContract(stage)
    publishContract(stage)
    slowSubscriberContract(stage)
    fanOutContract(stage)
    streamFrameContract(stage)
    streamEndContract(stage)
    streamBodyContract(stage)
    streamDoorContract(stage)
    streamStopContract(runtime)
    listenContract(runtime)
    tlsContract(runtime)
    masscutContract(runtime)

    test('a request that never ends is cut after about 10 seconds, silent or dripping, first or second', async () => {
      for (const ms of await halfOpen) {
        expect(ms).toBeGreaterThan(runtime === 'bun' ? 7_900 : 9_900)
        expect(ms).toBeLessThan(13_000)
      }
    }, 20_000)

    test('an event stream may be silent for longer than a request may', async () => {
      expect(await silent).toEqual(['still here', 'me too'])
    }, 20_000)

    test('over this whole suite every link was opened first and closed last, once each', async () => {
      const { broken } = await stage.server.did({ do: 'stats' })
      expect(broken).toEqual({ beforeOpen: 0, afterClosed: 0, closedTwice: 0, openedTwice: 0 })
      expect(stage.server.count('open')).toBeGreaterThan(40)
    })
  })
}

function listenContract(runtime: Runtime): void {
  test('a taken port is one error that names address and remedy', async () => {
    const first = await startServer(runtime)
    const second = await startServer(runtime, { port: first.port })
    const { code, text } = await second.event('refused')
    expect(code).toBe('port_taken')
    expect(text).toContain(`127.0.0.1:${first.port}`)
    expect(text).toContain('--port')
    await Promise.all([first.stop(), second.stop()])
  })

  test('an address this machine does not have is refused with its remedy', async () => {
    const server = await startServer(runtime, { host: '203.0.113.1', port: 4000 })
    const { code, text } = await server.event('refused')
    expect([code, String(text).includes('203.0.113.1:4000'), String(text).includes('--host')]).toEqual([
      'bind_refused',
      true,
      true,
    ])
    await server.stop()
  })

  test('stopAccepting keeps old links and takes no new ones; stop tells the rest 1001 and frees the port', async () => {
    const server = await startServer(runtime)
    const old = await connect(server.port, { path: '/?tag=old' })
    await server.did({ do: 'stopAccepting' })
    await expect(connect(server.port)).rejects.toThrow()
    old.sendText('echo:still here')
    expect((await old.next()).text).toBe('still here')
    server.command({ do: 'stop' })
    expect((await old.closed).code).toBe(1001)
    expect((await server.event('closed', 'old')).how).toEqual({
      code: 1001,
      reason: 'server stopped',
      by: 'us',
    })
    expect((await server.event('did:stop')).links).toBe(0)
    const next = await startServer(runtime, { port: server.port })
    expect(next.port).toBe(server.port)
    await Promise.all([server.stop(), next.stop()])
  })

  test('links closed just before a stop are told the code they were closed with', async () => {
    const server = await startServer(runtime)
    const tags = Array.from({ length: 50 }, (_, i) => `s${i}`)
    const links = await Promise.all(tags.map(tag => connect(server.port, { path: `/?tag=${tag}` })))
    server.command({ do: 'stop', code: 1012 })
    for (const link of links) expect(await link.closed).toEqual({ code: 1012, reason: 'restart' })
    for (const tag of tags) {
      expect((await server.event('closed', tag)).how).toEqual({ code: 1012, reason: 'restart', by: 'us' })
    }
    await server.stop()
  })
}
