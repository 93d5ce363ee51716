// The shared worker and its tabs without a browser: what the server is told, what every tab sees, and what is left behind.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { begin, end, FakePort, openTab, put, stage } from '../../test/support/shared-stage.ts'

beforeEach(begin)
afterEach(end)

describe('one connection', () => {
  test('tabs that come later are online by the first one’s', async () => {
    const one = openTab()
    await stage.time.advance(10)
    const two = openTab()
    await stage.time.advance(10)
    expect(stage.server.links).toHaveLength(1)
    for (const { client, states } of [one, two]) {
      expect(states).toEqual(['connecting', 'online'])
      expect([client.session, client.member]).toEqual(['s1', 'ana'])
    }
    expect(stage.server.sent('hello')).toHaveLength(1)
  })

  test('answers go to who asked, messages to all', async () => {
    const [one, two] = [openTab(), openTab()]
    await stage.time.advance(10)
    const answers = await Promise.all([one.client.ask(['x']), two.client.ask(['y'])])
    expect(answers.map(([entry]) => entry!.member)).toEqual(['x', 'y'])
    stage.server.last.told.text('{"t":"message","data":7}')
    await stage.time.advance(10)
    expect([one.messages, two.messages]).toEqual([[7], [7]])
  })

  test('a scope is unwatched when the last tab that watches it closes its watch', async () => {
    const [one, two] = [openTab(), openTab()]
    await stage.time.advance(10)
    const watches = [one, two].map(({ client }) => client.watch('all'))
    await stage.time.advance(10)
    for (const watch of watches) expect([...watch.view.members.keys()]).toEqual(['ana'])
    watches[0]!.close()
    await stage.time.advance(10)
    expect(stage.server.sent('unwatch')).toEqual([])
    watches[1]!.close()
    await stage.time.advance(10)
    expect(stage.server.sent('unwatch')).toEqual([{ t: 'unwatch', all: true }])
  })

  test('a break is told to every tab, and all are back by one new connection', async () => {
    const [one, two] = [openTab(), openTab()]
    await stage.time.advance(10)
    stage.server.last.told.closed(1006, '')
    await stage.time.advance(5_000)
    expect(stage.server.links).toHaveLength(2)
    for (const { states } of [one, two])
      expect(states).toEqual(['connecting', 'online', 'waiting', 'connecting', 'online'])
    const [first, second] = stage.server.sent('hello')
    expect(second).toMatchObject({ instance: first!.instance, epoch: 2 })
  })

  test('goodbye in one tab closes all of them', async () => {
    const [one, two] = [openTab(), openTab()]
    await stage.time.advance(10)
    one.client.leave()
    await stage.time.advance(10)
    expect(stage.server.sent('bye')).toHaveLength(1)
    expect([one.client.state, two.client.state]).toEqual(['closed', 'closed'])
  })

  test('what was said of itself is told by one, also anew', async () => {
    const one = openTab()
    await stage.time.advance(10)
    one.client.setStatus({ text: 'here' })
    one.client.enter('room')
    await stage.time.advance(10)
    const two = openTab()
    await stage.time.advance(10)
    expect(two.client.state).toBe('online')
    expect(stage.server.sent('status')).toHaveLength(1)
    stage.server.last.told.closed(1006, '')
    await stage.time.advance(5_000)
    // it has arrived: a beat was answered since
    expect(stage.server.sent('status')).toHaveLength(1)
    expect(stage.server.sent('enter')).toEqual([
      { t: 'enter', group: 'room' },
      { t: 'enter', group: 'room' },
    ])
  })
})

