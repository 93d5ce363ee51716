// The way without WebSocket against a server that answers as a test likes: what is told and in which order, what is
// sent up and how, and that every sort of nonsense ends in one `closed`.

import { afterEach, expect, test } from 'bun:test'
import { waitFor } from '../../test/support/wait.ts'
import type { Line } from './host.ts'
import { sse } from './sse.ts'

const servers: Bun.Server<undefined>[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true)
})

/** What came up: the query beyond the stream's name, and the body. */
interface Up {
  readonly query: string
  readonly body: string
}

class Down {
  readonly ups: Up[] = []
  readonly headers: Headers[] = []
  aborted = false
  /** What a request up is answered. */
  answer: () => Response | Promise<Response> = () => new Response(null, { status: 204 })
  #controller!: ReadableStreamDefaultController<Uint8Array>
  readonly body = new ReadableStream<Uint8Array>({
    start: controller => {
      this.#controller = controller
    },
    cancel: () => {
      this.aborted = true
    },
  })

  write(text: string | Uint8Array): void {
    this.#controller.enqueue(typeof text === 'string' ? new TextEncoder().encode(text) : text)
  }

  open(): void {
    this.write('event: open\ndata: {"stream":"s1"}\n\n')
  }

  end(): void {
    this.#controller.close()
  }
}

function serve(down: Down, first?: () => Response) {
  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      down.headers.push(request.headers)
      const { pathname, searchParams: query } = new URL(request.url)
      expect(query.get('transport')).toBe('sse')
      if (request.method === 'GET')
        return first?.() ?? new Response(down.body, { headers: { 'content-type': 'text/event-stream' } })
      expect([pathname, query.get('stream')]).toEqual(['/at', 's1'])
      query.delete('transport')
      query.delete('stream')
      down.ups.push({ query: query.toString(), body: await request.text() })
      return down.answer()
    },
  })
  servers.push(server)
  return server
}

function rig(first?: () => Response, query = '') {
  const down = new Down()
  const told: string[] = []
  const server = serve(down, first)
  const line: Line = sse.connect(`ws://127.0.0.1:${server.port}/at${query}`, {
    opened: protocol => void told.push(`opened ${protocol}`),
    text: text => void told.push(`text ${text}`),
    closed: (code, reason) => void told.push(`closed ${code} ${reason}`),
  })
  expect(told).toEqual([])
  const heard = (count: number) => waitFor(`${count} to be told`, () => told.length >= count)
  return { down, told, line, heard }
}

const came = (down: Down, count: number) => waitFor(`${count} up`, () => down.ups.length >= count)

test('it says what it is', () => {
  expect([sse.name, sse.pings]).toEqual(['sse', false])
})

test('the query of the address stays, and the stream is asked for as one', async () => {
  const { down, line, told, heard } = rig(undefined, '?room=1')
  down.open()
  await heard(1)
  line.send('a')
  await came(down, 1)
  expect(down.ups).toEqual([{ query: 'room=1', body: 'a\n' }])
  expect([down.headers[0]!.get('accept'), told]).toEqual(['text/event-stream', ['opened systole.v1']])
  line.close(1000)
})

test('events are understood whatever the borders of the parts and the ends of the lines', async () => {
  const { down, told, heard, line } = rig()
  const bytes = new TextEncoder().encode(
    'event: open\r\ndata: {"stream":"s1"}\r\n\r\n:comment\r\rdata: 在线 \u2028 😀\r\rdata:two\ndata\ndata:  lines\n\n' +
      'id: 7\nretry: 10\nevent: other\ndata: unknown\n\ndata: \n\nevent: nothing\n\ndata: {"a: b":1}\r\n\r\n',
  )
  for (const byte of bytes) {
    down.write(Uint8Array.of(byte))
    await new Promise(resolve => setImmediate(resolve))
  }
  await heard(5)
  expect(told).toEqual([
    'opened systole.v1',
    'text 在线 \u2028 😀',
    'text two\n\n lines',
    'text ',
    'text {"a: b":1}',
  ])
  line.close(1000)
})

test('a text before the stream has a name is nobody’s', async () => {
  const { down, told, heard, line } = rig()
  down.write('data: early\n\n')
  down.open()
  await heard(1)
  expect(told).toEqual(['opened systole.v1'])
  line.close(1000)
})

test('one request at a time: what gathers meanwhile goes in the next one, in order', async () => {
  const { down, line, heard } = rig()
  let release = () => {}
  down.answer = () =>
    new Promise(resolve => {
      release = () => resolve(new Response(null, { status: 204 }))
    })
  line.send('before it is open')
  down.open()
  await heard(1)
  await came(down, 1)
  for (const text of ['1', '2', '3']) line.send(text)
  await Promise.resolve()
  expect(down.ups).toEqual([{ query: '', body: 'before it is open\n' }])
  release()
  await came(down, 2)
  for (let i = 0; i < 700; i++) line.send(`n${i}`)
  release()
  await came(down, 3)
  release()
  await came(down, 4)
  const bodies = down.ups.map(({ body }) => body.split('\n').length - 1)
  expect([bodies, down.ups[1]!.body]).toEqual([[1, 3, 500, 200], '1\n2\n3\n'])
  expect(down.ups[3]!.body.endsWith('n699\n')).toBe(true)
  release()
  line.close(1000)
})

test('large texts go in requests of their own', async () => {
  const { down, line, heard } = rig()
  down.open()
  await heard(1)
  for (let i = 0; i < 3; i++) line.send('x'.repeat(600_000))
  await came(down, 2)
  expect(down.ups.map(({ body }) => body.length)).toEqual([1_200_002, 600_001])
  line.close(1000)
})

