import { describe, expect, test } from 'bun:test'
import { FakeServer } from '../../test/support/fake-server.ts'
import type { PushTargets } from './api.ts'

const set = (user_id: unknown) => ({ type: 'SetHeartbeat', user_id })

function setUp() {
  const server = new FakeServer('auto')
  const link = (...messages: unknown[]) => {
    const made = server.connect()
    made.say(...messages)
    return made
  }
  return { server, link }
}

function flushed<T>(server: FakeServer, run: () => Promise<T>): Promise<T> {
  server.committer.flush()
  return run()
}

describe('to a member', () => {
  test('text as it is, anything else as JSON, to all of its links', async () => {
    const { server, link } = setUp()
    const links = [link(set('7')), link(set('7')), link(set('8'))]
    const result = await flushed(server, () => server.push.to({ members: ['7'] }, null, 'hi'))
    expect(result).toEqual({ reached: 2, suspect: 0, offline: 0, unknown: 0 })
    await server.push.to({ members: ['7'] }, null, { a: 1 })
    expect(links.map(({ sent }) => sent)).toEqual([['hi', '{"a":1}'], ['hi', '{"a":1}'], []])
  })

  test('says truthfully that nobody is there', async () => {
    const { server, link } = setUp()
    const broken = link(set('s'))
    link(set('o')).drop()
    server.advance(9_000)
    broken.drop()
    server.advance(2_000)
    const tell = (id: string) => flushed(server, () => server.push.to({ members: [id] }, null, 'x'))
    expect(await tell('s')).toEqual({ reached: 0, suspect: 1, offline: 0, unknown: 0 })
    expect(await tell('o')).toEqual({ reached: 0, suspect: 0, offline: 1, unknown: 0 })
    expect(await tell('?')).toEqual({ reached: 0, suspect: 0, offline: 0, unknown: 1 })
  })

  test('a link that was superseded hears nothing', async () => {
    const { server, link } = setUp()
    const first = link({ action: 'open', id: 7 })
    const second = link({ action: 'open', id: 7 })
    const result = await flushed(server, () => server.push.to({ members: ['7'] }, null, 'hi'))
    expect([result.reached, first.sent, second.sent]).toEqual([1, [], ['hi']])
  })

  test('a member that fell offline is not reached, although its link stays', async () => {
    const { server, link } = setUp()
    const quiet = link(set('7'))
    server.advance(31_000)
    expect(await server.push.to({ members: ['7'] }, null, 'hi')).toMatchObject({ reached: 0, offline: 1 })
    expect(quiet.sent).toEqual([])
  })
})

describe('to many', () => {
  test('by type', async () => {
    const { server, link } = setUp()
    const vip = link({ action: 'open', id: 1, type: 'vip' })
    const other = link({ action: 'open', id: 2, type: 'x' }, 'ping')
    link({ action: 'open', id: 3 })
    const result = await flushed(server, () => server.push.to({ types: ['vip'] }, null, 'hi'))
    expect(result).toEqual({ reached: 1, suspect: 0, offline: 0, unknown: 0 })
    expect([vip.sent, other.sent]).toEqual([['hi'], ['pong']])
  })

  test('a link that beats for several members hears it once', async () => {
    const { server, link } = setUp()
    const hub = link(set('1'), set('2'), set('3'))
    link(set('3'))
    const result = await flushed(server, () => server.push.to({ all: true }, null, 'hi'))
    expect(result).toEqual({ reached: 2, suspect: 0, offline: 0, unknown: 0 })
    expect(hub.sent).toEqual(['hi'])
  })

  test('over several pages everybody hears it once', async () => {
    const { server, link } = setUp()
    const links = Array.from({ length: 1_200 }, (_, i) => link(set(i)))
    const result = await flushed(server, () => server.push.to({ all: true }, null, 'hi'))
    expect(result.reached).toBe(1_200)
    expect(links.every(({ sent }) => sent.length === 1)).toBe(true)
  })

  test('of a large group each is told or counted once, wherever a turn ends', async () => {
    const { server, link } = setUp()
    const twice = new Set(['7', '250', '499', '500', '501', '899'])
    const links = Array.from({ length: 900 }, (_, i) => `${i}`).flatMap(id =>
      (twice.has(id) ? [id, id] : [id]).map(member => link(set(member))),
    )
    const ids = [...Array(1_300).keys()].map(String)
    for (const id of ids) await server.groups.add('g', id)
    const except = ['0', '100', '899', '1299']
    const told = { reached: 897 + 5, suspect: 0, offline: 399, unknown: 0 }
    const tell = (targets: PushTargets) => flushed(server, () => server.push.to(targets, null, 'hi'))
    expect(await tell({ groups: ['g'], except })).toEqual(told)
    expect(links.filter(({ sent }) => sent.length === 1)).toHaveLength(902)
    const members = ids.flatMap(id => [id, `never-${id}`])
    expect(await tell({ members, except })).toEqual({ ...told, unknown: 1_300 })
    expect(links.filter(({ sent }) => sent.length === 2)).toHaveLength(902)
  })

  test('those nobody has named, only when asked for', async () => {
    const { server, link } = setUp()
    const links = [link(), link('ping'), link(set('7'))]
    links.push(link('ping'))
    links[3]!.drop()
    const nameless = server.reception.connections
    expect(await flushed(server, () => server.push.to({ all: true }, nameless, 'hi'))).toMatchObject({
      reached: 3,
    })
    expect(links.map(({ sent }) => sent.includes('hi'))).toEqual([true, true, true, false])
  })
})

