// The way in without WebSocket, whole: the SDK's own transport against the real server on either runtime. A member that
// came this way is judged by the same detector, told the same, and ends the same ways.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Line } from '../../src/client/host.ts'
import { sse } from '../../src/client/sse.ts'
import { askStream, openStream } from '../support/event-stream.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

interface Message {
  readonly t: string
  readonly [key: string]: unknown
}

class Visit {
  readonly heard: Message[] = []
  protocol = ''
  ended: { code: number; reason: string } | null = null
  readonly line: Line

  constructor(port: number) {
    this.line = sse.connect(`ws://127.0.0.1:${port}/rooms/1?lang=en`, {
      opened: protocol => {
        this.protocol = protocol
      },
      text: text => void this.heard.push(JSON.parse(text)),
      closed: (code, reason) => {
        this.ended = { code, reason }
      },
    })
  }

  say(...messages: Message[]): void {
    for (const message of messages) this.line.send(JSON.stringify(message))
  }

  take(t: string, nth = 0): Promise<Message> {
    return waitFor(`${t} ${nth}`, () => this.heard.filter(message => message.t === t)[nth])
  }
}

const hello = (member: string, timing: object = {}): Message => ({
  t: 'hello',
  member,
  instance: `instance-of-${member}-000`,
  epoch: 1,
  timing,
})

describe.each([...RUNTIMES])('event streams on %s', runtime => {
  let server: SystoleProcess
  let port: number
  const stateOf = (member: string) => server.api.member(member)
  const arrived = async (member: string, timing?: object): Promise<Visit> => {
    const visit = new Visit(port)
    visit.say(hello(member, timing))
    await visit.take('welcome')
    return visit
  }

  beforeAll(async () => {
    server = await startServer({
      runtime,
      args: ['--origin', 'https://here.example'],
      listen: { uid: 'uid' },
    })
    port = server.port('main')
  })
  afterAll(() => server.kill())

  test('hello, welcome, beat, watch, bye', async () => {
    const watcher = new Visit(port)
    watcher.say({ t: 'hello', observer: true }, { t: 'beat' })
    expect(await watcher.take('welcome')).toMatchObject({ member: null, evidence: 'beat', resumed: false })
    watcher.say({ t: 'watch', group: 'room', id: 1 })
    await watcher.take('snapshot')
    const visit = await arrived('ana')
    expect(visit.protocol).toBe('systole.v1')
    expect(await visit.take('welcome')).toMatchObject({ member: 'ana', evidence: 'beat' })
    visit.say({ t: 'beat' }, { t: 'enter', group: 'room', id: 'e' })
    expect(await visit.take('ack')).toEqual({ t: 'ack', id: 'e' })
    expect((await visit.take('beat')).now).toBeNumber()
    expect((await watcher.take('diff')).entries).toMatchObject([{ member: 'ana', state: 'online' }])
    expect(await stateOf('ana')).toMatchObject({ state: 'online', sessions: 1 })
    visit.say({ t: 'bye' })
    await waitFor('the end', () => visit.ended)
    expect(visit.ended).toEqual({ code: 1000, reason: 'bye' })
    expect((await watcher.take('diff', 1)).entries).toMatchObject([{ member: 'ana', gone: true }])
    expect(await stateOf('ana')).toMatchObject({ state: 'offline', reason: 'left' })
    watcher.line.close(1000)
  })

  test('only messages prove life: silence ends it, with the stream open all the while', async () => {
    const visit = await arrived('silent', { interval: 1_000, timeout: 500, grace: 500 })
    await waitFor('the cut', () => visit.ended)
    expect(visit.ended?.code).toBe(1006)
    await waitFor('offline', async () => (await stateOf('silent'))?.state === 'offline')
    expect(await stateOf('silent')).toMatchObject({ reason: 'lost' })
  })

  test('while hidden the timeout is longer: silence of I + T is nothing', async () => {
    const timing = { interval: 1_000, timeout: 500, grace: 500 }
    const visit = await arrived('hidden', timing)
    const witness = await arrived('witness', timing)
    visit.say({ t: 'away' })
    await waitFor('the witness to be cut', () => witness.ended)
    expect([visit.ended, await stateOf('hidden')]).toEqual([
      null,
      expect.objectContaining({ state: 'online' }),
    ])
    visit.line.close(1000)
  })

  test.each([
    [1000, 'closed'],
    [4001, 'closed'],
  ])('closed by the page with %d: suspect, %s, and another stream goes on', async (code, reason) => {
    const member = `page-${code}`
    const visit = await arrived(member)
    visit.line.close(code)
    await waitFor('suspect', async () => (await stateOf(member))?.state === 'suspect')
    expect(await stateOf(member)).toMatchObject({ reason })
    const next = new Visit(port)
    next.say({ ...hello(member), epoch: 2 })
    expect(await next.take('welcome')).toMatchObject({ resumed: true })
    next.say({ t: 'bye' })
  })

  test('a stream that breaks is lost; a newer epoch over WebSocket cuts the stream', async () => {
    const stream = await openStream(port)
    await stream.post(JSON.stringify(hello('torn')))
    await stream.text()
    stream.abort()
    await waitFor('suspect', async () => (await stateOf('torn'))?.reason === 'lost')
    const visit = new Visit(port)
    visit.say({ ...hello('torn'), epoch: 2 })
    expect(await visit.take('welcome')).toMatchObject({ resumed: true })
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'systole.v1')
    socket.onopen = () => socket.send(JSON.stringify({ ...hello('torn'), epoch: 3 }))
    await waitFor('the cut', () => visit.ended)
    expect(visit.ended?.code).toBe(1006)
    socket.close()
  })

  test('what is refused is said and closed as over WebSocket', async () => {
    const visit = new Visit(port)
    visit.say({ t: 'nonsense' })
    expect(await visit.take('error')).toMatchObject({ code: 'hello_expected' })
    await waitFor('the end', () => visit.ended)
    expect(visit.ended?.code).toBe(4511)
  })

  test('pushes arrive', async () => {
    const visit = await arrived('reached')
    const answer = await fetch(`${server.api.url}/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to: ['reached'], data: { text: '在线\u2028' } }),
    })
    expect(await answer.json()).toMatchObject({ reached: 1 })
    expect(await visit.take('message')).toMatchObject({ data: { text: '在线\u2028' } })
    visit.line.close(1000)
  })

  test('origins and listeners that are not for it', async () => {
    for (const [headers, status] of [
      [{ origin: 'https://here.example' }, 200],
      [{ origin: 'https://elsewhere.example' }, 403],
      [{ host: 'presence.example' }, 403],
    ] as const) {
      const asked = await askStream(port, { headers })
      expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([
        status,
        status === 200 ? 'https://here.example' : undefined,
      ])
      asked.abort()
    }
    const uid = await askStream(server.port('uid'))
    expect([uid.headers['content-type'] === 'text/event-stream', uid.stream]).toEqual([false, ''])
  })

  test('a server that stops says when to come back', async () => {
    const own = await startServer({ runtime })
    const visit = new Visit(own.port('main'))
    visit.say(hello('moved'))
    await visit.take('welcome')
    own.signal('SIGTERM')
    await waitFor('the end', () => visit.ended)
    expect((await visit.take('moved')).retryAfter).toMatchObject({ min: 1_000 })
    expect(visit.ended?.code).toBe(1012)
    expect((await own.exited).code).toBe(0)
  })
})
