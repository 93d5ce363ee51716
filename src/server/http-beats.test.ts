import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { FakeServer } from '../../test/support/fake-server.ts'
import type { BeatAnswer, HttpBeat } from './api.ts'

type Answers = readonly BeatAnswer[]

function setUp() {
  const server = new FakeServer('auto')
  const beats = (...all: HttpBeat[]) => server.beats.beat(all) as Answers
  const beat = (id: string, more: Partial<HttpBeat> = {}) => beats({ id, ...more })[0]!
  const sessions = (id: string) => server.views.sessionsOf(id)
  return { server, beats, beat, sessions }
}

/** Versions, without the epoch of the log. */
const VERSION = 2 ** 32

function short(answer: BeatAnswer): unknown[] {
  return 'error' in answer ? [answer.error] : [answer.state, answer.sinceLast, answer.version - VERSION]
}

describe('a session by HTTP', () => {
  test('begins with the first beat, and is one however many come', () => {
    const { server, beat, sessions } = setUp()
    expect(short(beat('job'))).toEqual(['online', null, 1])
    server.advance(59_000)
    expect(short(beat('job'))).toEqual(['online', 59_000, 1])
    expect(short(beat('job'))).toEqual(['online', 0, 1])
    expect(sessions('job').length).toBe(1)
    expect(server.story('job')).toEqual(['join'])
    expect(server.store.changes.length).toBe(1)
  })

  test('is suspect after its period and half its grace, offline after all of it', () => {
    const { server, beat } = setUp()
    beat('job', { period: 10_000, grace: 4_001 })
    server.advance(11_900)
    expect(server.state('job')).toBe('online')
    server.advance(1_400)
    expect(server.state('job')).toBe('suspect')
    server.advance(900)
    expect(server.story('job')).toEqual(['join', 'suspect lost', 'leave lost'])
    expect(short(beat('job'))).toEqual(['online', null, 4])
  })

  test('goes on when a beat comes while it is suspect, and says when the one before came', () => {
    const { server, beat, sessions } = setUp()
    beat('job')
    server.advance(80_000)
    expect(server.state('job')).toBe('suspect')
    expect(short(beat('job'))).toEqual(['online', 80_000, 3])
    expect(server.story('job')).toEqual(['join', 'suspect lost', 'resume'])
    expect(sessions('job').map(({ beganAt }) => beganAt)).toEqual([1_000])
  })

  test('only beats are evidence, and nobody is pinged', () => {
    const { server, beat, sessions } = setUp()
    beat('job')
    const [session] = sessions('job')
    server.advance(50_000)
    server.board.detector.frame(session!, server.at)
    server.board.detector.control(session!, server.at)
    expect(session!.probedAt).toBeLessThan(0)
  })

  test('period and grace are kept until another is given', () => {
    const { server, beat, sessions } = setUp()
    const timing = () => {
      const { interval, timeout, grace } = sessions('job')[0]!.terms.timing
      return [interval, timeout, grace]
    }
    beat('job')
    expect(timing()).toEqual([60_000, 15_000, 15_000])
    beat('job', { period: 5_000 })
    expect(timing()).toEqual([5_000, 15_000, 15_000])
    beat('job', { grace: 2_000 })
    beat('job')
    expect(timing()).toEqual([5_000, 1_000, 1_000])
    server.advance(6_500)
    // from the suspicion on as well
    beat('job', { grace: 0 })
    expect(timing()).toEqual([5_000, 0, 0])
    server.advance(5_200)
    expect(server.state('job')).toBe('offline')
  })

  test('the store is told what was agreed when it changes, also on the way back, and nobody else is', () => {
    const { server, beat } = setUp()
    beat('job')
    server.advance(1_000)
    for (const more of [{ period: 60_000 }, { period: 5_000 }, { period: 5_000 }, { grace: 2_000 }, {}]) {
      expect(short(beat('job', more))).toEqual(['online', expect.any(Number), 1])
      server.advance(1_000)
    }
    server.advance(5_500)
    expect(short(beat('job', { period: 7_000 }))).toEqual(['online', 6_500, 3])
    server.committer.flush()
    expect(server.store.changes.map(({ kind, timing, details }) => [kind, timing, details])).toEqual([
      ['begin', { interval: 60_000, timeout: 15_000, grace: 15_000 }, null],
      ['update', { interval: 5_000, timeout: 15_000, grace: 15_000 }, null],
      ['update', { interval: 5_000, timeout: 1_000, grace: 1_000 }, null],
      ['suspect', { interval: 5_000, timeout: 1_000, grace: 1_000 }, null],
      ['resume', { interval: 7_000, timeout: 1_000, grace: 1_000 }, null],
    ])
    expect(server.story('job')).toEqual(['join', 'suspect lost', 'resume'])
  })

  test('a longer period than before is heeded at once', () => {
    const { server, beat } = setUp()
    beat('job', { period: 1_000, grace: 0 })
    server.advance(900)
    beat('job', { period: 3_600_000 })
    server.advance(3_599_900)
    expect(server.state('job')).toBe('online')
    server.advance(300)
    expect(server.story('job')).toEqual(['join', 'leave lost'])
  })

  test('those who say the same share one object of terms', () => {
    const { beats, sessions } = setUp()
    beats({ id: 'a', period: 5_000, grace: 10 }, { id: 'b' }, { id: 'c' })
    beats({ id: 'b', period: 5_000 }, { id: 'c', period: 5_000, grace: 10 })
    expect(sessions('a')[0]!.terms).toBe(sessions('c')[0]!.terms)
    expect(sessions('b')[0]!.terms.timing.interval).toBe(5_000)
  })
})