describe('after a break', () => {
  test('what one tab said is not undone by what another said before', async () => {
    const [one, two] = [openTab(), openTab()]
    await stage.time.advance(10)
    one.client.setStatus({ text: 'busy' })
    await stage.time.advance(10)
    two.client.setStatus({ text: 'free' })
    await stage.time.advance(10)
    stage.server.last.told.closed(1006, '')
    await stage.time.advance(5_000)
    expect(stage.server.last.sent.filter(({ t }) => t === 'status').map(({ text }) => text)).toEqual(['free'])
    one.client.setStatus({ text: 'busy' })
    await stage.time.advance(10)
    expect(stage.server.last.sent.at(-1)).toEqual({ t: 'status', text: 'busy' })
  })

  test('a long outage ends for all, a final close too, and connect begins anew', async () => {
    const [one, two] = [openTab(), openTab()]
    await stage.time.advance(10)
    stage.server.last.told.closed(1006, '')
    await stage.time.advance(10)
    expect(one.client.state).toBe('waiting')
    stage.server.up = false
    await stage.time.advance(40_000)
    for (const { client } of [one, two]) expect(client.state).not.toBe('online')
    stage.server.up = true
    await stage.time.advance(40_000)
    expect([one.client.state, two.client.state]).toEqual(['online', 'online'])
    stage.server.last.told.closed(4501, '')
    await stage.time.advance(10)
    expect([one.client.state, two.client.state]).toEqual(['closed', 'closed'])
    const before = stage.server.links.length
    await stage.time.advance(60_000)
    expect(stage.server.links).toHaveLength(before)
    two.client.connect()
    await stage.time.advance(10)
    expect(two.client.state).toBe('online')
  })
})

describe('while the server is away', () => {
  test('tabs that wait are back as soon as the worker is', async () => {
    const tabs = [openTab(), openTab(), openTab()]
    await stage.time.advance(10)
    stage.server.up = false
    stage.server.last.told.closed(1006, '')
    await stage.time.advance(120_000)
    stage.server.up = true
    for (let i = 0; i < 400 && stage.server.sent('hello').length === 1; i++) await stage.time.advance(100)
    await stage.time.advance(10)
    expect(tabs.map(({ client }) => client.state)).toEqual(['online', 'online', 'online'])
  })

  test('a refusal that is final ends the tries of every tab', async () => {
    const tabs = [openTab(), openTab(), openTab()]
    await stage.time.advance(10)
    stage.server.refuses = 4409
    stage.server.last.told.closed(1006, '')
    await stage.time.advance(60_000)
    expect(tabs.map(({ client }) => client.state)).toEqual(['closed', 'closed', 'closed'])
    expect(stage.server.links).toHaveLength(3)
  })

  test('a worker that hangs is given up', async () => {
    const { client, problems, signal } = openTab()
    await stage.time.advance(10)
    for (const port of stage.opened) port.close()
    signal('wake')
    await stage.time.advance(10_500)
    expect(client.state).toBe('online')
    expect(problems.map(({ code }) => code)).toEqual(['share'])
  })
})

describe('who sees it', () => {
  test('away only when every tab is hidden', async () => {
    const one = openTab()
    const two = openTab({}, 'hidden')
    await stage.time.advance(10)
    expect(stage.server.sent('away')).toEqual([])
    one.signal('hidden')
    await stage.time.advance(10)
    expect(stage.server.sent('away')).toHaveLength(1)
    two.signal('visible')
    await stage.time.advance(10)
    expect(stage.server.sent('back')).toHaveLength(1)
  })

  test('what every tab tells at once is told once', async () => {
    const tabs = [openTab(), openTab(), openTab()]
    await stage.time.advance(1_000)
    const before = stage.server.sent('beat').length
    for (const tab of tabs) tab.signal('wake')
    await stage.time.advance(10)
    expect(stage.server.sent('beat').length - before).toBe(1)
    for (const { client } of tabs) expect(client.state).toBe('online')
  })
})

