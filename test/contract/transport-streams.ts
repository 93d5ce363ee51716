// The transport contract, part six: links without WebSocket. An event stream and the requests that belong to it are a
// link like any other; what differs (its name, its requests, who may read them) is proved here.
import { expect, test } from 'bun:test'
import { type EventStream, type OpenOptions, openStream } from '../support/event-stream.ts'
import { pause, waitFor } from '../support/wait.ts'
import type { Stage } from './transport-stage.ts'

interface Streamed {
  readonly stream: EventStream
  readonly tag: string
}

/** A stream with a tag of its own. */
export async function streamOf(stage: Stage, query = '', options: OpenOptions = {}): Promise<Streamed> {
  const tag = stage.tag()
  const path = `/any?tag=${tag}&choose=systole.v1&${query}`
  return { tag, stream: await openStream(stage.server.port, { ...options, path }) }
}

export function streamFrameContract(stage: Stage): void {
  test('a stream is a link of the protocol that streams speak, on any path', async () => {
    const { stream, tag } = await streamOf(stage, 'x=1', { headers: { 'X-Agent': 'probe' } })
    expect(await stage.server.event('upgrade', tag)).toMatchObject({
      url: `/any?tag=${tag}&choose=systole.v1&x=1&transport=sse`,
      agent: 'probe',
      offered: ['systole.v1'],
    })
    expect(await stage.server.event('open', tag)).toMatchObject({
      address: '127.0.0.1',
      protocol: 'systole.v1',
      pings: false,
    })
    expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/event-stream'])
    expect([stream.headers['x-accel-buffering'], stream.headers['cache-control']]).toEqual(['no', 'no-store'])
    expect(stream.events[0]).toEqual({ name: 'open', data: JSON.stringify({ stream: stream.stream }) })
    expect(Buffer.from(stream.stream, 'base64url').length).toBeGreaterThanOrEqual(16)
    stream.abort()
  })

  test('frames come up in order, several to a request, and go down in order', async () => {
    const { stream, tag } = await streamOf(stage)
    const texts = Array.from({ length: 300 }, (_, i) => `echo:${i} 在线 \u2028 😀`)
    for (const [from, to] of [
      [0, 1],
      [1, 200],
      [200, 300],
    ] as const) {
      const answer = await stream.post(`${texts.slice(from, to).join(from === 1 ? '\r\n' : '\n')}\n`)
      expect([answer.status, await answer.text()]).toEqual([204, ''])
    }
    await stage.server.nth('text', tag, 299)
    expect(stage.server.texts(tag)).toEqual(texts)
    await stream.text(299)
    expect(stream.texts).toEqual(texts.map(text => text.slice(5)))
    stream.abort()
  })

  test('a request without frames is fine, empty lines are none, and JSON is taken as such', async () => {
    const { stream, tag } = await streamOf(stage)
    const body = new Uint8Array()
    expect((await stream.post(body)).status).toBe(204)
    expect((await stream.post('\n\n{"a":1}\n\n', { 'content-type': 'application/json' })).status).toBe(204)
    await stage.server.event('text', tag)
    expect(stage.server.texts(tag)).toEqual(['{"a":1}'])
    stream.abort()
  })

  test('characters that are cut by the borders of parts arrive whole', async () => {
    const { stream, tag } = await streamOf(stage)
    const bytes = new TextEncoder().encode('echo:在线 😀\necho:second')
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (let at = 0; at < bytes.length; at += 2) {
          controller.enqueue(bytes.subarray(at, at + 2))
          await pause(1)
        }
        controller.close()
      },
    })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'text/plain' } }
    expect((await stream.up(`&stream=${stream.stream}`, init as RequestInit)).status).toBe(204)
    expect(await stream.text(1)).toBe('second')
    expect([stream.texts[0], stage.server.texts(tag).length]).toEqual(['在线 😀', 2])
    stream.abort()
  })

  test('line breaks within a frame arrive as line feeds, and an empty frame arrives', async () => {
    const { stream, tag } = await streamOf(stage)
    stage.server.command({ do: 'send', tag, text: 'a\r\nb\rc\n\nd' })
    stage.server.command({ do: 'flood', tag, text: '', count: 1 })
    stage.server.command({ do: 'send', tag, text: 'last' })
    expect(await stream.text(2)).toBe('last')
    expect(stream.texts).toEqual(['a\nb\nc\n\nd', '', 'last'])
    stream.abort()
  })

  test('a large frame goes down, and one goes up', async () => {
    const { stream, tag } = await streamOf(stage)
    await stage.server.did({ do: 'send', tag, size: 8 * 1024 * 1024 })
    expect((await stream.text(0)).length).toBe(8 * 1024 * 1024)
    expect((await stream.post('y'.repeat(4 * 1024 * 1024))).status).toBe(204)
    expect(await stage.server.event('text', tag)).toMatchObject({ length: 4 * 1024 * 1024 })
    stream.abort()
  })

  test('a ping is a comment: nothing comes back', async () => {
    const { stream, tag } = await streamOf(stage)
    await stage.server.did({ do: 'ping', tag })
    await waitFor('a comment', () => stream.comments === 1)
    expect([stage.server.count('control', tag), stream.texts]).toEqual([0, []])
    stream.abort()
  })
}

