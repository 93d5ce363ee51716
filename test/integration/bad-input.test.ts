// Rubbish on real sockets: the server lives, counts it, logs little of it, and makes no member of it. Frames that come
// too fast are dropped but prove life; who never says anything useful is cut in time.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import net from 'node:net'
import { frames } from '../support/load-links.ts'
import { connect, type RawSocket } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(40_000)

const LONG = 'x'.repeat(2 ** 20)
const ids = (bad: unknown): string[] => [
  JSON.stringify({ type: 'SetHeartbeat', user_id: bad, user_name: 'x' }),
  JSON.stringify({ action: 'open', id: bad, name: 'x' }),
]
const BAD_IDS = [
  ...[
    false,
    null,
    '',
    true,
    {},
    [],
    ['7'],
    1.5,
    1e300,
    'a\u0000b',
    'a\nb',
    '\u007f',
    'y'.repeat(257),
  ].flatMap(ids),
  '{"type":"SetHeartbeat","user_id":"\\ud800","user_name":"x"}',
  '{"type":"SetHeartbeat"}',
  '{"action":"open"}',
]
const BAD_NAMES = [
  frames.set('bad-name', LONG),
  '{"type":"SetHeartbeat","user_id":"bad-name","user_name":{"a":1}}',
  frames.set('bad-name', 'a\u0007b'),
  frames.open('bad-name', { name: ['x'] }),
  frames.open('bad-name', { name: LONG }),
  frames.open('bad-name', { type: 'z'.repeat(300) }),
]
const RUBBISH = [
  '',
  '{',
  '{"type":',
  'null',
  '[]',
  '7',
  '"SetHeartbeat"',
  '{"type":7}',
  '{"type":"Nothing","user_id":"rubbish"}',
  '{"__proto__":{"type":"SetHeartbeat","user_id":"rubbish"}}',
  '{"type":"SetHeartbeat","__proto__":{"user_id":"rubbish"}}',
  '{"constructor":{"prototype":{"user_id":"rubbish"}},"type":"SetHeartbeat"}',
  '[[[[['.repeat(20_000),
  `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
]

/** A link for one kind of rubbish: it says a good frame last, so that all before it was read. */
async function say(
  server: SystoleProcess,
  texts: readonly string[],
  first: string,
  last: string,
): Promise<RawSocket> {
  const link = await connect(server.port('main'))
  if (first !== '') link.sendText(first)
  for (const text of texts) link.sendText(text)
  link.sendText(last)
  return link
}

describe.each([...RUNTIMES])('bad input on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    server = await startServer({
      runtime,
      listen: { gateway: 'gateway', uid: 'uid', quick: 'uid,limit=1s' },
      args: ['--first-message', '1500ms', '--max-undecided', '30'],
    })
  })
  afterAll(() => server.kill())

  test('makes no member, is counted, is logged at most once a second a kind, and the link goes on', async () => {
    const from = server.lines.length
    const began = Date.now()
    const texts = [...BAD_IDS, ...BAD_NAMES, ...RUBBISH]
    const heartbeat = await say(server, texts, frames.get, frames.get)
    for (let i = 0; i < 2; i++) expect((await heartbeat.nextOf('text', 15_000)).text).toBe('[]')
    const members = await say(server, texts, 'ping', 'ping')
    for (let i = 0; i < 2; i++) expect((await members.nextOf('text', 15_000)).text).toBe('pong')
    heartbeat.sendBinary(Buffer.from(frames.set('binary')))
    members.sendBinary(Buffer.alloc(1_000_000))
    members.sendText('ping')
    await members.nextOf('text')
    const uid = await connect(server.port('uid'))
    for (const text of ['', 'y'.repeat(257), 'a\u0000', 'ok', 'ok']) uid.sendText(text)
    expect((await uid.nextOf('text')).text).toBe('ok')

    expect((await server.api.members()).map(member => member.id)).toEqual(['ok'])
    const seconds = Math.ceil((Date.now() - began) / 1_000) + 1
    const { counters } = await server.api.health()
    expect(counters.bad_input).toBeGreaterThanOrEqual(texts.length * 2 - 5)
    const lines = server.lines.slice(from).filter(line => line.level >= 40)
    const kinds = new Set(lines.map(line => line.count))
    expect(kinds.size).toBeGreaterThanOrEqual(4)
    for (const kind of kinds)
      expect(lines.filter(line => line.count === kind).length).toBeLessThanOrEqual(seconds)
    for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(1_000)
    for (const link of [heartbeat, members, uid]) link.destroy()
  })

  test('ids named like parts of an object are only ids', async () => {
    const strange = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const link = await connect(server.port('main'))
    for (const id of strange) link.sendText(frames.set(id, '__proto__'))
    for (const id of strange) expect(await server.api.is(id, 'online')).toMatchObject({ name: '__proto__' })
    link.destroy()
  })

  test('one link beats for 64 ids and no more', async () => {
    const link = await connect(server.port('main'))
    for (let i = 0; i < 65; i++) link.sendText(frames.set(`many-${i}`))
    link.sendText(frames.get)
    await link.nextOf('text')
    const many = (await server.api.members()).filter(member => member.id.startsWith('many-'))
    expect(many.length).toBe(64)
    expect(many.every(member => member.state === 'online')).toBe(true)
    expect(await server.api.count('bad_input_too_many_ids')).toBe(1)
    link.destroy()
  })

  test('a frame of 5 MiB ends its link with 1009, broken UTF-8 with 1007; others live', async () => {
    const other = await connect(server.port('main'))
    const big = await connect(server.port('main'))
    big.sendText('z'.repeat(5 * 2 ** 20))
    expect((await big.closed).code).toBe(1009)
    const broken = await connect(server.port('main'))
    broken.sendText(Buffer.from([0x70, 0xc3, 0x28]))
    expect((await broken.closed).code).toBe(1007)
    other.sendText('ping')
    expect((await other.nextOf('text')).text).toBe('pong')
    other.destroy()
  })

  test('a native connection that begins with anything but a hello is refused with an error and a close', async () => {
    const link = await connect(server.port('main'), { protocols: ['systole.v1'] })
    expect(link.protocol).toBe('systole.v1')
    link.sendText('ping')
    expect(JSON.parse((await link.nextOf('text')).text)).toMatchObject({ t: 'error', code: 'hello_expected' })
    expect((await link.closed).code).toBe(4511)
  })

  test.concurrent('frames over the rate are dropped, are evidence all the same, and after 3 s end the link', async () => {
    const link = await connect(server.port('quick'), { autoPong: false })
    link.sendText('fast')
    await server.api.is('fast', 'online')
    let echoes = 0
    const reading = (async () => {
      for await (const frame of link) if (frame.kind === 'text') echoes++
    })()
    let sent = 0
    const began = Date.now()
    const flood = setInterval(() => {
      for (let i = 0; i < 20; i++) link.sendText('fast')
      sent += 20
    }, 20)
    await pause(2_000)
    expect((await server.api.member('fast'))?.state).toBe('online')
    const { code } = await link.closed
    clearInterval(flood)
    await reading
    const took = Date.now() - began
    expect(code).toBe(4429)
    expect(took).toBeGreaterThan(3_000)
    expect(took).toBeLessThan(4_500)
    expect(echoes).toBeGreaterThan(200)
    expect(echoes).toBeLessThan(200 + (took / 1_000) * 100 + 50)
    expect(await server.api.count('rate_dropped')).toBeGreaterThan(sent / 2)
  })

  test.concurrent('who says nothing that decides is cut at the first-message deadline', async () => {
    const silent = await connect(server.port('main'))
    const muttering = await connect(server.port('main'))
    const began = Date.now()
    const mutter = setInterval(() => muttering.sendText('hello?'), 200)
    await Promise.all([silent.closed, muttering.closed])
    clearInterval(mutter)
    expect(Date.now() - began).toBeGreaterThan(1_400)
    expect(Date.now() - began).toBeLessThan(1_500 + 450)
  })

  test('more than so many undecided connections of one address are refused', async () => {
    const links: RawSocket[] = []
    const filling = (async () => {
      for (let i = 0; i < 40; i++) links.push(await connect(server.port('main')))
    })()
    await expect(filling).rejects.toMatchObject({ status: 429 })
    expect(links.length).toBe(30)
    for (const link of links) link.sendText('ping')
    for (const link of links) await link.nextOf('text')
    const next = await connect(server.port('main'))
    for (const link of [...links, next]) link.destroy()
    await waitFor('the log line', () => server.lines.some(line => line.count === 'too_many_undecided'))
  })
})

describe.each([...RUNTIMES])('a slow loris on %s', runtime => {
  test.concurrent('half a request is cut after some 10 s', async () => {
    const server = await startServer({ runtime })
    const took = await Promise.all(
      ['GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n', 'GET'].map(
        half =>
          new Promise<number>(resolve => {
            const began = Date.now()
            const tcp = net.connect(server.port('main'), '127.0.0.1', () => tcp.write(half))
            tcp.on('error', () => {})
            tcp.resume().on('close', () => resolve(Date.now() - began))
          }),
      ),
    )
    await server.kill()
    console.log(`${runtime}: half requests cut after ${took.join(', ')} ms`)
    for (const ms of took) {
      expect(ms).toBeGreaterThan(7_000)
      expect(ms).toBeLessThan(13_500)
    }
  })
})
