import { describe, expect, test } from 'bun:test'
import { FakeServer } from '../../test/support/fake-server.ts'

const set = (user_id: unknown, user_name = 'Ana') => ({
  type: 'SetHeartbeat',
  user_id,
  user_name,
  timestamp: 1,
})
const open = (id: unknown, name = 'Ana') => ({ action: 'open', id, type: 'vip', name, phone: '1' })

/** Answers every ping of the server, as a browser does, while time passes. */
function advanceAnswering(server: FakeServer, ms: number): void {
  for (let gone = 0; gone < ms; gone += 1_000) {
    const before = server.links.map(link => link.pinged)
    server.advance(1_000)
    for (const [i, link] of server.links.entries()) if (link.pinged > before[i]!) link.control()
  }
}

describe('heartbeat', () => {
  test('a beat joins; silence of 30 s is offline at once, with no suspect', () => {
    const server = new FakeServer('auto')
    server.connect().say(set('7'))
    expect(server.state('7')).toBe('online')
    server.advance(30_000 - 100)
    expect(server.state('7')).toBe('online')
    server.advance(300)
    expect(server.story('7')).toEqual(['join', 'leave lost'])
  })

  test('the link stays; its next beat joins again', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('7'))
    server.advance(60_000)
    expect(link.ended).toBeNull()
    link.say(set('7'))
    expect(server.story('7')).toEqual(['join', 'leave lost', 'join'])
  })

  test('a silent link is cut after ten limits, counted from its last sign of life', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('7'))
    server.advance(299_900)
    expect(link.ended).toBeNull()
    server.advance(300)
    expect(link.ended).toBe(1006)
    expect(server.count('silent_cut')).toBe(1)
  })

  test('pongs of a browser whose page sleeps keep it online', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('7'))
    advanceAnswering(server, 600_000)
    expect(link.pinged).toBeGreaterThan(30)
    expect(server.story('7')).toEqual(['join'])
  })

  test('pongs after it went offline do not bring it back: only a beat does', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('7'))
    server.advance(31_000)
    for (let i = 0; i < 40; i++) {
      server.advance(10_000)
      link.control()
    }
    expect(server.state('7')).toBe('offline')
    expect(link.ended).toBeNull()
  })

  test('a break or close within the grace of 8 s is told to nobody if it is short', () => {
    const server = new FakeServer('auto')
    server.connect().say(set('7'))
    server.links[0]!.drop(1001)
    server.advance(900)
    server.connect().say(set('7'))
    server.advance(20_000)
    expect(server.story('7')).toEqual(['join'])
  })

  test('a break that lasts is suspect after 1 s and offline after 8 s', () => {
    const server = new FakeServer('auto')
    server.connect().say(set('7'))
    server.links[0]!.drop()
    server.advance(7_900)
    expect(server.story('7')).toEqual(['join', 'suspect lost'])
    server.advance(300)
    expect(server.story('7')).toEqual(['join', 'suspect lost', 'leave lost'])
  })

  test('two links with one id both count', () => {
    const server = new FakeServer('auto')
    const [a, b] = [server.connect(), server.connect()]
    a.say(set('7'))
    b.say(set('7'))
    a.drop()
    server.advance(9_000)
    expect(server.story('7')).toEqual(['join'])
    expect(server.store.lookup(['7'])[0]?.sessions).toBe(1)
    b.drop()
    server.advance(9_000)
    expect(server.state('7')).toBe('offline')
  })

  test('a name that changes with every beat is one update a second', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    for (let i = 0; i < 50; i++) {
      link.say(set('7', `n${i}`))
      server.advance(100)
    }
    server.advance(1_100)
    const updates = server.story('7').filter(kind => kind === 'update').length
    expect(updates).toBeGreaterThanOrEqual(4)
    expect(updates).toBeLessThanOrEqual(7)
    expect(server.store.lookup(['7'])[0]?.name).toBe('n49')
  })

  test('beats are not written', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    for (let i = 0; i < 100; i++) {
      link.say(set('7'), '{"type":"SetHeartbeat","user_id":9007199254740993,"user_name":"Ana"}')
      server.advance(1_000)
    }
    expect(server.store.changes.map(({ kind }) => kind)).toEqual(['begin', 'begin'])
  })
})

