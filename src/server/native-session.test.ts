// The presence law for native connections (DESIGN §4), row by row, through the rooms of a server with no socket.

import { describe, expect, test } from 'bun:test'
import { EPOCH, type FakeOptions, FakeServer } from '../../test/support/fake-server.ts'
import { beating, errorOf, heard, welcomed } from '../../test/support/native-talk.ts'

const A = 'instance-a-0123456789'
const B = 'instance-b-0123456789'
const hello = (epoch: number, instance = A, member = '7') => ({ member, instance, epoch })

function setUp(options: FakeOptions = {}) {
  return new FakeServer('auto', options)
}

describe('hello', () => {
  test('is answered by a welcome that says what was agreed', () => {
    const server = setUp()
    const link = server.native({ ...hello(1), timing: 'fast', name: 'Ana' })
    expect(heard(link)).toEqual([
      {
        t: 'welcome',
        session: '1',
        member: '7',
        timing: { interval: 2_000, timeout: 1_000, grace: 2_000 },
        evidence: 'any',
        bound: {
          ms: 5_000,
          words: 'silence is suspect after 3 s and offline after 5 s, each plus at most 0.2 s',
        },
        now: EPOCH + 1_000,
        resumed: false,
        limits: {
          watch: 10_000,
          ask: 10_000,
          groups: 100,
          profile: 8_192,
          updates: 1,
          message: 65_536,
          frame: 4_194_304,
        },
      },
    ])
    expect(server.story('7')).toEqual(['join'])
    expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Ana', state: 'online' })
  })

  test('is also understood without the subprotocol, on a port that speaks everything', () => {
    const server = setUp()
    const link = server.connect()
    link.say({ t: 'hello', ...hello(1) })
    expect(welcomed(link)).toEqual(['1', false])
  })

  test('integers beyond 2^53 stay apart', () => {
    const server = setUp()
    for (const id of ['9007199254740992', '9007199254740993'])
      server.native().say(`{"t":"hello","member":${id},"instance":"${A}","epoch":1}`)
    expect(server.ids()).toEqual(['9007199254740992', '9007199254740993'])
  })

  test('that does not come ends the connection with 4408; a ping is none', () => {
    const server = setUp()
    const link = server.native()
    for (let i = 0; i < 9; i++) {
      server.advance(1_000)
      link.control('ping')
    }
    expect(link.ended).toBeNull()
    server.advance(1_200)
    expect([errorOf(link), link.ended]).toEqual(['hello_late', 4408])
    expect(heard(link).at(-1)).not.toHaveProperty('re')
    server.advance(100)
    expect(server.board.detector.table.size).toBe(0)
  })

  test('is due in 90 s where the protocol was not asked for', () => {
    const server = new FakeServer('native')
    const link = server.connect()
    server.advance(89_900)
    expect(link.ended).toBeNull()
    server.advance(400)
    expect([errorOf(link), link.ended]).toEqual(['hello_late', 4408])
  })

  test('of an observer makes a connection that is in no list and no count', () => {
    const server = setUp()
    const link = server.native({ observer: true })
    expect(heard(link)[0]).toMatchObject({ t: 'welcome', member: null, resumed: false })
    expect(server.ids()).toEqual([])
    expect(server.views.page(null, 10, true).found).toEqual([])
    expect(server.natives.observers).toBe(1)
    server.advance(15_300)
    expect(link.ended).toBe(1006)
    server.advance(100)
    expect(server.natives.observers).toBe(0)
    expect(server.told).toEqual([])
  })
})

