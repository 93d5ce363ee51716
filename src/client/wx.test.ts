import { describe, expect, test } from 'bun:test'
import { FakeWx, type FakeWxOptions } from '../../test/support/fake-wx.ts'
import type { LineEvents, Signal } from './host.ts'
import { wxHost } from './wx-host.ts'
import { wxTransport } from './wx-transport.ts'

const URL = 'wss://presence.example/ws'

function hostOf(options: FakeWxOptions = {}) {
  const fake = new FakeWx(options)
  const host = Object.assign(wxHost(fake.wx), fake.timers)
  const told: Signal[] = []
  const stop = host.listen(signal => told.push(signal))
  return { fake, host, told, stop }
}

function lineOf(fake = new FakeWx()) {
  const told: string[] = []
  const events: LineEvents = {
    opened: protocol => told.push(`opened ${protocol}`),
    text: text => told.push(`text ${text}`),
    closed: (code, reason) => told.push(`closed ${code} ${reason}`),
  }
  const line = wxTransport(fake.wx).connect(URL, events)
  return { fake, line, told, socket: fake.last }
}

function opened(header?: Record<string, string>) {
  const all = lineOf()
  all.socket.accept(header)
  all.fake.advance(0)
  return all
}

describe('transport', () => {
  test('opens a socket, carries texts both ways, and tells how it ended', () => {
    const { fake, line, told, socket } = opened()
    expect([socket.url, socket.protocols]).toEqual([URL, ['systole.v1']])
    line.send('{"t":"beat"}')
    socket.say('{"t":"beat","now":1}')
    socket.say(new ArrayBuffer(2))
    socket.end(4500, 'kicked')
    fake.advance(0)
    expect(socket.sent).toEqual(['{"t":"beat"}'])
    expect(told).toEqual(['opened systole.v1', 'text {"t":"beat","now":1}', 'closed 4500 kicked'])
  })

  test('tells the protocol that the server chose', () => {
    expect(opened({ 'sec-webSocket-Protocol': 'other.v1' }).told).toEqual(['opened other.v1'])
  })

  test.each([
    [1000, 'interrupted'],
    [1000, ''],
    [0, 'interrupted'],
    [1001, 'Stream end encountered'],
    [1006, 'abnormal closure'],
  ])('takes %d %p for a connection that broke', (code, reason) => {
    const { fake, told, socket } = opened()
    socket.end(code, reason)
    fake.advance(0)
    expect(told.at(-1)).toBe('closed 1006 ')
  })

  test('what cannot be opened is told once, and not during the call', async () => {
    const { fake, told, socket } = lineOf()
    socket.refuse('no such server')
    expect(told).toEqual([])
    fake.advance(0)
    await Promise.resolve()
    expect(told).toEqual(['closed 1006 no such server'])
  })

  test('a failure that the platform tells during the call is told after it', async () => {
    const fake = new FakeWx()
    const { connectSocket } = fake.wx
    fake.wx.connectSocket = how => {
      how.fail({ errMsg: 'invalid url' })
      return connectSocket(how)
    }
    const { told } = lineOf(fake)
    expect(told).toEqual([])
    await Promise.resolve()
    expect(told).toEqual(['closed 1006 invalid url'])
  })

  test('a sixth socket cannot be opened', async () => {
    const fake = new FakeWx()
    for (let count = 0; count < 5; count++) lineOf(fake)
    const { told, line } = lineOf(fake)
    expect([fake.sockets.length, told]).toEqual([5, []])
    fake.advance(0)
    await Promise.resolve()
    expect(told).toEqual(['closed 1006 connectSocket:fail exceed max task count'])
    expect(() => line.close(1000)).not.toThrow()
  })

  test('a closed line frees its place and tells no more', () => {
    const { fake, line, told, socket } = opened()
    line.send('{"t":"bye"}')
    socket.say('late')
    line.close(4001)
    line.close(1000)
    line.send('later')
    fake.advance(0)
    expect([socket.closedWith, socket.sent, fake.open]).toEqual([4001, ['{"t":"bye"}'], []])
    expect(told).toEqual(['opened systole.v1'])
  })

  test('a line that was closed before it opened is closed when it does', () => {
    const { fake, line, told, socket } = lineOf()
    line.close(1000)
    expect([socket.refused, socket.state]).toEqual([['close 1000'], 'connecting'])
    socket.accept()
    fake.advance(0)
    expect([socket.closedWith, socket.state, told]).toEqual([4000, 'closed', []])
  })

  test('what the platform refuses harms nobody', () => {
    const { line, socket } = lineOf()
    line.send('early')
    expect([socket.sent, socket.refused]).toEqual([[], ['early']])
  })

  test('an error ends an open line once, and leaves no socket', () => {
    const { fake, told, socket } = opened()
    socket.error('connection reset')
    fake.advance(0)
    expect(told.at(-1)).toBe('closed 1006 connection reset')
    expect([socket.state, told.length]).toEqual(['closed', 2])
  })

  test('a socket that throws harms nobody', () => {
    const { line, socket } = opened()
    socket.task.send = socket.task.close = () => {
      throw new Error('gone')
    }
    expect(() => line.send('x')).not.toThrow()
    expect(() => line.close(1000)).not.toThrow()
  })

  test('two lines have a socket each', () => {
    const { fake, line, socket } = opened()
    const other = lineOf(fake)
    other.socket.accept()
    fake.advance(0)
    line.send('first')
    other.line.send('second')
    expect([socket.sent, other.socket.sent]).toEqual([['first'], ['second']])
  })

  test('without a platform it says so when it is used, not before', () => {
    const events = { opened: () => {}, text: () => {}, closed: () => {} }
    const transport = wxTransport()
    expect(() => transport.connect(URL, events)).toThrow('no wx here')
    expect(() => wxHost()).toThrow('no wx here')
  })
})