describe('a link that beats for several ids', () => {
  test('only an own beat is evidence of an id; the last one left counts everything again', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('1'), set('2'))
    for (let i = 0; i < 4; i++) {
      server.advance(10_000)
      link.control()
      link.say(set('2'), 'rubbish', { type: 'GetHeartbeat' })
    }
    expect([server.state('1'), server.state('2')]).toEqual(['offline', 'online'])
    advanceAnswering(server, 100_000)
    expect(server.state('2')).toBe('online')
  })

  test('is not pinged: the answer would prove nothing about any of them', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('1'), set('2'))
    server.advance(29_000)
    expect(link.pinged).toBe(0)
  })

  test('holds 64 ids and no more', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    for (let i = 0; i < 70; i++) link.say(set(i))
    expect(server.ids().length).toBe(64)
    expect(server.count('bad_input_too_many_ids')).toBe(6)
    link.drop()
    server.advance(9_000)
    expect(server.store.counts).toEqual({ online: 0, away: 0, suspect: 0, offline: 64 })
  })

  test('all silent: all offline, the link stays without a member', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('1'), set('2'), set('3'))
    server.advance(31_000)
    expect(server.store.counts.offline).toBe(3)
    expect(link.ended).toBeNull()
    expect(link.data.members).toBe(0)
    expect(server.board.detector.table.size).toBe(1)
    link.say(set('2'))
    expect(server.state('2')).toBe('online')
  })
})

describe('members', () => {
  test('pong before login, also on a link that never logs in', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say('ping')
    expect(link.sent).toEqual(['pong'])
    expect(server.ids()).toEqual([])
    link.say(open(7))
    expect(server.state('7')).toBe('online')
    expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Ana', type: 'vip', profile: { phone: '1' } })
  })

  test('a second link takes the session over: the first gets pong, is in no list and never comes back', () => {
    const server = new FakeServer('auto')
    const [a, b] = [server.connect(), server.connect()]
    a.say(open(7))
    b.say(open(7))
    expect(server.story('7')).toEqual(['join'])
    expect([a.data.members, b.data.members]).toEqual([0, 1])
    for (let i = 0; i < 15; i++) {
      server.advance(10_000)
      a.say('ping')
    }
    expect(a.ended).toBeNull()
    expect(a.sent.length).toBe(15)
    expect(server.story('7')).toEqual(['join', 'leave lost'])
    b.say('ping')
    expect(server.state('7')).toBe('online')
  })

  test('nor does it when the second link is gone', () => {
    const server = new FakeServer('auto')
    const [a, b] = [server.connect(), server.connect()]
    a.say(open(7))
    b.say(open(7))
    b.drop()
    server.advance(7_000)
    a.say('ping')
    expect(server.story('7')).toEqual(['join', 'suspect lost', 'leave lost'])
  })

  test('a link that was silent while another took its place does not take it back', () => {
    const server = new FakeServer('auto')
    const [a, b] = [server.connect(), server.connect()]
    a.say(open(7))
    b.say('ping')
    server.advance(121_000)
    b.say(open(7))
    a.say('ping')
    expect([a.data.members, b.data.members]).toEqual([0, 1])
    b.drop()
    a.say('ping')
    server.advance(7_000)
    expect(server.state('7')).toBe('offline')
  })

  test('open as another on the same link leaves the old id and joins the new', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(open(7), open(8))
    expect([server.story('7'), server.story('8')]).toEqual([['join', 'leave left'], ['join']])
    expect(server.board.detector.table.size).toBe(1)
  })

  test('offline after 120 s of silence, back with a ping, nobody guessed after a reconnect', () => {
    const server = new FakeServer('members')
    const link = server.connect()
    link.say(open(7))
    server.advance(121_000)
    expect(server.story('7')).toEqual(['join', 'leave lost'])
    link.say('ping')
    expect(server.story('7').at(-1)).toBe('join')
    link.drop()
    server.connect().say('ping')
    server.advance(7_000)
    expect(server.story('7').at(-1)).toBe('leave lost')
  })
})

