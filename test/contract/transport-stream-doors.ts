// The transport contract, part seven: who may open an event stream and read what it is answered, what is published to
// streams, and how a listener stops that has some.
import { expect, test } from 'bun:test'
import type { ListenOptions } from '../../src/transports/transport.ts'
import { askStream, openStream } from '../support/event-stream.ts'
import { type Runtime, startServer } from '../support/transport-process.ts'
import { waitFor } from '../support/wait.ts'
import type { Stage } from './transport-stage.ts'
import { streamOf } from './transport-streams.ts'

const HERE = 'https://here.example'
/** Takes back what the tests set for all. */
const NONE = { streamProtocol: undefined } as unknown as Partial<ListenOptions>
const ELSEWHERE = 'https://elsewhere.example'

export function streamDoorContract(stage: Stage): void {
  test('a page that was let in may read all answers; any other may read none and do nothing', async () => {
    for (const [origin, allowed] of [
      [HERE, HERE],
      [ELSEWHERE, null],
    ] as const) {
      const { stream, tag } = await streamOf(stage)
      const headers = { origin }
      const asked = await askStream(stage.server.port, { path: `/?tag=${stage.tag()}`, headers })
      const answers = [
        await stream.post('x', headers),
        await stream.up('&stream=none', { method: 'POST', body: 'x', headers }),
        await stream.up('', { method: 'PUT', headers }),
        await stream.up('', {
          method: 'OPTIONS',
          headers: { ...headers, 'access-control-request-method': 'POST' },
        }),
        await stream.up('&refuse=429', { headers }),
      ]
      const statuses = allowed === null ? [403, 403, 403, 403, 403] : [204, 404, 405, 204, 429]
      expect(answers.map(({ status }) => status)).toEqual(statuses)
      const readable = answers.map(answer => answer.headers.get('access-control-allow-origin'))
      expect(readable).toEqual(answers.map(() => allowed))
      expect([asked.status, asked.headers['access-control-allow-origin'] ?? null]).toEqual([
        allowed === null ? 403 : 200,
        allowed,
      ])
      if (allowed !== null) {
        expect(asked.headers.vary).toBe('origin')
        expect(answers.map(answer => answer.headers.get('vary'))).toEqual(answers.map(() => 'origin'))
        expect(answers[3]?.headers.get('access-control-allow-methods')).toContain('POST')
        expect(answers[3]?.headers.get('access-control-allow-headers')).toBe('content-type')
      }
      if (allowed !== null) await stage.server.event('text', tag)
      expect(stage.server.texts(tag)).toEqual(allowed === null ? [] : ['x'])
      stream.abort()
      asked.abort()
    }
  })

  test('nobody who asks as an image or a link does opens a stream', async () => {
    for (const [mode, status] of [
      ['no-cors', 403],
      ['navigate', 403],
      ['cors', 200],
      ['same-origin', 200],
    ] as const) {
      const tag = stage.tag()
      const headers = { 'sec-fetch-mode': mode }
      const asked = await askStream(stage.server.port, { path: `/?tag=${tag}`, headers })
      expect([asked.status, stage.server.count('upgrade', tag)]).toEqual([status, status === 200 ? 1 : 0])
      asked.abort()
    }
  })

  test('the owner refuses a stream with any status, and its throws are a 500', async () => {
    const errors = stage.server.count('error')
    for (const [path, status] of [
      ['/?refuse=401', 401],
      ['/?throw', 500],
      ['/?refuses-throws', 500],
    ] as const) {
      const asked = await askStream(stage.server.port, { path })
      expect([asked.status, asked.stream]).toEqual([status, ''])
      asked.abort()
    }
    expect(await stage.server.nth('error', undefined, errors + 1)).toMatchObject({ stage: 'upgrade' })
  })

  test('what is published reaches streams and sockets alike, in order with what is sent, until they unsubscribe', async () => {
    const topic = stage.tag()
    const { stream, tag } = await streamOf(stage, `topic=${topic}`)
    const { raw } = await stage.link(`topic=${topic}`)
    const other = await streamOf(stage)
    await stage.server.did({
      do: 'all',
      steps: [
        { do: 'send', tag, text: 'before' },
        { do: 'publish', topic, text: 'news 新' },
        { do: 'send', tag, text: 'after' },
        { do: 'publish', topic, text: 'more' },
        { do: 'unsubscribe', tag, topic },
        { do: 'publish', topic, text: 'unheard' },
        { do: 'send', tag, text: 'end' },
      ],
    })
    await stream.text(4)
    expect(stream.texts).toEqual(['before', 'news 新', 'after', 'more', 'end'])
    expect([(await raw.next()).text, (await raw.next()).text, (await raw.next()).text]).toEqual([
      'news 新',
      'more',
      'unheard',
    ])
    expect(other.stream.texts).toEqual([])
    for (const end of [raw.destroy.bind(raw), () => stream.abort(), () => other.stream.abort()]) end()
  })

  test('a subscriber that reads nothing is cut, the others get all', async () => {
    const topic = stage.tag()
    const deaf = await streamOf(stage, `topic=${topic}`, { deaf: true })
    const { stream } = await streamOf(stage, `topic=${topic}`)
    for (let i = 0; i < 20; i++) {
      await stage.server.did({ do: 'publish', topic, size: 600 * 1024 })
      await stream.text(i)
    }
    expect(await stage.how(deaf.tag)).toMatchObject({ code: 1006, by: 'slow' })
    expect(stream.texts.length).toBe(20)
    stream.abort()
    deaf.stream.abort()
  }, 20_000)
}

export function streamStopContract(runtime: Runtime): void {
  test('a listener without a protocol for streams has none', async () => {
    const server = await startServer(runtime, NONE)
    const asked = await askStream(server.port, { path: '/nowhere' })
    expect([asked.status, server.count('upgrade')]).toEqual([404, 0])
    await server.stop()
  })

  test('stop tells streams what it tells sockets, and frees the port', async () => {
    const server = await startServer(runtime)
    const path = '/?choose=systole.v1&tag='
    const tags = ['a', 'b', 'c']
    const streams = await Promise.all(tags.map(tag => openStream(server.port, { path: path + tag })))
    server.command({ do: 'stop' })
    await waitFor('all to end', () => streams.every(({ whole }) => whole))
    expect(streams.map(({ closed }) => closed)).toEqual(
      tags.map(() => ({ code: 1001, reason: 'server stopped' })),
    )
    for (const tag of tags)
      expect((await server.event('closed', tag)).how).toEqual({
        code: 1001,
        reason: 'server stopped',
        by: 'us',
      })
    expect((await server.event('did:stop')).links).toBe(0)
    await server.stop()
  })

  test('streams closed just before a stop are told the code they were closed with, after their last frame', async () => {
    const server = await startServer(runtime)
    const path = '/?choose=systole.v1&tag='
    const tags = Array.from({ length: 30 }, (_, i) => `s${i}`)
    const streams = await Promise.all(tags.map(tag => openStream(server.port, { path: path + tag })))
    server.command({
      do: 'all',
      steps: tags.map(tag => ({ do: 'send', tag, text: 'moved' })),
    })
    server.command({ do: 'stop', code: 1012 })
    await waitFor('all to end', () => streams.every(({ whole }) => whole))
    expect(streams.map(({ texts, closed }) => [texts, closed])).toEqual(
      tags.map(() => [['moved'], { code: 1012, reason: 'restart' }]),
    )
    await server.stop()
  })
}