describe('beats', () => {
  test('are answered with the time, and nothing is written', () => {
    const server = setUp()
    const link = server.native(hello(1))
    beating(server, 60_000, link)
    expect(heard(link)[1]).toEqual({ t: 'beat', now: EPOCH + 1_000 })
    expect(heard(link).at(-1)).toEqual({ t: 'beat', now: EPOCH + 60_000 })
    expect(server.store.changes.map(({ kind }) => kind)).toEqual(['begin'])
  })

  test('alone prove life where that is agreed: no pong, and no probe', () => {
    const server = setUp({ listener: { evidence: 'beat' } })
    const link = server.native(hello(1))
    const pings = link.pinged
    for (let i = 0; i < 14; i++) {
      server.advance(1_000)
      link.control('pong')
    }
    expect(link.pinged).toBe(pings)
    server.advance(1_300)
    expect(link.ended).toBe(1006)
    expect(server.story('7')).toEqual(['join', 'suspect lost'])
  })
})

describe('silence', () => {
  test('is asked by a ping after the interval, suspect after the timeout, offline after the grace', () => {
    const server = setUp()
    const link = server.native(hello(1))
    server.advance(10_200)
    expect(link.pinged).toBe(2)
    server.advance(4_500)
    expect(server.story('7')).toEqual(['join'])
    server.advance(600)
    expect(server.story('7')).toEqual(['join', 'suspect lost'])
    expect(link.ended).toBe(1006)
    server.advance(9_600)
    expect(server.state('7')).toBe('suspect')
    server.advance(500)
    expect(server.story('7')).toEqual(['join', 'suspect lost', 'leave lost'])
  })
})

describe('coming back', () => {
  test('within the grace the session goes on and nothing is told', () => {
    const server = setUp()
    const first = server.native(hello(1))
    first.drop()
    server.advance(800)
    const second = server.native(hello(2))
    server.advance(5_000)
    expect(welcomed(second)).toEqual([welcomed(first)[0], true])
    expect(server.story('7')).toEqual(['join'])
  })

  test('after the suspicion was told it resumes, with no leave and no join', () => {
    const server = setUp()
    server.native(hello(1)).drop()
    server.advance(5_000)
    const second = server.native(hello(2))
    expect(welcomed(second)).toEqual(['1', true])
    expect(server.story('7')).toEqual(['join', 'suspect lost', 'resume'])
  })

  test('a newer epoch ends the older connection, and its late events say nothing', () => {
    const server = setUp()
    const first = server.native(hello(1))
    const second = server.native(hello(2))
    expect(first.ended).toBe(1006)
    expect(server.count('silent_cut')).toBe(0)
    first.settle()
    beating(server, 12_000, second)
    expect(welcomed(second)).toEqual(['1', true])
    expect(server.story('7')).toEqual(['join'])
  })

  test('an equal or lower epoch is refused, while the session is there and while it is missed', () => {
    const server = setUp()
    const first = server.native(hello(5))
    for (const epoch of [5, 4]) {
      const late = server.native(hello(epoch))
      expect([errorOf(late), late.ended]).toEqual(['instance_conflict', 4409])
      expect(heard(late).at(-1).re).toBe('hello')
    }
    expect(first.ended).toBeNull()
    first.drop()
    expect(errorOf(server.native(hello(5)))).toBe('instance_conflict')
    expect(welcomed(server.native(hello(6)))).toEqual(['1', true])
  })

  test('with the instance of somebody else begins a session of its own', () => {
    const server = setUp()
    const victim = server.native(hello(1))
    const guess = server.native(hello(2, A, '8'))
    expect(welcomed(guess)).toEqual(['2', false])
    expect(victim.ended).toBeNull()
    expect([server.state('7'), server.state('8')]).toEqual(['online', 'online'])
  })

  test('after the end begins a new session', () => {
    const server = setUp()
    server.native(hello(1)).drop()
    server.advance(11_000)
    expect(welcomed(server.native(hello(2)))).toEqual(['2', false])
    expect(server.story('7')).toEqual(['join', 'suspect lost', 'leave lost', 'join'])
  })

  test('a closed page has the refresh grace, a parked one 75 s', () => {
    const server = setUp()
    server.native(hello(1, A, 'closed')).drop(1001)
    server.native(hello(1, A, 'parked')).drop(4001)
    server.advance(5_200)
    expect(server.story('closed')).toEqual(['join', 'suspect closed', 'leave closed'])
    server.advance(69_000)
    expect(server.state('parked')).toBe('suspect')
    server.advance(1_200)
    expect(server.state('parked')).toBe('offline')
  })
})