describe('a goodbye', () => {
  test('ends it as left, and is a sign of life', () => {
    const { server, beat, sessions } = setUp()
    beat('job')
    server.advance(10_000)
    expect(short(beat('job', { bye: true }))).toEqual(['offline', 10_000, 2])
    expect(server.story('job')).toEqual(['join', 'leave left'])
    expect(server.told.at(-1)?.lastBeatAt).toBe(server.time.told(server.at))
    expect(sessions('job')).toEqual([])
  })

  test('also of a suspect one; and of one who has none it is nothing', () => {
    const { server, beat } = setUp()
    beat('job')
    server.advance(80_000)
    beat('job', { bye: true })
    expect(server.story('job')).toEqual(['join', 'suspect lost', 'leave left'])
    expect(short(beat('job', { bye: true }))).toEqual(['offline', null, 3])
    expect(beat('nobody', { bye: true })).toEqual({ id: 'nobody', error: 'unknown_member' })
    expect(server.ids()).toEqual(['job'])
  })

  test('by end(): true only where there is one', () => {
    const { server, beat } = setUp()
    beat('job')
    expect([server.beats.end('job'), server.beats.end('job'), server.beats.end('nobody')]).toEqual([
      true,
      false,
      false,
    ])
    expect(server.story('job')).toEqual(['join', 'leave left'])
  })

  test('may say who it was', () => {
    const { server, beat } = setUp()
    beat('job')
    server.advance(2_000)
    beat('job', { bye: true, name: 'Nightly' })
    expect(server.story('job')).toEqual(['join', 'update', 'leave left'])
  })
})

describe('a member with sockets too', () => {
  test('is as well as its best session', () => {
    const { server, beat, sessions } = setUp()
    beat('7')
    const link = server.connect()
    link.say({ type: 'SetHeartbeat', user_id: '7' })
    expect(server.story('7')).toEqual(['join'])
    server.advance(28_000)
    link.say({ type: 'SetHeartbeat', user_id: '7' })
    server.advance(29_000)
    link.say({ type: 'SetHeartbeat', user_id: '7' })
    server.advance(29_000)
    // by HTTP it is suspect, which nobody hears of
    expect(sessions('7').map(({ state }) => state)).toEqual(['suspect', 'online'])
    expect(short(beat('7'))).toEqual(['online', 86_000, 1])
    expect(server.beats.end('7')).toBe(true)
    expect([server.story('7'), server.state('7')]).toEqual([['join'], 'online'])
    server.advance(31_000)
    expect(server.story('7')).toEqual(['join', 'leave lost'])
  })

  test('keeps the session by HTTP when its socket goes', () => {
    const { server, beat } = setUp()
    const link = server.connect()
    link.say({ type: 'SetHeartbeat', user_id: '7' })
    beat('7')
    link.drop()
    server.advance(20_000)
    expect([server.story('7'), server.state('7')]).toEqual([['join'], 'online'])
  })
})

