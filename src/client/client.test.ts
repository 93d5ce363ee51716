// The client as a program has it: what it says first, what it tells, what it refuses, and that nothing is left of it.

import { afterEach, expect, test } from 'bun:test'
import { onlineStage, Stage, strike } from '../../test/support/client-stage.ts'
import { settle } from '../../test/support/fake-place.ts'
import { createClient } from './index.ts'

const NOTHING = { timers: 0, listeners: 0, lines: 0, locks: 0 }

afterEach(async () => {
  expect(await strike()).toEqual(NOTHING)
})

test('its first frame is a hello with all it was told, and an instance of 96 bits or more', async () => {
  const { line } = await onlineStage({
    ...{ member: 7, name: 'Ana', type: 'pilot', profile: { a: [1] }, timing: 'fast' },
  })
  const { instance, ...hello } = line.sent[0]!
  const said = {
    t: 'hello',
    member: '7',
    name: 'Ana',
    type: 'pilot',
    profile: { a: [1] },
    timing: 'fast',
    epoch: 1,
  }
  expect({ ...hello, member: `${hello.member}` }).toEqual(said)
  expect(instance).toMatch(/^[\w-]{20,64}$/)
})

test('an observer is without a name, but watches', async () => {
  const stage = await onlineStage({ observer: true, name: 'Ana', profile: {} })
  const { t, observer, name, profile, member } = stage.line.hello!
  expect([t, observer, name, profile, member]).toEqual(['hello', true, undefined, undefined, undefined])
  await stage.place.tell('hidden', 'visible')
  await stage.place.advance(400_000)
  expect([...stage.heard('away'), ...stage.heard('back')]).toEqual([])
  expect([stage.client.member, stage.client.session]).toEqual([null, 's1'])
})

test('every try has a newer epoch of the same instance', async () => {
  const stage = await onlineStage()
  for (let round = 0; round < 3; round++) {
    await stage.cut()
    await stage.place.advance(30_000)
  }
  const hellos = stage.way.lines.map(({ hello }) => hello!)
  expect(hellos.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4])
  expect(new Set(hellos.map(({ instance }) => instance)).size).toBe(1)
  expect(stage.client.session).toBe('s1')
})

test('whoever made it can listen before anything happens; without autoConnect nothing does', async () => {
  const stage = new Stage()
  expect([stage.client.state, stage.way.dials]).toEqual(['idle', 0])
  await settle()
  expect(stage.told()).toEqual(['idle>connecting connect', 'connecting>online welcome'])
  const lazy = new Stage({ autoConnect: false })
  await lazy.place.advance(60_000)
  expect([lazy.client.state, lazy.way.dials]).toEqual(['idle', 0])
  lazy.client.connect()
  await settle()
  expect(lazy.client.state).toBe('online')
})

test('a client that was destroyed in its first turn never begins', async () => {
  const stage = new Stage()
  stage.client.destroy()
  await stage.place.advance(60_000)
  expect([stage.way.dials, stage.client.state]).toEqual([0, 'closed'])
})

test('leave says goodbye first and closes with 1000; connect begins again', async () => {
  const stage = await onlineStage()
  const { line } = stage
  stage.client.leave()
  expect([line.sent.at(-1)!.t, line.closedWith, stage.client.state]).toEqual(['bye', 1000, 'closed'])
  await stage.place.advance(60_000)
  expect(stage.told()).toEqual(['online>closed leave'])
  stage.client.connect()
  await settle()
  expect([stage.client.state, stage.line.hello!.epoch]).toEqual(['online', 2])
})

test('each change is an event with all of its parts', async () => {
  const stage = await onlineStage()
  await stage.cut(1011)
  const [change] = stage.changes
  expect(change).toEqual({
    ...{ from: 'online', to: 'waiting', code: 1011, reason: 'lost', attempt: 1 },
    retryIn: stage.place.next,
  })
})