/** A stream that is silent for longer than a request may be, and what came down it afterwards. Takes 13 s. */
export async function silentStream(stage: Stage): Promise<readonly string[]> {
  const { stream, tag } = await streamOf(stage)
  await pause(13_000)
  stage.server.command({ do: 'send', tag, text: 'still here' })
  await stream.text()
  // On a connection of its own: one that was idle for so long may be ended as it is used.
  await stream.up(`&stream=${stream.stream}`, { method: 'POST', body: 'echo:me too', keepalive: false })
  await stream.text(1)
  stream.abort()
  return stream.texts
}

export function streamEndContract(stage: Stage): void {
  for (const [what, end] of [
    ['let go of', stream => stream.abort()],
    ['reset', stream => stream.reset()],
  ] as [string, (stream: EventStream) => void][]) {
    test(`a stream that is ${what} is 1006, and its name means nothing any more`, async () => {
      const { stream, tag } = await streamOf(stage)
      end(stream)
      expect(await stage.how(tag)).toEqual({ code: 1006, reason: '', by: 'peer' })
      expect((await stream.post('late')).status).toBe(404)
      expect(stage.server.texts(tag)).toEqual([])
    })
  }

  for (const code of [1000, 1001, 4001]) {
    test(`the peer closes with ${code}, after its last frames`, async () => {
      const { stream, tag } = await streamOf(stage)
      expect((await stream.close(code, 'last words\n')).status).toBe(204)
      expect(await stage.how(tag)).toEqual({ code, reason: '', by: 'peer' })
      expect(stage.server.texts(tag)).toEqual(['last words'])
      await waitFor('the stream to end', () => stream.whole)
      expect((await stream.close(code)).status).toBe(404)
    })
  }

  for (const code of ['1005', '1006', '1012', '999', '5000', 'x', '', '4001.5']) {
    test(`a peer cannot close with '${code}'`, async () => {
      const { stream, tag } = await streamOf(stage)
      expect((await stream.close(code, 'frame')).status).toBe(400)
      expect([stage.server.texts(tag), stage.server.count('closed', tag)]).toEqual([[], 0])
      stream.abort()
    })
  }

  test('we close: what was sent before arrives, then code and reason, then the end', async () => {
    const { stream, tag } = await streamOf(stage)
    stage.server.command({ do: 'send', tag, text: 'last words' })
    stage.server.command({ do: 'close', tag, code: 4501, reason: 'replaced "再见"' })
    await waitFor('the end', () => stream.whole)
    expect(stream.texts).toEqual(['last words'])
    expect(stream.events.at(-1)?.name).toBe('close')
    expect(stream.closed).toEqual({ code: 4501, reason: 'replaced "再见"' })
    expect(await stage.how(tag)).toEqual({ code: 4501, reason: 'replaced "再见"', by: 'us' })
    expect((await stream.post('late')).status).toBe(404)
  })

  test('terminate ends the stream without a word', async () => {
    const { stream, tag } = await streamOf(stage)
    await stage.server.did({ do: 'terminate', tag })
    await waitFor('the end', () => stream.gone || stream.whole)
    expect(stream.events.length).toBe(1)
    expect(await stage.how(tag)).toEqual({ code: 1006, reason: '', by: 'us' })
  })

  for (const [deed, how] of [
    ['close-self', { code: 4500, reason: 'as asked', by: 'us' }],
    ['terminate-self', { code: 1006, reason: '', by: 'us' }],
    ['throw', { code: 1011, reason: 'internal error', by: 'us' }],
  ] as const) {
    test(`after ${deed} nothing of the same request is delivered`, async () => {
      const { stream, tag } = await streamOf(stage)
      expect((await stream.post(`${deed}\nlate\n`)).status).toBe(204)
      expect(await stage.how(tag)).toEqual(how)
      expect(stage.server.texts(tag)).toEqual([deed])
      await waitFor('the end', () => stream.gone || stream.whole)
      expect(stream.texts).toEqual([])
    })
  }

  test('a throw in open ends the stream with 1011', async () => {
    const { stream, tag } = await streamOf(stage, 'openThrows')
    await waitFor('the end', () => stream.whole)
    expect(stream.closed?.code).toBe(1011)
    expect(await stage.how(tag)).toMatchObject({ code: 1011, by: 'us' })
  })

  test('a peer that reads nothing is cut for its queue, and a closed one that reads nothing is gone too', async () => {
    const { stream, tag } = await streamOf(stage, '', { deaf: true })
    const before = (await stage.server.did({ do: 'stats' })).slowCuts as number
    stage.server.command({ do: 'flood', tag, size: 64 * 1024, count: 400 })
    expect(await stage.how(tag)).toEqual({ code: 1006, reason: '', by: 'slow' })
    expect((await stage.server.did({ do: 'stats' })).slowCuts).toBe(before + 1)
    stream.hear()
    await waitFor('the end', () => stream.gone)
    expect([stream.whole, stream.texts.length < 400]).toEqual([false, true])
    const closed = await streamOf(stage, '', { deaf: true })
    stage.server.command({ do: 'flood', tag: closed.tag, size: 12 * 1024 * 1024, count: 1 })
    stage.server.command({ do: 'close', tag: closed.tag, code: 4501 })
    expect(await stage.how(closed.tag)).toMatchObject({ code: 4501, by: 'us' })
    closed.stream.hear()
    await waitFor('the end', () => closed.stream.gone)
  }, 15_000)
}

