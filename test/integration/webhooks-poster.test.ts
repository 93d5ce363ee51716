// Where a message really goes: to the address that was judged, under the name that was given, and nowhere else.

import { afterEach, describe, expect, test } from 'bun:test'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { makePoster, type PosterOptions, type Resolve } from '../../src/webhooks/poster.ts'
import { makeCertificate } from '../support/certificates.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A server, and the requests that came to it. */
async function receiver(answer: RequestListener = (_, response) => response.end('ok')) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume()
    request.on('end', () => answer(request, response))
  })
  return { requests, port: await listening(server) }
}

/** A name service of our own, that answers in turn; and what it was asked. */
function names(...answers: readonly string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = []
  const resolve: Resolve = async host => {
    asked.push(host)
    const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? []
    return addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { resolve, asked }
}

const open: PosterOptions = { allowPrivate: true }
const send = (post: ReturnType<typeof makePoster>, signal = new AbortController().signal) =>
  post({ 'x-test': 'yes' }, Buffer.from('hello'), signal)

describe('the address', () => {
  test('is the one that was judged: the system is not asked about the name', async () => {
    const { port, requests } = await receiver()
    const { resolve, asked } = names(['127.0.0.1'])
    const post = makePoster(`http://hook.example:${port}/a?b=c`, { ...open, resolve })
    expect(await send(post)).toEqual({ status: 200, retryAfter: null, problem: '' })
    expect(await send(post)).toMatchObject({ status: 200 })
    expect(asked).toEqual(['hook.example', 'hook.example'])
    expect(
      requests.map(({ url, method, headers }) => [method, url, headers.host, headers['x-test']]),
    ).toEqual([
      ['POST', '/a?b=c', `hook.example:${port}`, 'yes'],
      ['POST', '/a?b=c', `hook.example:${port}`, 'yes'],
    ])
    expect(new Set(requests.map(({ socket }) => socket.remotePort)).size).toBe(1)
  })

  test.each([
    [['127.0.0.1'], '127.0.0.1'],
    [['8.8.8.8', '10.0.0.1'], '10.0.0.1'],
    [['2606:4700::1111', '::1'], '::1'],
    [['::ffff:169.254.169.254'], '::ffff:169.254.169.254'],
  ])('is refused where any is not public: %j', async (addresses, refused) => {
    const { port, requests } = await receiver()
    const { resolve } = names(addresses)
    const answer = await send(makePoster(`http://hook.example:${port}/`, { allowPrivate: false, resolve }))
    expect(answer).toEqual({
      status: null,
      retryAfter: null,
      problem: `hook.example is ${refused}, which is no public address; give the endpoint private=on where that is meant`,
    })
    expect(requests.length).toBe(0)
  })

  test('is judged again each time: a name that turns inwards later gets nothing', async () => {
    const { port, requests } = await receiver()
    const { resolve } = names(['192.0.2.1'], ['127.0.0.1'])
    const post = makePoster(`http://hook.example:${port}/`, { allowPrivate: false, resolve, deadline: 200 })
    for (let i = 0; i < 2; i++) expect((await send(post)).problem).toContain('no public address')
    expect(requests.length).toBe(0)
  })

  test('is the next one where the first does not answer', async () => {
    const { port, requests } = await receiver()
    const { resolve } = names(['127.0.0.2', '127.0.0.1'])
    const post = makePoster(`http://hook.example:${port}/`, { ...open, resolve })
    const answers = [await send(post), await send(post), await send(post)]
    expect(answers.map(({ status, problem }) => status ?? problem)).toEqual([
      `connect ECONNREFUSED 127.0.0.2:${port}`,
      200,
      200,
    ])
    expect(requests.length).toBe(2)
  })

  test('none, and a name service that never answers', async () => {
    const post = makePoster('http://hook.example/', { ...open, ...names([]) })
    expect((await send(post)).problem).toBe('hook.example has no address')
    const hung = makePoster('http://hook.example/', {
      ...open,
      deadline: 100,
      resolve: () => new Promise(() => {}),
    })
    expect((await send(hung)).problem).toBe('no answer within 100 ms')
    const failing = makePoster('http://hook.example/', {
      ...open,
      resolve: async () => {
        throw new Error('getaddrinfo ENOTFOUND hook.example')
      },
    })
    expect((await send(failing)).problem).toBe('getaddrinfo ENOTFOUND hook.example')
  })
})

describe('over TLS', () => {
  async function secure(name: string) {
    const { cert, key } = await makeCertificate(name)
    const heard: (string | false | null)[] = []
    const server = createSecureServer({ cert, key }, (request, response) => {
      heard.push((request.socket as TLSSocket & { servername?: string }).servername ?? null)
      response.end()
    })
    return { port: await listening(server), ca: cert, heard }
  }

  test('the name is asked for and proved, whatever the address', async () => {
    const { port, ca, heard } = await secure('localhost')
    const { resolve } = names(['127.0.0.1'])
    const url = `https://localhost:${port}/`
    expect((await send(makePoster(url, { ...open, resolve, ca }))).status).toBe(200)
    expect(heard).toEqual(['localhost'])
    expect((await send(makePoster(url, { ...open, resolve }))).problem).toContain('self')
    const other = await send(makePoster(`https://other.example:${port}/`, { ...open, resolve, ca }))
    expect(other.problem).toContain('does not match')
    expect(heard.length).toBe(1)
  })
})

describe('the answer', () => {
  test('its status and what it asks for', async () => {
    const { port } = await receiver((_, response) =>
      response.writeHead(503, { 'retry-after': '7' }).end('no'),
    )
    expect(await send(makePoster(`http://127.0.0.1:${port}/`, open))).toEqual({
      status: 503,
      retryAfter: '7',
      problem: '',
    })
  })

  test('that goes nowhere is cut', async () => {
    let closed = 0
    const { port } = await receiver((_, response) => {
      response.on('close', () => closed++)
    })
    const post = makePoster(`http://127.0.0.1:${port}/`, { ...open, deadline: 200 })
    expect((await send(post)).problem).toBe('no answer within 200 ms')
    const stop = new AbortController()
    const long = makePoster(`http://127.0.0.1:${port}/`, open)
    setTimeout(() => stop.abort(), 100)
    expect((await send(long, stop.signal)).problem).toBe('given up: the server stops')
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(closed).toBe(2)
  })

  test('whose status came counts, however little of the rest does', async () => {
    const { port } = await receiver((_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const began = performance.now()
    expect((await send(makePoster(`http://127.0.0.1:${port}/`, { ...open, deadline: 300 }))).status).toBe(200)
    expect(performance.now() - began).toBeLessThan(1_500)
  })

  test('headers without an end, and what is no HTTP at all', async () => {
    const talks = (text: string, endless: boolean) =>
      createTcpServer(socket => {
        socket.on('error', () => {})
        socket.once('data', () => {
          socket.write(text)
          const more = () => {
            while (endless && socket.write(`x-a: ${'y'.repeat(1_000)}\r\n`));
          }
          socket.on('drain', more)
          more()
        })
      })
    for (const server of [talks('HTTP/1.1 200 OK\r\n', true), talks('SSH-2.0-nothing\r\n', false)]) {
      const port = await listening(server)
      const answer = await send(makePoster(`http://127.0.0.1:${port}/`, { ...open, deadline: 1_000 }))
      expect([answer.status, answer.problem === '']).toEqual([null, false])
    }
  })

  test('is none where the connection becomes something else, or ends', async () => {
    const says = (text: string) =>
      listening(
        createTcpServer(socket => {
          socket.on('error', () => {})
          socket.once('data', () => socket.end(text))
        }),
      )
    const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'
    const texts = [upgrade, 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'HTTP/1.1 200', '']
    for (const text of texts) {
      const post = makePoster(`http://127.0.0.1:${await says(text)}/`, { ...open, deadline: 2_000 })
      const began = performance.now()
      const { status, problem } = await send(post)
      expect([text, status === null ? problem !== '' : status === 101]).toEqual([text, true])
      expect(performance.now() - began).toBeLessThan(4_000)
    }
  })

  test('is none where only interim ones come', async () => {
    const port = await listening(
      createTcpServer(socket => {
        socket.on('error', () => {})
        const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)), 5)
        socket.on('close', () => clearInterval(timer))
        socket.resume()
      }),
    )
    const answer = await send(makePoster(`http://127.0.0.1:${port}/`, { ...open, deadline: 2_000 }))
    expect([answer.status, answer.problem === '']).toEqual([null, false])
  })

  test('a connection that was closed meanwhile costs no failure', async () => {
    const { port, requests } = await receiver((request, response) => {
      response.end('ok')
      response.on('finish', () => setTimeout(() => request.socket.destroy(), 30))
    })
    const post = makePoster(`http://127.0.0.1:${port}/`, open)
    for (let i = 0; i < 3; i++) {
      expect((await send(post)).status).toBe(200)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    expect(requests.length).toBe(3)
  })
})
