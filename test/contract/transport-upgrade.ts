// The transport contract, part three: the handshake and plain HTTP on the same port. The owner sees what was asked,
// refuses with any status, and is the only one who chooses a subprotocol.
import { expect, test } from 'bun:test'
import { encodeFrame, OPCODES } from '../support/raw-frames.ts'
import { connect, type RawOptions, RefusedUpgrade } from '../support/raw-socket.ts'
import type { Stage } from './transport-stage.ts'

export function upgradeContract(stage: Stage): void {
  const refusal = async (options: RawOptions): Promise<RefusedUpgrade> => {
    const answer = await connect(stage.server.port, options).catch(error => error)
    expect(answer).toBeInstanceOf(RefusedUpgrade)
    return answer
  }

  test('the owner sees path, query, headers, offers and address', async () => {
    const options = { headers: { 'X-Agent': 'probe' }, protocols: ['foo', 'systole.v1'] }
    const { raw, tag } = await stage.link('x=1', options)
    expect(await stage.server.event('upgrade', tag)).toMatchObject({
      url: `/ws?tag=${tag}&x=1`,
      agent: 'probe',
      offered: ['foo', 'systole.v1'],
    })
    expect(await stage.server.event('open', tag)).toMatchObject({ address: '127.0.0.1' })
    raw.destroy()
  })

  for (const status of [401, 403]) {
    test(`a refusal is an HTTP ${status} with its body`, async () => {
      expect(await refusal({ path: `/?refuse=${status}` })).toMatchObject({ status, body: 'not you' })
    })
  }

  test('a refusal says when to come again, of an upgrade and of an event stream', async () => {
    expect(await refusal({ path: '/?later' })).toMatchObject({ status: 429, body: 'not now', retryAfter: 7 })
    const stream = await fetch(`http://127.0.0.1:${stage.server.port}/?transport=sse&later`)
    expect([stream.status, stream.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await stream.text()).toBe('not now\n')
  })

  test('a throw in upgrade is a 500 and is reported', async () => {
    const errors = stage.server.count('error')
    expect((await refusal({ path: '/?throw' })).status).toBe(500)
    expect(await stage.server.nth('error', undefined, errors)).toMatchObject({ stage: 'upgrade' })
  })

  for (const [name, status, options] of [
    ['no key', 400, { headers: { 'Sec-WebSocket-Key': null } }],
    ['a bad key', 400, { headers: { 'Sec-WebSocket-Key': 'short' } }],
    ['another version', 426, { headers: { 'Sec-WebSocket-Version': '8' } }],
    ['a bad offer', 400, { headers: { 'Sec-WebSocket-Protocol': 'a, ,b c' } }],
    ['a POST', 405, { method: 'POST', headers: { 'Content-Length': '0' } }],
  ] as const) {
    test(`an upgrade with ${name} is refused before the owner is asked`, async () => {
      const tag = stage.tag()
      expect((await refusal({ ...options, path: `/?tag=${tag}` })).status).toBe(status)
      expect(stage.server.count('upgrade', tag)).toBe(0)
    })
  }

  for (const [query, protocol] of [
    ['', null],
    ['choose=systole.v1', 'systole.v1'],
    ['choose=foo', 'foo'],
    ['choose=never-offered', null],
  ] as const) {
    test(`foo and systole.v1 are offered, '${query}': the answer names ${protocol}`, async () => {
      const { raw, tag } = await stage.link(query, { protocols: ['foo', 'systole.v1'] })
      expect(raw.protocol).toBe(protocol)
      expect((await stage.server.event('open', tag)).protocol).toBe(protocol ?? '')
      raw.destroy()
    })
  }

  test('a client of the platform, which offers compression, connects without it', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${stage.server.port}/?tag=${stage.tag()}`)
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = reject
    })
    expect([socket.protocol, socket.extensions]).toEqual(['', ''])
    socket.close()
  })

  test('a frame in the same packet as the handshake is not lost', async () => {
    const early = Buffer.concat([
      encodeFrame(OPCODES.text, 'echo:first'),
      encodeFrame(OPCODES.text, 'second'),
    ])
    const { raw, tag } = await stage.link('', { early })
    expect((await raw.next()).text).toBe('first')
    await stage.server.nth('text', tag, 1)
    expect(stage.server.texts(tag)).toEqual(['echo:first', 'second'])
    raw.destroy()
  })
}

export function httpContract(stage: Stage): void {
  const url = (path: string): string => `http://127.0.0.1:${stage.server.port}${path}`

  test('GET is answered on the same port, with the address', async () => {
    const response = await fetch(url('/'))
    expect([response.status, await response.text()]).toEqual([200, 'hello 127.0.0.1'])
  })

  test('POST brings a body and takes status, headers and body', async () => {
    const response = await fetch(url('/echo?a=1'), { method: 'POST', body: '在线'.repeat(50_000) })
    expect([response.status, response.headers.get('x-search')]).toEqual([201, '?a=1'])
    expect(await response.text()).toBe('在线'.repeat(50_000))
  })

  test('404 and a throwing handler are answers, not hang-ups', async () => {
    expect((await fetch(url('/nowhere'))).status).toBe(404)
    const errors = stage.server.count('error')
    expect((await fetch(url('/throw'))).status).toBe(500)
    expect(await stage.server.nth('error', undefined, errors)).toMatchObject({ stage: 'request' })
  })
}
