// What ends a native connection, or measures it: policies, floods, failures, round trips, a stop.

import { describe, expect, test } from 'bun:test'
import type { FakeLink } from '../../test/support/fake-link.ts'
import { type FakeOptions, FakeServer } from '../../test/support/fake-server.ts'
import { beating, errorOf, heard, welcomed } from '../../test/support/native-talk.ts'

const A = 'instance-a-0123456789'
const B = 'instance-b-0123456789'
const hello = (epoch: number, instance = A, member = '7') => ({ member, instance, epoch })

function setUp(options: FakeOptions = {}) {
  return new FakeServer('auto', options)
}

describe('policy newest', () => {
  test('the older session is told and ended; the member never leaves', () => {
    const server = setUp({ settings: { policy: 'newest' } })
    const first = server.native(hello(1))
    const second = server.native(hello(1, B))
    expect([errorOf(first), first.ended]).toEqual(['replaced', 4501])
    expect(welcomed(second)).toEqual(['2', false])
    server.advance(100)
    expect(server.state('7')).toBe('online')
    expect(server.story('7')).not.toContain('leave replaced')
  })

  test('after three take-overs in a minute the newest stays', () => {
    const server = setUp({ settings: { policy: 'newest' } })
    const links = [0, 1, 2, 3].map(n => server.native(hello(1, `instance-${n}-0123456789`)))
    const late = server.native(hello(1, B))
    expect([errorOf(late), late.ended]).toEqual(['occupied', 4502])
    expect(heard(late).at(-1).re).toBe('hello')
    expect(heard(links[0]!).at(-1)).not.toHaveProperty('re')
    expect(links.map(({ ended }) => ended)).toEqual([4501, 4501, 4501, null])
  })
})

describe('policy oldest', () => {
  const settings = { policy: 'oldest', firstHello: 2_000 } as const

  test('a newcomer is refused while the old one is heard of', () => {
    const server = setUp({ settings })
    const first = server.native(hello(1))
    const second = server.native(hello(1, B))
    expect([errorOf(second), second.ended, first.ended]).toEqual(['occupied', 4502, null])
    expect(heard(second).at(-1).re).toBe('hello')
  })

  /** The old one is probed because it is quiet; the newcomer waits for what comes of it. */
  function waiting() {
    const server = setUp({ settings })
    const first = server.native(hello(1))
    server.advance(10_200)
    first.control('pong')
    server.advance(9_900)
    first.sent.length = 0
    server.at += 150
    const second = server.native(hello(1, B))
    return { server, first, second }
  }

  test('waits where the old one is quiet, is not late meanwhile, and takes its place if nothing comes', () => {
    const { server, first, second } = waiting()
    expect(second.sent).toEqual([])
    server.advance(4_800)
    expect(second.ended).toBeNull()
    server.advance(500)
    expect(welcomed(second)[1]).toBe(false)
    expect(first.ended).not.toBeNull()
    expect(server.state('7')).toBe('online')
  })

  test('waits, beats, is told to wait with the rest, and is refused once the old one answers', () => {
    const { server, first, second } = waiting()
    second.say('{"t":"beat"}', { t: 'away', id: 1 })
    expect(heard(second).map(({ t, code }) => code ?? t)).toEqual(['beat', 'waiting'])
    first.control('pong')
    server.advance(200)
    expect([heard(second).at(-1).code, second.ended, first.ended]).toEqual(['occupied', 4502, null])
    expect(heard(second).at(-1).re).toBe('hello')
  })

  test('a newcomer that waits at a stop is closed without a word: it was not greeted', () => {
    const { server, first, second } = waiting()
    server.reception.closeAll()
    expect(heard(first).map(({ t }) => t)).toEqual(['moved'])
    expect([second.sent, second.ended]).toEqual([[], 1012])
  })

  test('a newcomer that goes away while it waits takes nobody its place', () => {
    for (const leave of [(link: FakeLink) => link.drop(), (link: FakeLink) => link.say({ t: 'bye' })]) {
      const { server, first, second } = waiting()
      leave(second)
      server.advance(3_000)
      first.control('pong')
      server.advance(3_000)
      expect([first.ended, server.board.detector.table.of('7')?.instance]).toEqual([null, A])
    }
  })
})

