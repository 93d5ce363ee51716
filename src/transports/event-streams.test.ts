// Event streams as one listener keeps them, with the test in the place of the runtime: it reads the body when it likes.

import { expect, test } from 'bun:test'
import { waitFor } from '../../test/support/wait.ts'
import { Desk } from './desk.ts'
import type { Closed, Handlers, Link } from './transport.ts'

const KIB = 1024

function rig(maxQueuedBytes = 64 * KIB) {
  const links: Link<null>[] = []
  const ends: Closed[] = []
  const handlers = {
    upgrade: () => ({ accept: true, data: null, protocol: 'p.1' }),
    refuses: () => null,
    open: (link: Link<null>) => void links.push(link),
    text: (link: Link<null>, text: string) => link.send(text),
    closed: (_link: unknown, how: Closed) => void ends.push(how),
    onError: () => {},
  } as unknown as Handlers<null>
  const desk = new Desk({ host: '', port: 0, maxQueuedBytes, streamProtocol: 'p.1' }, handlers, 8)
  const aborting = new AbortController()
  const open = async () => {
    const { signal } = aborting
    const request = new Request('http://localhost/?transport=sse', { signal })
    const response = await desk.request(request, '127.0.0.1', {})
    const reader = response.body!.getReader()
    const read = async () => new TextDecoder().decode((await reader.read()).value)
    const first = await read()
    return {
      link: links.at(-1)!,
      secret: JSON.parse(first.split('data: ')[1]!).stream as string,
      read,
      reader,
    }
  }
  return { desk, ends, open, aborting }
}

test('what is sent while nobody reads waits, and goes out in one piece', async () => {
  const { desk, open } = rig()
  const { link, read } = await open()
  expect([desk.links, link.queued, link.protocol, link.pings]).toEqual([1, 0, 'p.1', false])
  for (const text of ['a', 'b', 'c']) link.send(text)
  expect(link.queued).toBe(27)
  expect(await read()).toBe('data: a\n\ndata: b\n\ndata: c\n\n')
  expect(link.queued).toBe(0)
  const next = read()
  link.send('d')
  expect([await next, link.queued]).toEqual(['data: d\n\n', 0])
})

test('a ping is written only where nothing else is about to be', async () => {
  const { open } = rig()
  const { link, read } = await open()
  link.ping()
  link.ping()
  expect(await read()).toBe(':\n\n')
  link.send('a')
  link.ping()
  expect(await read()).toBe('data: a\n\n')
})

test('one large frame is no slowness, what waits behind it is', async () => {
  const { desk, ends, open } = rig(64 * KIB)
  const { link } = await open()
  link.send('x'.repeat(1024 * KIB))
  link.send('y'.repeat(60 * KIB))
  await desk.settled()
  expect([ends, desk.slowCuts]).toEqual([[], 0])
  link.send('z'.repeat(8 * KIB))
  await desk.settled()
  expect([ends, desk.slowCuts, link.queued]).toEqual([[{ code: 1006, reason: '', by: 'slow' }], 1, 0])
})

test('every end is told once and leaves no topic and no name behind', async () => {
  const { desk, ends, open, aborting } = rig()
  const streams = desk.streams!
  for (const [code, end] of [
    [1006, async ({ link }) => link.terminate()],
    [1006, async ({ reader }) => void (await reader.cancel())],
    [
      4501,
      async ({ link, read }) => {
        link.close(4501, 'replaced')
        expect([await read(), await read()]).toEqual([
          'event: close\ndata: {"code":4501,"reason":"replaced"}\n\n',
          '',
        ])
      },
    ],
    [
      4001,
      async ({ secret, read }) => {
        const url = `http://localhost/?transport=sse&stream=${secret}&close=4001`
        expect((await desk.request(new Request(url, { method: 'POST' }), '', {})).status).toBe(204)
        await read()
        await read()
      },
    ],
    [1006, async () => aborting.abort()],
  ] as [number, (opened: Awaited<ReturnType<typeof open>>) => Promise<void>][]) {
    const opened = await open()
    opened.link.subscribe('news')
    expect(streams.topics.size).toBe(1)
    await end(opened)
    await waitFor('the end', () => ends.length === 1)
    await desk.settled()
    expect([ends.splice(0).map(how => how.code), desk.links, streams.topics.size]).toEqual([[code], 0, 0])
    const url = `http://localhost/?transport=sse&stream=${opened.secret}`
    expect((await desk.request(new Request(url, { method: 'POST', body: 'x' }), '', {})).status).toBe(404)
  }
  await streams.ended()
})

test('what a page said as it went is heard after its stream broke', async () => {
  const { desk, ends, open } = rig()
  for (const [query, code] of [
    ['&close=4001', 4001],
    ['', 1006],
  ] as const) {
    const { secret, reader, link } = await open()
    await reader.cancel()
    link.send('to nobody')
    const url = `http://localhost/?transport=sse&stream=${secret}${query}`
    const { status } = await desk.request(new Request(url, { method: 'POST', body: 'bye' }), '', {})
    expect([status, link.queued]).toEqual([204, 0])
    await waitFor('the end', () => ends.length === 1)
    expect(ends.pop()).toEqual({ code, reason: '', by: 'peer' })
  }
})

test('a request that is over before it is answered ends as any other', async () => {
  const { desk, ends, open, aborting } = rig()
  aborting.abort()
  await open().catch(() => null)
  await waitFor('the end', () => ends.length > 0)
  expect([ends, desk.links]).toEqual([[{ code: 1006, reason: '', by: 'peer' }], 0])
})