describe('to several targets', () => {
  const native = (member: string) => ({ member, instance: `instance-${member}-0123456789`, epoch: 1 })

  test('each connection once, each member counted once, however often it is named', async () => {
    const { server, link } = setUp()
    const a = link({ action: 'open', id: 'a', type: 'vip' })
    const hub = link(set('b'), set('c'))
    await server.groups.add('g', 'a')
    await server.groups.add('g', 'b')
    await server.groups.add('h', 'b')
    await server.groups.add('h', 'gone')
    const targets = { members: ['a', 'a', 'c', '?', '?'], groups: ['g', 'h', 'g'], types: ['vip', 'vip'] }
    const result = await flushed(server, () => server.push.to(targets, null, 'hi'))
    expect(result).toEqual({ reached: 2, suspect: 0, offline: 1, unknown: 1 })
    expect([a.sent, hub.sent]).toEqual([['hi'], ['hi']])
  })

  test('with all, only the unknown among those that are named count besides', async () => {
    const { server, link } = setUp()
    const links = [link(set('a')), link(set('b'))]
    await server.groups.add('g', 'off')
    const targets = { all: true, members: ['a', 'off', '?'], groups: ['g'], types: ['x'] }
    const result = await flushed(server, () => server.push.to(targets, null, 'hi'))
    expect(result).toEqual({ reached: 2, suspect: 0, offline: 1, unknown: 1 })
    expect(links.map(({ sent }) => sent)).toEqual([['hi'], ['hi']])
  })

  test('except: neither reached nor counted, whatever names them', async () => {
    const { server, link } = setUp()
    const [a, b] = [
      link({ action: 'open', id: 'a', type: 'x' }),
      link({ action: 'open', id: 'b', type: 'x' }),
    ]
    await server.groups.add('g', 'off')
    const except = ['b', 'off', 'never']
    const tell = (targets: object) =>
      flushed(server, () => server.push.to({ ...targets, except }, null, 'hi'))
    const onlyA = { reached: 1, suspect: 0, offline: 0, unknown: 0 }
    expect(await tell({ all: true })).toEqual(onlyA)
    expect(await tell({ types: ['x'] })).toEqual(onlyA)
    expect(await tell({ groups: ['g'] })).toEqual({ ...onlyA, reached: 0 })
    expect(await tell({ members: ['a', 'b', 'off', 'never'] })).toEqual(onlyA)
    expect([a.sent.length, b.sent.length]).toEqual([3, 0])
  })

  test('nobody is nobody', async () => {
    const { server, link } = setUp()
    link(set('a'))
    const nothing = { reached: 0, suspect: 0, offline: 0, unknown: 0 }
    expect(await flushed(server, () => server.push.to({}, null, 'hi'))).toEqual(nothing)
    expect(await server.push.to({ members: [], groups: [], types: [] }, null, 'hi')).toEqual(nothing)
  })

  test('a hidden member is reached in the group that its session made', async () => {
    const { server } = setUp()
    const hidden = server.native(native('h'))
    hidden.say({ t: 'enter', group: 'g' }, { t: 'status', visibility: 'hidden' })
    server.committer.flush()
    expect(server.store.tally.groups.has('g')).toBe(false)
    for (const targets of [{ groups: ['g'] }, { all: true }, { members: ['h'] }])
      expect(await flushed(server, () => server.push.to(targets, null, 1))).toMatchObject({ reached: 1 })
    expect(hidden.sent.slice(1)).toEqual(Array(3).fill('{"t":"message","data":1}'))
  })

  test('who is here by HTTP alone is in no number; with a socket it is reached', async () => {
    const { server, link } = setUp()
    server.beats.beat([{ id: 'job' }, { id: 'both' }])
    const socket = link(set('both'))
    for (const targets of [{ members: ['job', 'both'] }, { all: true }])
      expect(await flushed(server, () => server.push.to(targets, null, 'hi'))).toEqual({
        reached: 1,
        suspect: 0,
        offline: 0,
        unknown: 0,
      })
    expect(socket.sent).toEqual(['hi', 'hi'])
    server.advance(80_000)
    expect(await server.push.to({ members: ['job'] }, null, 'hi')).toMatchObject({ reached: 0, suspect: 1 })
  })
})