describe('too many frames', () => {
  test('for three seconds end the connection with its code', () => {
    const server = setUp({ settings: { rate: { perSecond: 10, burst: 10 } } })
    const link = server.native(hello(1))
    for (let i = 0; i < 40; i++) {
      for (let n = 0; n < 20; n++) link.say('{"t":"beat"}')
      server.advance(100)
    }
    expect([errorOf(link), link.ended]).toEqual(['too_fast', 4429])
    expect(heard(link).at(-1)).not.toHaveProperty('re')
    server.advance(1_500)
    expect(server.state('7')).toBe('suspect')
  })

  test('are fewer where they are large, as text or binary', () => {
    const large = { t: 'update', name: 'x'.repeat(81_920), id: 1 }
    const answered = (say: (link: FakeLink) => void) => {
      const server = setUp({ settings: { rate: { perSecond: 100, burst: 200 } } })
      const link = server.native(hello(1))
      server.at += 10_000
      link.sent.length = 0
      for (let i = 0; i < 30; i++) say(link)
      return link.sent.length
    }
    expect(answered(link => link.say(large))).toBe(18)
    expect(answered(link => link.binary(81_920))).toBe(18)
    expect(answered(link => link.binary())).toBe(30)
  })
})

describe('a failure of the server', () => {
  test('ends the connection that met it, and says so', () => {
    const server = setUp()
    const link = server.native(hello(1))
    server.store.lookup = () => {
      throw new Error('disk')
    }
    expect(() => link.say({ t: 'enter', group: 'g' })).toThrow('disk')
    expect([errorOf(link), link.ended]).toEqual(['internal', 1011])
  })
})

describe('round trips', () => {
  test('do not make a wave of newcomers into a wave of probes', () => {
    const server = setUp()
    const links = Array.from({ length: 1_000 }, (_, i) => server.native(hello(1, A, `m${i}`)))
    server.at += 3
    for (const link of links) link.control('pong')
    let most = 0
    for (let before = 1_000, tick = 0; tick < 105; tick++) {
      server.advance(100)
      const pings = links.reduce((sum, link) => sum + link.pinged, 0)
      most = Math.max(most, pings - before)
      before = pings
    }
    expect(links.every(({ pinged }) => pinged === 2)).toBe(true)
    expect(most).toBeLessThan(50)
  })

  test('are measured after the welcome and once a minute; the answer to a probe counts too', () => {
    const server = setUp()
    const link = server.native(hello(1))
    expect(link.pinged).toBe(1)
    server.at += 37
    link.control('pong')
    expect(link.data.rtt).toBe(37)
    const session = () => server.views.session(server.board.detector.table.of('7')!, server.at)
    expect(session().rtt).toBe(37)
    beating(server, 58_000, link)
    expect(link.pinged).toBe(1)
    beating(server, 8_000, link)
    expect(link.pinged).toBe(2)
    server.at += 5
    link.control('ping')
    expect(link.data.rtt).toBe(37)
    link.control('pong')
    link.control('pong')
    expect(session().rtt).toBeGreaterThanOrEqual(5)
    link.drop()
    expect(session().rtt).toBeNull()
  })

  test('of thousands are spread, and each comes once a minute', () => {
    const server = setUp()
    const links = Array.from({ length: 300 }, (_, i) => server.native(hello(1, A, `m${i}`)))
    for (let minute = 1; minute <= 3; minute++) {
      beating(server, 66_000, ...links)
      for (const link of links) link.control('pong')
    }
    for (const link of links) {
      expect(link.pinged).toBeGreaterThanOrEqual(3)
      expect(link.pinged).toBeLessThanOrEqual(4)
    }
  })
})

describe('a stop', () => {
  test('tells native connections when to come back, and nobody before its hello', () => {
    const server = setUp()
    const links = [
      server.native(hello(1)),
      server.native({ observer: true }),
      server.native(),
      server.connect(),
    ]
    server.reception.closeAll()
    const moved = { t: 'moved', retryAfter: { min: 1_000, max: 2_000 } }
    expect(links.map(link => heard(link).at(-1))).toEqual([moved, moved, undefined, undefined])
    expect(links.map(({ ended }) => ended)).toEqual([1012, 1012, 1012, 1012])
  })

  test('spreads many over more time', () => {
    const server = setUp()
    const links = Array.from({ length: 1_500 }, (_, i) => server.native(hello(1, A, `m${i}`)))
    server.reception.closeAll()
    expect(heard(links[0]!).at(-1).retryAfter).toEqual({ min: 1_000, max: 4_000 })
  })
})