describe('host', () => {
  test('a short look elsewhere is hidden only', () => {
    const { fake, told } = hostOf()
    fake.hide()
    fake.advance(3_999)
    expect(told).toEqual(['hidden'])
    fake.show()
    fake.advance(60_000)
    expect(told).toEqual(['hidden', 'visible'])
  })

  test('in the background it is put aside before the platform takes the socket', () => {
    const { fake, told } = hostOf()
    fake.hide()
    fake.advance(4_999)
    expect(told).toEqual(['hidden', 'cached'])
    fake.advance(15_000)
    fake.show()
    fake.advance(10_000)
    expect(told).toEqual(['hidden', 'cached', 'visible', 'restored'])
    fake.hide()
    fake.advance(0)
    fake.show()
    fake.advance(10_000)
    expect(told.slice(4)).toEqual(['hidden', 'visible'])
  })

  test('stopped at once, it was hidden; woken, it is visible and not put aside', () => {
    const { fake, told } = hostOf({ background: 100 })
    fake.hide()
    fake.advance(20_000)
    expect(told).toEqual(['hidden'])
    fake.show()
    fake.advance(10_000)
    expect(told).toEqual(['hidden', 'visible'])
  })

  test('tells what the network does', () => {
    const { fake, told } = hostOf()
    for (const type of ['wifi', 'wifi', '4g', 'none', 'none', '4g']) fake.network(type)
    fake.advance(0)
    expect(told).toEqual(['online', 'wake', 'offline', 'online'])
  })

  test('stopped, it leaves neither listener nor timer', () => {
    const { fake, told, stop } = hostOf()
    fake.hide()
    fake.advance(0)
    stop()
    // what waits is the platform's own
    expect([fake.listeners, fake.time.waiting]).toEqual([0, 1])
    fake.advance(10_000)
    expect(told).toEqual(['hidden'])
  })

  test('on a platform that keeps its listeners they tell nothing', () => {
    const { fake, told, stop } = hostOf({ off: false })
    stop()
    fake.hide()
    fake.advance(10_000)
    fake.show()
    fake.network('none')
    fake.advance(0)
    expect(told).toEqual([])
    expect(fake.listeners).toBe(3)
    expect(fake.time.waiting).toBe(0)
  })

  test('keeps texts, and says so where it cannot', () => {
    const { fake, host } = hostOf()
    expect(host.storage?.getItem('a')).toBeNull()
    host.storage?.setItem('a', 'b')
    expect(host.storage?.getItem('a')).toBe('b')
    fake.full = true
    expect(() => host.storage?.setItem('a', 'c')).toThrow('exceed')
  })

  test('gives bytes before the platform did and after, none of them twice', () => {
    const { fake, host } = hostOf()
    const drawn = [host.bytes(16)]
    fake.advance(0)
    for (let count = 0; count < 40; count++) drawn.push(host.bytes(16))
    expect(drawn.every(bytes => bytes.length === 16)).toBe(true)
    expect(new Set(drawn.map(bytes => bytes.join())).size).toBe(41)
  })

  test('is no page', () => {
    const { host } = hostOf()
    expect([host.base, host.locks]).toEqual([null, null])
  })
})