describe('who it is', () => {
  test('is told when it is new, and not when it is said again', () => {
    const { server, beat } = setUp()
    const said = { name: 'Nightly', type: 'job', profile: { at: 3, of: ['x'] } }
    beat('job', said)
    for (let i = 0; i < 5; i++) {
      server.advance(2_000)
      beat('job', { ...said, profile: { at: 3, of: ['x'] } })
    }
    expect(server.store.changes.length).toBe(1)
    expect(short(beat('job', { type: 'cron' }))).toEqual(['online', 0, 2])
    server.advance(2_000)
    beat('job', { profile: null })
    expect(server.story('job')).toEqual(['join', 'update', 'update'])
    expect(server.told.at(-1)).toMatchObject({ name: 'Nightly', type: 'cron', profile: null })
  })

  test('within a second updates are merged, and the last word wins though it was known before', () => {
    const { server, beat } = setUp()
    beat('job', { name: 'A' })
    server.advance(2_000)
    beat('job', { name: 'B' })
    beat('job', { name: 'C' })
    beat('job', { name: 'B' })
    server.advance(2_000)
    expect(server.store.ledger.members.get('job')?.name).toBe('B')
    expect(server.told.map(({ name }) => name)).toEqual(['A', 'B'])
  })

  test('and within one list too', () => {
    const { server, beats } = setUp()
    beats({ id: 'job', name: 'A' })
    server.advance(2_000)
    beats({ id: 'job', name: 'A' }, { id: 'job', name: 'B' }, { id: 'job', name: 'A' })
    server.advance(2_000)
    expect(server.store.ledger.members.get('job')?.name).toBe('A')
  })

  test('property: however names come and whenever, the last one stands two seconds later', () => {
    const step = fc.record({ name: fc.constantFrom('A', 'B', 'C'), wait: fc.constantFrom(0, 300, 1_100) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), steps => {
        const { server, beat } = setUp()
        for (const { name, wait } of steps) {
          beat('job', { name })
          server.advance(wait)
        }
        server.advance(2_500)
        expect(server.store.ledger.members.get('job')?.name).toBe(steps.at(-1)!.name)
      }),
    )
  })
})

describe('a list', () => {
  test('is answered in order, each by what it is after the list', () => {
    const { beats } = setUp()
    const answers = beats(
      { id: 'a' },
      { id: 'b' },
      { id: 'a' },
      { id: 'b', bye: true },
      { id: 'c', bye: true },
    )
    expect(answers.map(short)).toEqual([
      ['online', null, 1],
      ['offline', null, 3],
      ['online', 0, 1],
      ['offline', 0, 3],
      ['unknown_member'],
    ])
    expect(answers.map(({ id }) => id)).toEqual(['a', 'b', 'a', 'b', 'c'])
  })

  test('those who are banned are answered one by one, and no session begins', () => {
    const { server, beats } = setUp()
    server.banned.set('b', null)
    expect(beats({ id: 'a' }, { id: 'b' }, { id: 'b', bye: true }).map(short)).toEqual([
      ['online', null, 1],
      ['banned'],
      ['banned'],
    ])
    expect(server.ids()).toEqual(['a'])
  })

  test('nothing is nothing', () => {
    expect(setUp().beats()).toEqual([])
  })
})

test('a kick ends it, and the next beat begins anew', () => {
  const { server, beat, sessions } = setUp()
  beat('job')
  server.advance(1_000)
  server.board.apply({ type: 'end', session: sessions('job')[0]!, reason: 'kicked' }, server.at)
  expect(server.story('job')).toEqual(['join', 'leave kicked'])
  expect(short(beat('job'))).toEqual(['online', null, 3])
})

test('a thousand jobs that fall silent at once are held, and answered as online until then', () => {
  const { server, beats } = setUp()
  const ids = Array.from({ length: 1_000 }, (_, i) => `j${i}`)
  const all = (from: number, to: number) => beats(...ids.slice(from, to).map(id => ({ id })))
  all(0, 500)
  all(500, 1_000)
  server.advance(75_200)
  const [session] = server.views.sessionsOf('j0')
  expect(server.board.detector.isHeld(session!, server.at)).toBe(true)
  expect(all(0, 1_000).every(answer => !('error' in answer) && answer.state === 'online')).toBe(true)
  server.advance(40_000)
  expect(server.told.filter(({ kind }) => kind !== 'join')).toEqual([])
})
