// `POST /v1/push` on a running server: whom it reaches, that a page of another site cannot use it, and bodies that a
// transport must survive.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import net from 'node:net'
import { frames } from '../support/load-links.ts'
import { connect } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'

setDefaultTimeout(30_000)

const TO_ALL = '{"all":true,"data":"from elsewhere"}'

describe.each([...RUNTIMES])('POST /v1/push on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    server = await startServer({ runtime, args: ['--origin', 'null'] })
  })
  afterAll(() => server.kill())

  /** Bytes as they are: a platform's fetch chooses Host, Origin and length itself. Resolves with status and body. */
  function raw(headers: Record<string, string>, body: string | Iterable<string>): Promise<[number, string]> {
    const chunked = typeof body !== 'string'
    const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }
    const all = { host: '127.0.0.1', connection: 'close', ...length, ...headers }
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = net.connect(server.port('main'), '127.0.0.1')
    socket.write(`POST /v1/push HTTP/1.1\r\n${head.join('')}\r\n`)
    if (chunked) for (const part of body) socket.write(`${part.length.toString(16)}\r\n${part}\r\n`)
    else socket.write(body)
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
    })
    return new Promise(resolve => {
      // a refusal may come while the body is still on its way: then the end is a reset
      socket.on('error', () => {})
      socket.on('close', () => resolve([Number(answer.slice(9, 12)), answer.split('\r\n\r\n')[1] ?? '']))
    })
  }

  const json = { 'content-type': 'application/json' }
  const push = async (body: object) => {
    const response = await fetch(`${server.api.url}/v1/push`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(body),
    })
    return [response.status, await response.json()]
  }

  test('reaches those who are there, and counts the others', async () => {
    const link = await connect(server.port('main'))
    link.sendText(frames.set('7', 'Ana'))
    await server.api.is('7', 'online')
    const result = { reached: 1, suspect: 0, offline: 0, unknown: 1 }
    expect(await push({ to: ['7', 'nobody', '7'], data: { hello: 1 } })).toEqual([200, result])
    expect((await link.nextOf('text')).text).toBe('{"hello":1}')
    expect(await push({ all: true, data: '你好' })).toEqual([200, { ...result, unknown: 0 }])
    expect((await link.nextOf('text')).text).toBe('你好')
    link.destroy()
  })

  test('a page of another site is refused, whatever it sends', async () => {
    const link = await connect(server.port('main'))
    link.sendText(frames.set('8', 'Bo'))
    await server.api.is('8', 'online')
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/json']
    for (const type of types)
      expect((await raw({ origin: 'https://evil.example', 'content-type': type }, TO_ALL))[0]).toBe(403)
    expect((await raw({ host: 'evil.example', ...json }, TO_ALL))[0]).toBe(403)
    // what a form or `no-cors` of any site sends from a sandboxed frame, where pages from files are let in
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      expect((await raw({ origin: 'null', 'content-type': type }, TO_ALL))[0]).toBe(415)
    expect((await raw({ origin: 'null' }, TO_ALL))[0]).toBe(415)
    // and JSON needs to be asked for first, which is never answered with a yes
    const asked = await fetch(`${server.api.url}/v1/push`, {
      method: 'OPTIONS',
      headers: { origin: 'null', 'access-control-request-method': 'POST' },
    })
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, null])
    await push({ to: ['8'], data: 'the first that arrives' })
    expect((await link.nextOf('text')).text).toBe('the first that arrives')
    link.destroy()
  })

  test('a body over 1 MiB is refused, said or not, and the server goes on', async () => {
    expect((await raw({ ...json, 'content-length': '2000000' }, '{'))[0]).toBe(413)
    const [status] = await raw(json, Array<string>(40).fill(' '.repeat(65_536)))
    expect(status).toBe(413)
    expect(await push({ to: ['nobody'], data: 'x'.repeat(1_048_000) })).toEqual([
      200,
      { reached: 0, suspect: 0, offline: 0, unknown: 1 },
    ])
  })

  test('10,000 ids at once', async () => {
    const to = Array.from({ length: 10_000 }, (_, n) => `nobody-${n}`)
    expect(await push({ to, data: 1 })).toEqual([
      200,
      { reached: 0, suspect: 0, offline: 0, unknown: 10_000 },
    ])
  })
})