describe('uid', () => {
  test('echoes beats, cuts after 40 s, forgives a break of 12 s', () => {
    const server = new FakeServer('uid')
    const link = server.connect()
    link.say('20')
    expect(link.sent).toEqual([])
    expect(server.state('20')).toBe('online')
    expect(server.store.lookup(['20'])[0]?.lastBeatAt).toBeNull()
    link.say('20', '21', '20')
    expect(link.sent).toEqual(['20', '20'])
    link.drop()
    server.advance(11_000)
    const again = server.connect()
    again.say('20')
    server.advance(39_900)
    expect(server.state('20')).toBe('online')
    server.advance(300)
    expect(server.state('20')).toBe('offline')
    expect(again.ended).toBe(1006)
  })
})

describe('before the first message', () => {
  test('what decides nothing leaves the link undecided; control and rubbish do not lengthen the 90 s', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say('20', '[]', { type: 'x' })
    link.binary()
    expect(link.data.undecided).toBe(true)
    expect(server.count('bad_input_undecided')).toBe(3)
    for (let i = 0; i < 8; i++) {
      server.advance(10_000)
      link.control()
      link.say('rubbish')
    }
    server.advance(9_900)
    expect(link.ended).toBeNull()
    server.advance(300)
    expect(link.ended).toBe(1006)
    expect(server.ids()).toEqual([])
  })

  test('once decided it stays decided', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('7'), 'ping', open(8))
    expect(link.sent).toEqual([])
    expect(server.ids()).toEqual(['7'])
    expect(server.count('bad_input')).toBe(2)
  })
})

describe('too many frames', () => {
  test('what is over the burst is dropped and counted, and still proves life', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('7'))
    server.advance(29_000)
    for (let i = 0; i < 300; i++) link.say({ type: 'x' })
    expect(server.count('bad_input_unknown_type')).toBe(200)
    expect(server.count('rate_dropped')).toBe(100)
    server.advance(29_000)
    expect(server.state('7')).toBe('online')
  })

  test('3 s over the rate end the link with 4429; the session has its grace', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('7'))
    for (let s = 0; s < 60 && link.ended === null; s++) {
      for (let i = 0; i < 20; i++) link.control()
      server.advance(100)
    }
    expect(link.ended).toBe(4429)
    server.advance(2_000)
    expect(server.story('7')).toEqual(['join', 'suspect lost'])
  })

  test('a thousand lines of rubbish are one line in the log', () => {
    const server = new FakeServer('auto', { settings: { rate: { perSecond: 1e6, burst: 1e6 } } })
    const link = server.connect()
    link.say({ action: 'open', id: '7' })
    for (let i = 0; i < 1_000; i++) link.say('x'.repeat(1_000))
    expect(server.count('bad_input_not_json')).toBe(1_000)
    const [line, ...more] = server.lines.filter(({ message }) => message.includes('not_json'))
    expect(more).toEqual([])
    expect(String(line?.fields.detail).length).toBe(80)
  })
})

test('a close that was meant ends as closed, an ended link leaves nothing behind', () => {
  const server = new FakeServer('auto')
  for (const code of [1000, 1006, 1011, 1009]) {
    const link = server.connect()
    link.say(set(`m${code}`))
    link.drop(code)
  }
  server.connect().drop(1000)
  server.advance(9_000)
  expect(
    server.told.filter(({ kind }) => kind === 'leave').map(({ member, reason }) => [member, reason]),
  ).toEqual([
    ['m1000', 'closed'],
    ['m1006', 'lost'],
    ['m1011', 'lost'],
    ['m1009', 'lost'],
  ])
  expect(server.reception.connections.size).toBe(0)
  expect(server.board.detector.table.size).toBe(0)
})

test('options of a listener change limit and grace', () => {
  const server = new FakeServer('uid', { listener: { limit: 5_000, grace: 2_000 } })
  server.connect().say('a')
  const b = server.connect()
  b.say('b')
  b.drop()
  server.advance(2_200)
  expect([server.state('a'), server.state('b')]).toEqual(['online', 'offline'])
  server.advance(3_000)
  expect(server.state('a')).toBe('offline')
})