test('close says the code after all that was sent, and ends the stream; nothing is told any more', async () => {
  const { down, line, told, heard } = rig()
  down.open()
  await heard(1)
  line.send('{"t":"bye"}')
  line.close(1000)
  line.close(4001)
  line.send('late')
  await came(down, 1)
  await waitFor('the stream to be let go', () => down.aborted)
  expect(down.ups).toEqual([{ query: 'close=1000', body: '{"t":"bye"}\n' }])
  expect(told).toEqual(['opened systole.v1'])
})

test('a goodbye waits for the request that is under way; a page that is put aside does not', async () => {
  for (const [code, most] of [
    [1000, 1],
    [4001, 2],
  ] as const) {
    const { down, line, heard } = rig()
    let release = () => {}
    down.answer = () =>
      new Promise(resolve => {
        release = () => resolve(new Response(null, { status: 204 }))
      })
    down.open()
    await heard(1)
    line.send('first')
    await came(down, 1)
    line.close(code)
    if (most === 2) await came(down, 2)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(down.ups.length).toBe(most)
    release()
    await came(down, 2)
    expect(down.ups[1]).toEqual({ query: `close=${code}`, body: '' })
    release()
  }
})

test('leaving says 1001', async () => {
  const { down, line, heard } = rig()
  down.open()
  await heard(1)
  line.leaving?.()
  await came(down, 1)
  expect(down.ups).toEqual([{ query: 'close=1001', body: '' }])
})

test('closed before it is open: the request is let go of, and nothing is told', async () => {
  const { down, line, told } = rig()
  await waitFor('the request', () => down.headers.length > 0)
  line.close(1000)
  await waitFor('the request to be let go', () => down.aborted)
  down.answer = () => new Response(null, { status: 500 })
  expect([told, down.ups]).toEqual([[], []])
})

test('the server closes with code and reason; what comes after it is not told', async () => {
  const { down, told, heard, line } = rig()
  down.open()
  down.write('data: last\n\nevent: close\ndata: {"code":4501,"reason":"replaced"}\n\ndata: late\n\n')
  await heard(3)
  line.send('x')
  line.close(1000)
  await waitFor('the stream to be let go', () => down.aborted)
  expect([told, down.ups]).toEqual([['opened systole.v1', 'text last', 'closed 4501 replaced'], []])
})

for (const [what, first, said] of [
  [
    'a page of a portal',
    () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    '200 text/html',
  ],
  ['no such path', () => new Response('{}', { status: 404 }), '404'],
  ['a stream that is none', () => new Response(null, { status: 204 }), '204 null'],
  ['no', () => new Response('stopping', { status: 503 }), '503'],
] as const)
  test(`answered ${what}: closed 1006, with what came instead`, async () => {
    const { told, heard } = rig(first)
    await heard(1)
    expect(told.length).toBe(1)
    expect(told[0]).toStartWith('closed 1006 ')
    expect(told[0]).toContain(said)
  })

test('a redirect to a page of a portal', async () => {
  const portal = Bun.serve({
    port: 0,
    fetch: () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
  })
  servers.push(portal)
  const { told, heard } = rig(() => Response.redirect(`http://127.0.0.1:${portal.port}/login`, 302))
  await heard(1)
  expect(told).toEqual([expect.stringContaining('closed 1006 answered 200 text/html')])
})

for (const [what, write] of [
  ['an open that is no JSON', 'event: open\ndata: {\n\n'],
  ['an open of null', 'event: open\ndata: null\n\n'],
  ['a close that is no JSON', 'event: open\ndata: {}\n\nevent: close\ndata: bye\n\n'],
] as const)
  test(`${what} ends the line with 1006`, async () => {
    const { down, told } = rig()
    down.write(write)
    await waitFor('closed', () =>
      told.some(line => line.startsWith('closed 1006 SyntaxError') || line.includes('TypeError')),
    )
    expect(told.filter(line => line.startsWith('closed')).length).toBe(1)
  })

test('the end of the stream without a word is 1006', async () => {
  const { down, told, heard } = rig()
  down.open()
  await heard(1)
  down.end()
  await heard(2)
  expect(told[1]).toBe('closed 1006 the stream ended')
})

test('a request up that is refused ends the line, once', async () => {
  const { down, told, heard, line } = rig()
  down.answer = () => new Response('gone', { status: 404 })
  down.open()
  await heard(1)
  line.send('a')
  await heard(2)
  line.send('b')
  line.close(1000)
  await waitFor('the stream to be let go', () => down.aborted)
  expect([told, down.ups.length]).toEqual([['opened systole.v1', 'closed 1006 answered 404'], 1])
})

test('nobody listens there', async () => {
  const server = Bun.serve({ port: 0, fetch: () => new Response() })
  const { port } = server
  await server.stop(true)
  const told: string[] = []
  sse.connect(`ws://127.0.0.1:${port}/`, {
    opened: () => {},
    text: () => {},
    closed: (code, reason) => void told.push(`${code} ${reason.length > 0}`),
  })
  await waitFor('closed', () => told.length > 0)
  expect(told).toEqual(['1006 true'])
})

test('a listener that closes the line as it is told that it ended does no harm', async () => {
  const down = new Down()
  const server = serve(down)
  let closes = 0
  const line = sse.connect(`ws://127.0.0.1:${server.port}/at`, {
    opened: () => {},
    text: () => {},
    closed: () => {
      closes++
      line.close(1000)
    },
  })
  down.open()
  down.end()
  await waitFor('closed', () => closes > 0)
  await new Promise(resolve => setTimeout(resolve, 20))
  expect([closes, down.ups]).toEqual([1, []])
})