describe('over turns', () => {
  const turn = () => new Promise(resolve => setImmediate(resolve))

  test('those who go in between are not counted as reached, and those who come may be', async () => {
    const { server, link } = setUp()
    const name = (i: number) => String(10_000 + i)
    const links = Array.from({ length: 1_200 }, (_, i) => link(set(name(i))))
    server.committer.flush()
    const pushing = server.push.to({ all: true }, null, 'hi')
    for (const gone of links.slice(1_190)) gone.drop()
    server.committer.flush()
    const result = await pushing
    expect(result).toEqual({ reached: 1_190, suspect: 10, offline: 0, unknown: 0 })
    expect(links.filter(({ sent }) => sent.length === 1).length).toBe(1_190)
  })

  test('some 500 are sent in one turn, also where members have very many connections', async () => {
    const { server, link } = setUp()
    const names = Array.from({ length: 12 }, (_, i) => `a${i}`)
    const links = Array.from({ length: 1_080 }, (_, i) => link(set(names[i % 12])))
    server.committer.flush()
    for (const targets of [{ members: names }, { all: true }]) {
      const sent = () => links.reduce((sum, one) => sum + one.sent.length, 0)
      const start = sent()
      const turns: number[] = []
      let before = start
      const pushing = server.push.to(targets, null, 'x')
      while (before < start + 1_080 && turns.length < 50) {
        await turn()
        turns.push(sent() - before)
        before = sent()
      }
      expect((await pushing).reached).toBe(1_080)
      // one member is never split
      expect(Math.max(...turns)).toBeLessThan(500 + 90)
    }
  })

  test('two pushes at a time each reach everybody once', async () => {
    const { server, link } = setUp()
    const links = Array.from({ length: 1_200 }, (_, i) => link(set(i)))
    const hub = link(set('x'), set('y'))
    server.committer.flush()
    const said = ['a', 'b', 'c']
    const results = await Promise.all(said.map(text => server.push.to({ all: true }, null, text)))
    expect(results.map(({ reached }) => reached)).toEqual([1_201, 1_201, 1_201])
    expect([...links, hub].every(({ sent }) => sent.toSorted().join() === 'a,b,c')).toBe(true)
  })

  test('a connection that comes to beat for a second member meanwhile hears it once', async () => {
    const { server, link } = setUp()
    const first = link(set('a'))
    for (let i = 0; i < 600; i++) link(set(`m${1_000 + i}`))
    server.committer.flush()
    const pushing = server.push.to({ all: true }, null, 'hi')
    await Promise.resolve()
    first.say(set('z'))
    server.committer.flush()
    await pushing
    expect(first.sent).toEqual(['hi'])
  })

  test('one that gets its name meanwhile hears it once', async () => {
    const { server, link } = setUp()
    const nameless = link('ping')
    for (let i = 0; i < 600; i++) link(set(`m${1_000 + i}`))
    server.committer.flush()
    const pushing = server.push.to({ all: true }, server.reception.connections, 'hi')
    nameless.say({ action: 'open', id: 'z' })
    server.committer.flush()
    await pushing
    expect(nameless.sent.filter(text => text === 'hi')).toEqual(['hi'])
  })
})