describe('goodbye', () => {
  test('ends the session at once, and the connection with 1000', () => {
    const server = setUp()
    const link = server.native(hello(1))
    link.say({ t: 'bye' })
    expect(link.ended).toBe(1000)
    expect(server.story('7')).toEqual(['join', 'leave left'])
    server.advance(100)
    expect(server.board.detector.table.size).toBe(0)
    expect(welcomed(server.native(hello(2)))).toEqual(['2', false])
  })

  test('of one of two sessions tells nothing', () => {
    const server = setUp()
    const [a] = [server.native(hello(1)), server.native(hello(1, B))]
    a.say({ t: 'bye' })
    expect(server.story('7')).toEqual(['join'])
  })
})

describe('away', () => {
  test('is told after 30 s, back at once', () => {
    const server = setUp()
    const link = server.native(hello(1))
    link.say({ t: 'away', id: 1 })
    beating(server, 29_000, link)
    expect(server.story('7')).toEqual(['join'])
    beating(server, 2_000, link)
    expect(server.state('7')).toBe('away')
    link.say({ t: 'back', id: 2 })
    expect(server.story('7')).toEqual(['join', 'away', 'back'])
    expect(heard(link).filter(({ t }) => t === 'ack')).toEqual([
      { t: 'ack', id: 1 },
      { t: 'ack', id: 2 },
    ])
  })

  test('said in a hello counts from there, and stays so through every hello that says it again', () => {
    const server = setUp()
    beating(server, 31_000, server.native({ ...hello(1), away: true }))
    const [session] = server.views.sessionsOf('7')
    const { since } = session!
    const second = server.native({ ...hello(2), away: true })
    expect([...welcomed(second), session!.since]).toEqual(['1', true, since])
    second.drop(1006)
    server.advance(74_000)
    beating(server, 40_000, server.native({ ...hello(3), away: true }))
    expect(server.story('7')).toEqual(['join', 'away', 'suspect lost', 'resume'])
    expect(server.state('7')).toBe('away')
    server.native(hello(4))
    expect(server.story('7').slice(4)).toEqual(['back'])
  })

  test('in the hello of an observer means nothing, and what is not true is refused', () => {
    const server = setUp()
    const observer = server.native({ observer: true, away: true })
    expect(heard(observer)[0]).toMatchObject({ t: 'welcome', member: null })
    const wrong = server.native({ ...hello(1), away: 'yes' })
    expect(heard(wrong)[0]).toMatchObject({ t: 'error', code: 'bad_field', field: 'away', re: 'hello' })
    expect(wrong.ended).toBe(4511)
  })
})

describe('what a member says of itself', () => {
  test('is an update, and a status that hides it', () => {
    const server = setUp()
    const link = server.native({ ...hello(1), name: 'Ana' })
    server.advance(2_000)
    link.say({ t: 'update', name: 'Eva', type: 'vip', profile: { a: 1 } })
    expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Ana' })
    server.committer.flush()
    expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Eva', type: 'vip', profile: { a: 1 } })
    server.advance(2_000)
    link.say({ t: 'status', visibility: 'hidden', text: 'gone fishing' })
    server.committer.flush()
    expect(server.store.lookup(['7'])[0]?.status).toMatchObject({
      visibility: 'hidden',
      text: 'gone fishing',
    })
    expect(server.story('7')).toEqual(['join', 'update', 'update'])
  })

  test('a status lapses by itself', () => {
    const server = setUp()
    const link = server.native(hello(1))
    link.say({ t: 'status', text: 'busy', until: EPOCH + 8_000 })
    beating(server, 6_000, link)
    expect(server.store.lookup(['7'])[0]?.status?.text).toBe('busy')
    beating(server, 3_000, link)
    expect(server.store.lookup(['7'])[0]?.status).toBeNull()
  })
})