test('listeners are told in order, also where one of them acts', async () => {
  const stage = new Stage()
  const heard: string[] = []
  stage.client.on('state', ({ to }) => {
    if (to === 'online') stage.client.leave()
  })
  stage.client.on('state', ({ from, to }) => heard.push(`${from}>${to}`))
  await stage.place.advance(0)
  expect(heard).toEqual(['idle>connecting', 'connecting>online', 'online>closed'])
})

test('a listener that throws harms nobody, and is told', async () => {
  const stage = new Stage()
  const heard: unknown[] = []
  const fails = () => {
    throw new Error('mine')
  }
  for (const event of ['state', 'message', 'problem'] as const) stage.client.on(event, fails)
  stage.client.on('message', what => heard.push(what))
  await stage.place.advance(0)
  await stage.says({ t: 'message', data: 1 })
  await stage.place.advance(60_000)
  expect([stage.client.state, heard]).toEqual(['online', [1]])
  expect(new Set(stage.codes())).toEqual(new Set(['listener']))
})

test('one that stops listening is not told, also in the middle of it', async () => {
  const stage = await onlineStage()
  const heard: number[] = []
  const stop = stage.client.on('message', () => heard.push(1))
  stage.client.on('message', () => stop())
  await stage.says({ t: 'message', data: null })
  await stage.says({ t: 'message', data: null })
  stop()
  expect(heard).toEqual([1])
})

test('messages are acknowledged when every listener returned, and only then', async () => {
  const stage = await onlineStage()
  await stage.says({ t: 'message', data: 'unheard', id: 'a' })
  const stop = stage.client.on('message', data => {
    if (data === 'bad') throw new Error('mine')
  })
  await stage.says({ t: 'message', data: 'good', id: 'b' })
  await stage.says({ t: 'message', data: 'bad', id: 'c' })
  await stage.says({ t: 'message', data: 'no id' })
  stage.client.on('message', () => {})
  await stage.says({ t: 'message', data: 'bad', id: 'd' })
  stop()
  expect(stage.heard('ack')).toEqual([{ t: 'ack', id: 'b' }])
})

test('the clock is the server’s, however ours jumps', async () => {
  const stage = await onlineStage()
  await stage.says({ t: 'beat', now: 5_000_000 })
  await stage.place.advance(100)
  expect(stage.client.now).toBe(5_000_100)
  stage.place.jump(-3_600_000)
  expect(stage.client.now).toBe(5_000_100)
  await stage.place.advance(100)
  expect(stage.client.now).toBeWithin(5_000_100, 5_000_201)
})

test('what is plainly wrong is refused by name', () => {
  const way = { name: 'none', pings: true, connect: () => ({ send() {}, close() {} }) }
  const base = { url: 'wss://presence.test', transports: [way], autoConnect: false }
  for (const who of [{}, { member: 'a', observer: true }, { member: 'a', getToken: () => 'x' }])
    expect(() => createClient({ ...base, ...who })).toThrow(/one of member, getToken, observer/)
  for (const url of ['ftp://x/', '/ws', 'wss//x', ''])
    expect(() => createClient({ ...base, member: 'a', url })).toThrow(/is no address/)
})

test('what cannot be said of a member is refused when the client is made', () => {
  const ring: Record<string, unknown> = {}
  ring.ring = ring
  for (const profile of [ring, { big: 10n }])
    expect(() =>
      createClient({ url: 'wss://presence.test', member: 'a', profile, autoConnect: false }),
    ).toThrow(TypeError)
})

