// The transport contract, part eight: TLS. The same links and requests over it, versions that are too old refused, and a new
// certificate for newcomers that costs nobody a link.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import net from 'node:net'
import { type Certificate, makeCertificate } from '../support/certificates.ts'
import { connect } from '../support/raw-socket.ts'
import { nameShown, speaks } from '../support/tls-peer.ts'
import { type Runtime, type ServerProcess, startServer } from '../support/transport-process.ts'

const tls = true

export function tlsContract(runtime: Runtime): void {
  describe('TLS', () => {
    let server: ServerProcess
    let [one, two]: [Certificate?, Certificate?] = []
    let half: Promise<number>

    beforeAll(async () => {
      ;[one, two] = await Promise.all([makeCertificate('one'), makeCertificate('two')])
      server = await startServer(runtime, { tls: one })
      half = silentHandshake(server.port)
    })
    afterAll(() => server.stop())

    const reload = (pem: Certificate) => server.did({ do: 'reloadTls', pem })

    test('links, requests and event streams go over it', async () => {
      const link = await connect(server.port, { path: '/?tag=secure', tls, protocols: ['a'] })
      link.sendText('echo:hello')
      expect((await link.next()).text).toBe('hello')
      expect(await server.event('open', 'secure')).toMatchObject({ address: '127.0.0.1' })
      link.destroy()
      const insecure = { tls: { rejectUnauthorized: false } }
      const url = `https://127.0.0.1:${server.port}`
      expect(await (await fetch(url, insecure)).text()).toBe('hello 127.0.0.1')
      const stream = await fetch(`${url}/?transport=sse&tag=stream`, insecure)
      expect(stream.headers.get('content-type')).toBe('text/event-stream')
      await server.event('open', 'stream')
      await stream.body?.cancel()
      await server.event('closed', 'stream')
    })

    test('TLS 1.2 and 1.3 are spoken, nothing older', async () => {
      const versions = ['tls1', 'tls1_1', 'tls1_2', 'tls1_3']
      expect(await Promise.all(versions.map(version => speaks(server.port, version)))).toEqual([
        false,
        false,
        true,
        true,
      ])
    })

    test('who speaks plain HTTP here is hung up on', async () => {
      await expect(connect(server.port)).rejects.toThrow()
      expect(await nameShown(server.port)).toBe('one')
    })

    test('a new certificate is for newcomers; links live on, and what is published reaches all', async () => {
      const links = [await connect(server.port, { path: '/?tag=before&topic=t', tls })]
      expect((await reload(two!)).links).toBe(1)
      expect(await nameShown(server.port)).toBe('two')
      links.push(await connect(server.port, { path: '/?tag=after&topic=t', tls }))
      await reload(one!)
      links.push(await connect(server.port, { path: '/?tag=later&topic=t', tls }))
      expect(await nameShown(server.port)).toBe('one')
      await server.did({ do: 'publish', topic: 't', text: 'to all' })
      for (const link of links) expect((await link.next()).text).toBe('to all')
      links[0]!.sendText('echo:still here')
      expect((await links[0]!.next()).text).toBe('still here')
      for (const tag of ['before', 'after']) {
        await server.did({ do: 'close', tag, code: 4500 })
        expect((await server.event('closed', tag)).how).toMatchObject({ code: 4500, by: 'us' })
      }
      links[2]!.destroy()
    })

    test('one that cannot be used changes nothing', async () => {
      const failed = server.count('not reloaded')
      await reload({ cert: one!.cert, key: two!.key })
      await reload({ cert: 'nothing', key: one!.key })
      expect(server.count('not reloaded') - failed).toBe(2)
      expect(await nameShown(server.port)).toBe('one')
    })

    test('whoever comes while certificates change is served', async () => {
      let [came, failed] = [0, 0]
      const knock = async () => {
        while (came + failed < 150) {
          const link = await connect(server.port, { tls }).catch(() => null)
          if (link === null) failed++
          else came++
          link?.destroy()
        }
      }
      const change = async () => {
        for (let i = 0; i < 6; i++) await reload(i % 2 === 0 ? two! : one!)
      }
      await Promise.all([knock(), knock(), change()])
      // each change may cost those who are in the middle of their handshake: here at most two
      expect(failed).toBeLessThanOrEqual(12)
      expect(came).toBeGreaterThan(100)
    }, 20_000)

    test('a taken port is an error here too, and a stop after a change ends all and frees it', async () => {
      const own = await startServer(runtime, { tls: one! })
      const second = await startServer(runtime, { tls: one!, port: own.port })
      expect(await second.event('refused')).toMatchObject({ code: 'port_taken' })
      const before = await connect(own.port, { tls })
      await own.did({ do: 'reloadTls', pem: two! })
      const after = await connect(own.port, { tls })
      own.command({ do: 'stop' })
      expect([(await before.closed).code, (await after.closed).code]).toEqual([1001, 1001])
      expect((await own.event('did:stop')).links).toBe(0)
      const next = await startServer(runtime, { port: own.port })
      expect(next.port).toBe(own.port)
      await Promise.all([own.stop(), second.stop(), next.stop()])
    })

    test('who never begins the handshake is cut after about 10 seconds', async () => {
      const ms = await half
      expect(ms).toBeGreaterThan(7_900)
      expect(ms).toBeLessThan(15_000)
    }, 20_000)
  })
}

/** Milliseconds until the server cuts a connection that says nothing. */
function silentHandshake(port: number): Promise<number> {
  const begin = performance.now()
  const tcp = net.connect(port, '127.0.0.1')
  tcp.on('error', () => {}).on('end', () => tcp.end())
  return new Promise(resolve => tcp.once('close', () => resolve(performance.now() - begin)))
}