describe('coming and going', () => {
  test('the last tab ends the connection after a moment, not at once', async () => {
    const [one, two] = [openTab(), openTab()]
    await stage.time.advance(10)
    one.client.destroy()
    await stage.time.advance(2_000)
    expect(stage.server.last.code).toBeNull()
    two.signal('leaving')
    await stage.time.advance(900)
    expect(stage.server.last.code).toBeNull()
    const three = openTab()
    await stage.time.advance(2_000)
    expect(three.client.state).toBe('online')
    expect(stage.server.links).toHaveLength(1)
    three.client.destroy()
    await stage.time.advance(1_100)
    expect(stage.server.last.code).toBe(1000)
  })

  test('a new worker goes on as the same instance', async () => {
    const one = openTab()
    await stage.time.advance(10)
    one.signal('leaving')
    stage.hub = null
    const two = openTab()
    await stage.time.advance(10)
    expect(two.client.state).toBe('online')
    const [first, second] = stage.server.sent('hello')
    expect(second!.instance).toBe(first!.instance)
    expect(second!.epoch).toBe(2)
  })

  test('a page that is put aside is gone until it is back', async () => {
    const one = openTab()
    await stage.time.advance(10)
    one.signal('cached')
    await stage.time.advance(10)
    expect(one.client.state).toBe('idle')
    expect(stage.server.last.code).toBe(4001)
    one.signal('restored')
    await stage.time.advance(10)
    expect(one.client.state).toBe('online')
    expect(stage.workers).toBe(1)
  })

  test('a tab that crashed is gone when its lock is free', async () => {
    const one = openTab()
    const two = openTab()
    two.signal('hidden')
    await stage.time.advance(10)
    expect(stage.server.sent('away')).toEqual([])
    stage.locks.release(stage.locks.names.find(name => name.includes('=ana'))!)
    await stage.time.advance(10)
    expect(stage.server.sent('away')).toHaveLength(1)
    expect(one.client.state).toBe('online')
  })

  test('a worker that crashed is replaced', async () => {
    const tabs = [openTab(), openTab()]
    await stage.time.advance(10)
    const lock = stage.locks.names.find(name => name.startsWith('systole worker'))!
    for (const port of stage.opened) port.close()
    stage.hub = null
    stage.locks.release(lock)
    await stage.time.advance(2_000)
    expect(stage.workers).toBe(2)
    for (const { client } of tabs) expect(client.state).toBe('online')
    expect(stage.server.sent('hello')[1]!.instance).toBe(stage.server.sent('hello')[0]!.instance)
  })

  test('destroy leaves nothing', async () => {
    const one = openTab()
    await stage.time.advance(10)
    expect(one.listening()).toBe(true)
    one.client.destroy()
    await stage.time.advance(1_100)
    expect(one.listening()).toBe(false)
    expect(stage.time.waiting).toBe(0)
    expect(stage.locks.names.filter(name => name.includes('=ana'))).toEqual([])
    expect(one.client.state).toBe('closed')
  })
})

describe('no worker to be had', () => {
  const ways: [why: string, worker: unknown, within: number][] = [
    ['there is none', undefined, 2_000],
    [
      'it cannot be made',
      class {
        constructor() {
          throw new Error('forbidden')
        }
      },
      2_000,
    ],
    [
      'its script is not there',
      class {
        port = new FakePort()
        onerror: (() => void) | null = null
        constructor() {
          queueMicrotask(() => this.onerror?.())
        }
      },
      2_000,
    ],
  ]
  ways.push([
    'it says nothing',
    class {
      port = new FakePort()
    },
    5_000,
  ])
  for (const [why, worker, within] of ways)
    test(`${why}: a connection of its own, a problem, and nothing is lost`, async () => {
      put('SharedWorker', worker)
      const { client, problems } = openTab()
      const watch = client.watch('all')
      expect(client.send('early')).toBe('queued')
      await stage.time.advance(within)
      expect(client.state).toBe('online')
      expect(problems.map(({ code }) => code)).toEqual(['share'])
      expect(stage.server.last.sent.map(({ t }) => t)).toContain('message')
      expect([...watch.view.members.keys()]).toEqual(['ana'])
      client.destroy()
      expect(stage.time.waiting).toBe(0)
    })
})

test('garbage on a port harms nobody', async () => {
  const one = openTab()
  await stage.time.advance(10)
  const port = stage.opened[0]!
  const garbage = [
    '',
    '{',
    'null',
    '7',
    '{"t":7}',
    '{"t":"watch"}',
    '{"t":"enter"}',
    null,
    7,
    {},
    [],
    ['open'],
    ['signal', 'destroy'],
  ]
  for (const data of [...garbage, ['lock'], ['token'], ['no token'], ['drop', 1], ['nonsense']])
    expect(() => port.onmessage?.({ data } as MessageEvent)).not.toThrow()
  await stage.time.advance(2_000)
  expect(one.client.state).toBe('online')
  expect(stage.server.links).toHaveLength(1)
  const stranger = new FakePort()
  stage.hub!(stranger as never)
  for (const data of garbage) expect(() => stranger.onmessage?.({ data } as MessageEvent)).not.toThrow()
})

test('storage that is forbidden: online all the same, and said', async () => {
  put('localStorage', {
    getItem: () => {
      throw new Error('forbidden')
    },
  })
  const { client, problems } = openTab()
  await stage.time.advance(10)
  expect(client.state).toBe('online')
  expect(problems.map(({ code }) => code)).toContain('storage')
})