test.each([
  ['wss://presence.test/ws?x=1', null, 'wss://presence.test/ws?x=1'],
  ['https://presence.test/ws', null, 'wss://presence.test/ws'],
  ['http://presence.test:81', null, 'ws://presence.test:81'],
  ['/ws', 'https://page.test/a/b#c', 'wss://page.test/ws'],
  [undefined, 'http://page.test/a/b#c', 'ws://page.test/'],
  ['https://presence.test/http#http', null, 'wss://presence.test/http'],
])('%s from %s leads to %s', async (url, base, leads) => {
  const stage = new Stage({ ...(url && { url }), place: { base }, quiet: true })
  if (url === undefined) return
  await settle()
  expect(stage.line.url).toBe(leads)
})

test('destroyed in any state it leaves nothing, and whatever is called then does nothing', async () => {
  const ways: Record<string, (stage: Stage) => Promise<void>> = {
    online: async () => {},
    probing: stage => stage.place.tell('wake'),
    waiting: stage => stage.cut(),
    cached: stage => stage.place.tell('cached'),
    connecting: async stage => {
      stage.server.mute = true
      await stage.cut()
      await stage.place.advance(30_000)
    },
  }
  for (const [name, lead] of Object.entries(ways)) {
    const stage = await onlineStage()
    stage.client.watch('all').subscribe(() => {})
    await lead(stage)
    const { client, place, way, changes } = stage
    client.destroy()
    client.destroy()
    await settle()
    const told = changes.length
    const [dials, left] = [way.dials, leftOf(stage)]
    expect([name, left]).toEqual([name, NOTHING])
    client.connect()
    client.probe()
    client.leave()
    client.setStatus({ text: 'x' })
    client.enter('g')
    client.update({ name: 'x' })
    client.watch(['a']).subscribe(() => {})
    expect(client.send(1)).toBe('dropped')
    await expect(client.deliver(1)).rejects.toMatchObject({ code: 'dropped' })
    await expect(client.ask(['a'])).rejects.toMatchObject({ code: 'dropped' })
    await place.advance(120_000)
    expect([way.dials, changes.length, client.state, leftOf(stage)]).toEqual([dials, told, 'closed', NOTHING])
  }
})

test.each(['getToken', 'state', 'message', 'problem', 'watch'])(
  'destroyed from within %s it leaves nothing',
  async where => {
    let armed = where === 'getToken'
    const end = (here: string) => {
      if (armed && here === where) stage.client.destroy()
    }
    const stage = new Stage({
      getToken: () => {
        end('getToken')
        return 't'
      },
    })
    const { client, place } = stage
    for (const event of ['state', 'message', 'problem'] as const) client.on(event, () => end(event))
    for (const id of ['a', 'b']) client.watch([id]).subscribe(() => end('watch'))
    await place.advance(0)
    if (where !== 'getToken') expect(client.state).toBe('online')
    armed = true
    if (where === 'watch')
      stage.line.says({ t: 'diff', of: 'members', entries: [{ member: 'a', state: 'away', version: 9 }] })
    if (where === 'message') stage.line.says({ t: 'message', data: 1, id: 1 })
    if (where === 'problem') stage.line.says('nonsense')
    if (where === 'state') await stage.cut()
    await place.advance(60_000)
    expect([client.state, stage.way.dials, leftOf(stage)]).toEqual([
      'closed',
      where === 'getToken' ? 0 : 1,
      NOTHING,
    ])
  },
)

test('there is never more than one timer, nor more than one connection on a good line', async () => {
  const stage = await onlineStage({ getToken: () => 't', place: {} })
  stage.server.tokenLife = 60_000
  const settled = stage.client.deliver(1, 5_000).catch(() => {})
  for (let round = 0; round < 20; round++) {
    if (round % 3 === 0) await stage.cut()
    if (round % 4 === 0) await stage.place.tell('wake')
    await stage.place.advance(7_777)
  }
  await settled
  expect([stage.place.mostTimers, stage.way.mostLiving]).toEqual([1, 1])
})

function leftOf({ place, way }: Stage): typeof NOTHING {
  const locks = place.locks!.held.size + place.locks!.waiting
  return { timers: place.timers, listeners: place.listening, lines: way.living, locks }
}