describe('to native connections', () => {
  const hello = (member: string, instance = 'instance-a-0123456789') => ({ member, instance, epoch: 1 })
  const said = (link: { sent: string[] }) => link.sent.slice(1).map(text => JSON.parse(text))

  test('as a message, while others get it plain', async () => {
    const { server, link } = setUp()
    const native = server.native(hello('7'))
    const plain = link(set('7'))
    for (const data of ['hi', { a: 1 }, null])
      await flushed(server, () => server.push.to({ members: ['7'] }, null, data))
    expect(said(native)).toEqual([
      { t: 'message', data: 'hi' },
      { t: 'message', data: { a: 1 } },
      { t: 'message', data: null },
    ])
    expect(plain.sent).toEqual(['hi', '{"a":1}', 'null'])
  })

  test('by group: whoever is in it', async () => {
    const { server } = setUp()
    const [a, b] = [server.native(hello('a')), server.native(hello('b'))]
    a.say({ t: 'enter', group: 'g' })
    await server.groups.add('g', 'c')
    const result = await flushed(server, () => server.push.to({ groups: ['g'] }, null, 1))
    expect(result).toEqual({ reached: 1, suspect: 0, offline: 1, unknown: 0 })
    expect([said(a), said(b)]).toEqual([[{ t: 'message', data: 1 }], []])
    expect((await server.push.to({ groups: ['nobody'] }, null, 1)).reached).toBe(0)
  })

  test('an observer hears what goes to the nameless; who has not been greeted hears nothing', async () => {
    const { server } = setUp()
    const [observer, fresh] = [server.native({ observer: true }), server.native()]
    expect(await server.push.to({ all: true }, server.reception.connections, 1)).toMatchObject({
      reached: 1,
    })
    expect([said(observer), fresh.sent]).toEqual([[{ t: 'message', data: 1 }], []])
  })

  test('what JSON cannot hold is refused, and nothing is sent', async () => {
    const { server } = setUp()
    const native = server.native(hello('7'))
    const circle: { self?: object } = {}
    circle.self = circle
    for (const data of [undefined, () => 1, Symbol('x'), 1n, circle])
      await expect(server.push.to({ members: ['7'] }, null, data)).rejects.toMatchObject({ code: 'bad_data' })
    expect(native.sent.length).toBe(1)
  })
})

describe('with an acknowledgement', () => {
  const hello = (instance: string) => ({ member: '7', instance: `instance-${instance}-0123456789`, epoch: 1 })

  function push(server: FakeServer, ack = 2_000) {
    return flushed(server, () => server.push.to({ members: ['7'] }, null, 'hi', ack))
  }

  const idOf = (link: { sent: string[] }) => JSON.parse(link.sent.at(-1)!).id

  test('is known as soon as all have said so; twice is once, and a guess is nothing', async () => {
    const { server, link } = setUp()
    const [a, b] = [server.native(hello('a')), server.native(hello('b'))]
    link(set('7'))
    const pushing = push(server)
    await Promise.resolve()
    expect(idOf(a)).toBe(idOf(b))
    a.say({ t: 'ack', id: 'guess' }, { t: 'ack', id: idOf(a) }, { t: 'ack', id: idOf(a) })
    b.say({ t: 'ack', id: idOf(b) })
    expect(await pushing).toEqual({ reached: 3, suspect: 0, offline: 0, unknown: 0, acked: 2 })
  })

  test('is waited for no longer than asked, nor for a connection that is gone', async () => {
    const { server } = setUp()
    const [a, b] = [server.native(hello('a')), server.native(hello('b'))]
    const late = push(server)
    await new Promise(resolve => setImmediate(resolve))
    a.say({ t: 'ack', id: idOf(a) })
    server.advance(2_000)
    b.say({ t: 'ack', id: idOf(b) })
    expect(await late).toMatchObject({ acked: 1 })
    const gone = push(server, 60_000)
    await new Promise(resolve => setImmediate(resolve))
    a.say({ t: 'ack', id: idOf(a) })
    b.drop()
    expect(await gone).toMatchObject({ acked: 1 })
  })

  test('is none where nobody can give one', async () => {
    const { server, link } = setUp()
    expect(await push(server)).toMatchObject({ unknown: 1, acked: 0 })
    link(set('7'))
    expect(await push(server)).toMatchObject({ reached: 1, acked: 0 })
    for (const ack of [0, -1, 1.5, 1e12])
      await expect(push(server, ack)).rejects.toMatchObject({ code: 'bad_option' })
  })
})