export function streamBodyContract(stage: Stage): void {
  test('a stream nobody opened is 404', async () => {
    const { stream } = await streamOf(stage)
    for (const query of ['', '&stream=', '&stream=nobody', '&stream=__proto__']) {
      expect((await stream.up(query, { method: 'POST', body: 'x' })).status).toBe(404)
    }
    stream.abort()
  })

  for (const [what, status, code, heard, body] of [
    ['a frame over the limit', 413, 1009, 1, `ok\n${'x'.repeat(4 * 1024 * 1024 + 1)}`],
    ['a frame over the limit in bytes', 413, 1009, 1, `ok\n${'在'.repeat(1_400_000)}`],
    ['a body over its limit', 413, 1009, 0, `${'x'.repeat(4 * 1024 * 1024)}\n`.repeat(3)],
    ['a thousand frames and one', 413, 1009, 1_000, 'ok\n'.repeat(1_001)],
    ['bytes that are no UTF-8', 400, 1007, 0, Uint8Array.of(0x6f, 0x6b, 0x0a, 0xff, 0xfe)],
  ] as const) {
    test(`${what}: ${status}, and the stream ends with ${code}`, async () => {
      const { stream, tag } = await streamOf(stage)
      expect((await stream.post(body)).status).toBe(status)
      await waitFor('the end', () => stream.whole)
      expect(stream.closed?.code).toBe(code)
      expect((await stream.post('late')).status).toBe(404)
      await stage.how(tag)
      expect(stage.server.texts(tag)).toEqual(Array(heard).fill('ok'))
    })
  }

  test('a body whose length nobody said is bounded too', async () => {
    const { stream } = await streamOf(stage, 'quiet')
    const part = new Uint8Array(1024 * 1024).fill(0x78)
    let left = 10
    const body = new ReadableStream<Uint8Array>({
      pull: controller => (left-- > 0 ? controller.enqueue(part) : controller.close()),
    })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'text/plain' } }
    const answer = await stream.up(`&stream=${stream.stream}`, init as RequestInit).catch(() => null)
    expect(answer?.status ?? 413).toBe(413)
    await waitFor('the end', () => stream.whole)
    expect(stream.closed?.code).toBe(1009)
  })

  test('another kind of body is 415 and harms nothing', async () => {
    const { stream, tag } = await streamOf(stage)
    for (const type of [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/html',
      '',
    ]) {
      const answer = await stream.post('x', { 'content-type': type || 'nothing' })
      expect(answer.status).toBe(415)
    }
    expect((await stream.post('echo:fine', { 'content-type': 'Text/Plain; charset=UTF-8' })).status).toBe(204)
    expect([await stream.text(), stage.server.texts(tag)]).toEqual(['fine', ['echo:fine']])
    stream.abort()
  })

  test('other methods are 405 and name those there are', async () => {
    const { stream } = await streamOf(stage)
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD']) {
      const answer = await stream.up('', { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS'])
    }
    stream.abort()
  })

  test('another transport in the query is another request', async () => {
    for (const query of ['?transport=sse2', '?x=transport=sse', '?transport=ws&y=transport=sse']) {
      const answer = await fetch(`http://127.0.0.1:${stage.server.port}/nowhere${query}`)
      expect(answer.status).toBe(404)
    }
  })
}
