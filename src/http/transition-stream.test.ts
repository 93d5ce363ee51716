import { describe, expect, test } from 'bun:test'
import { FakeLog, FakeTime, settled, stubTransition } from '../../test/support/fake-log.ts'
import { appOf } from '../../test/support/stub-desk.ts'
import { stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { LogReader } from '../server/log-reader.ts'
import { eventStream } from './transition-stream.ts'
import { transitionRoutes } from './transitions.ts'

/** What was heard of a stream, chunk by chunk, for as long as one reads. */
class Ear {
  readonly chunks: string[] = []
  ended = false
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>

  constructor(response: Response) {
    this.#reader = response.body!.getReader()
  }

  async listen(): Promise<void> {
    while (true) {
      const { done, value } = await this.#reader.read()
      if (done) break
      this.chunks.push(new TextDecoder().decode(value))
    }
    this.ended = true
  }

  async hang(): Promise<void> {
    await this.#reader.cancel()
  }

  /** What was heard since it was asked last. */
  heard(): string {
    return this.chunks.splice(0).join('')
  }
}

async function listening({ after = 'newest', limit = 10, log = new FakeLog(), filter = {} } = {}) {
  const time = new FakeTime()
  const reader = new LogReader(log, time.after)
  const over = new AbortController()
  const first = await reader.read(after, limit)
  const ear = new Ear(eventStream(reader, first, { filter, limit, signal: over.signal, now: time.now }))
  void ear.listen()
  await settled()
  return { log, time, reader, over, ear }
}

const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0

describe('what is sent', () => {
  test('its place at once, then each transition with an id', async () => {
    const { log, ear } = await listening()
    expect(ear.heard()).toBe('id: log:0\n\n')
    const { time, ...late } = await listening({ log })
    await time.pass(1_000)
    late.ear.heard()
    log.tell(stubTransition({ version: 1, name: 'a\nb' }))
    await settled()
    const text = late.ear.heard()
    expect(text).toMatch(/^event: transition\ndata: \{"kind":"join","member":"7",.*\}\nid: log:1\n\n$/)
    expect(JSON.parse(/data: (.*)\n/.exec(text)![1]!)).toMatchObject({ version: 1, name: 'a\nb' })
  })

  test('an id at most once a second, and one in the end', async () => {
    const { log, time, ear } = await listening()
    await time.pass(1_000)
    ear.heard()
    for (let i = 0; i < 10; i++) {
      log.grow(3)
      await time.pass(50)
    }
    const busy = ear.heard()
    expect([count(busy, /^event: transition$/gm), count(busy, /^id: /gm)]).toEqual([30, 1])
    await time.pass(499)
    expect(ear.heard()).toBe('')
    await time.pass(1)
    expect(ear.heard()).toBe('id: log:30\n\n')
    await time.pass(10_000)
    expect(ear.heard()).toBe('')
  })

  test('what has piled up comes in pieces, with no id on most', async () => {
    const log = new FakeLog()
    log.grow(95)
    const { ear, time } = await listening({ log, after: 'oldest' })
    const text = ear.chunks.join('')
    expect([ear.chunks.length, count(text, /^event: transition$/gm), count(text, /^id: /gm)]).toEqual([
      10, 95, 1,
    ])
    await time.pass(1_000)
    expect(ear.chunks.at(-1)).toBe('id: log:95\n\n')
  })

  test('a comment every 15 s of silence', async () => {
    const { time, ear } = await listening()
    ear.heard()
    await time.pass(14_999)
    expect(ear.heard()).toBe('')
    await time.pass(1)
    expect(ear.heard()).toBe(':\n\n')
    await time.pass(30_000)
    expect(ear.heard()).toBe(':\n\n:\n\n')
  })

  test('only what was asked for; the place moves on all the same', async () => {
    const { log, time, ear } = await listening({ filter: { member: 'm5' } })
    await time.pass(1_000)
    ear.heard()
    log.grow(4)
    await settled()
    expect(ear.heard()).toBe('id: log:4\n\n')
    log.grow(3)
    await settled()
    expect(ear.heard()).toMatch(/^event: transition\ndata: .*"member":"m5".*\n\n$/)
  })

  test('a reset, with the place to go on', async () => {
    const log = new FakeLog()
    log.grow(9)
    log.trimmed = 5
    const { ear } = await listening({ log, after: log.cursor(2) })
    expect(ear.heard()).toBe('event: reset\ndata: {"cursor":"log:9"}\nid: log:9\n\n')
    log.grow(1)
    await settled()
    expect(ear.heard()).toMatch(/^event: transition\n/)
  })

  test('gone on with from the last id, which goes before `after`', async () => {
    const log = new FakeLog()
    log.grow(5)
    const server = { ...stubPresenceServer({}), log: new LogReader(log, new FakeTime().after) }
    const app = appOf(server, { routes: transitionRoutes })
    const headers = { accept: 'text/event-stream', 'last-event-id': log.cursor(3) }
    const answer = await app(new Request('http://localhost/v1/transitions?after=oldest', { headers }))
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const ear = new Ear(answer)
    void ear.listen()
    await settled()
    const text = ear.heard()
    expect(Array.from(text.matchAll(/"version":(\d+)/g), ([, version]) => version)).toEqual(['4', '5'])
    await ear.hang()
  })
})

describe('who does not read', () => {
  test('makes nothing be read', async () => {
    const log = new FakeLog()
    log.grow(10_000)
    const reader = new LogReader(log, new FakeTime().after)
    const { signal } = new AbortController()
    const stream = eventStream(reader, await reader.read('oldest', 10), { filter: {}, limit: 10, signal })
    await settled()
    const reading = stream.body!.getReader()
    await reading.read()
    await settled()
    expect(log.reads).toBeLessThanOrEqual(2)
    await reading.cancel()
  })

  test('and goes, leaves nothing behind, however it goes', async () => {
    const log = new FakeLog()
    const time = new FakeTime()
    const reader = new LogReader(log, time.after)
    for (let i = 0; i < 1_000; i++) {
      const over = new AbortController()
      const first = await reader.read('newest', 10)
      const stream = eventStream(reader, first, { filter: {}, limit: 10, signal: over.signal, now: time.now })
      if (i % 3 === 0) over.abort()
      const ear = new Ear(stream)
      void ear.listen()
      await settled()
      if (i % 3 === 1) over.abort()
      if (i % 3 === 2) await ear.hang()
    }
    await settled()
    expect([reader.waiting, time.waiting, log.listeners.size]).toEqual([0, 0, 1])
  })
})

describe('a stop of the server', () => {
  test('ends a stream that waits, behind the place it came to', async () => {
    const { log, time, ear, reader } = await listening()
    await time.pass(1_000)
    log.grow(1)
    await settled()
    log.grow(1)
    await settled()
    expect(ear.heard()).toEndWith('"groups":[]}\n\n')
    reader.stop()
    await settled()
    expect([ear.heard(), ear.ended, reader.waiting]).toEqual(['id: log:2\n\n', true, 0])
  })

  test('and one that has nothing to add, without a word', async () => {
    const { ear, reader } = await listening()
    ear.heard()
    reader.stop()
    await settled()
    expect([ear.heard(), ear.ended]).toEqual(['', true])
  })

  test('what was only read is given no place: it is read again', async () => {
    const log = new FakeLog()
    log.grow(3)
    const reader = new LogReader(log, new FakeTime().after)
    const first = await reader.read('oldest', 10)
    reader.stop()
    const { signal } = new AbortController()
    const ear = new Ear(eventStream(reader, first, { filter: {}, limit: 10, signal }))
    await ear.listen()
    expect([ear.heard(), ear.ended]).toEqual(['', true])
  })
})

test('a log that cannot be read ends the stream: it comes back with its last id', async () => {
  const { log, ear, reader } = await listening()
  log.failure = new Error('disk gone')
  log.grow(1)
  await settled()
  expect([ear.ended, reader.waiting]).toEqual([true, 0])
})
