import { describe, expect, test } from 'bun:test'
import { EPOCH, FakeServer } from '../../test/support/fake-server.ts'

const set = (user_id: unknown) => ({ type: 'SetHeartbeat', user_id })

function answerOf(server: FakeServer, id: string) {
  server.committer.flush()
  return server.views.member(server.store.lookup([id])[0]!, server.at)
}

describe('a member', () => {
  test('has the evidence the detector has, not what was written', () => {
    const server = new FakeServer('auto')
    const link = server.connect()
    link.say(set('7'))
    server.advance(5_000)
    link.say(set('7'))
    server.advance(2_000)
    link.control()
    expect(server.store.lookup(['7'])[0]?.lastEvidenceAt).toBe(EPOCH + 1_000)
    expect(answerOf(server, '7')).toMatchObject({ lastEvidenceAt: EPOCH + 8_000, lastBeatAt: EPOCH + 6_000 })
  })

  test('of several sessions has the latest of each', () => {
    const server = new FakeServer('auto')
    const [a, b] = [server.connect(), server.connect()]
    a.say(set('7'))
    server.advance(1_000)
    b.say(set('7'))
    server.advance(1_000)
    a.control()
    expect(answerOf(server, '7')).toMatchObject({
      lastEvidenceAt: EPOCH + 3_000,
      lastBeatAt: EPOCH + 2_000,
      sessions: 2,
    })
  })

  test('offline keeps what was written last', () => {
    const server = new FakeServer('auto')
    server.connect().say(set('7'))
    server.links[0]!.drop()
    server.advance(9_000)
    expect(answerOf(server, '7')).toMatchObject({
      state: 'offline',
      lastEvidenceAt: EPOCH + 1_000,
      sessions: 0,
    })
  })

  test('is held while the breaker withholds its end', () => {
    const server = new FakeServer('uid', { settings: { breaker: { ...breaker, least: 2 } } })
    for (const id of ['a', 'b', 'c']) server.connect().say(id)
    server.advance(40_200)
    expect(answerOf(server, 'a')).toMatchObject({ state: 'online', held: true })
    expect(server.links[0]!.ended).toBeNull()
    expect(server.count('breaker_trips')).toBe(1)
    server.links[0]!.say('a')
    expect(answerOf(server, 'a').held).toBeUndefined()
  })
})

const breaker = { share: 0.3, least: 100, window: 5_000, calm: 0.01, hold: 30_000, pace: 1_000 }

describe('sessions', () => {
  test('show their connection, their state and why', () => {
    const server = new FakeServer('auto')
    server.connect({ address: '127.0.0.2', headers: { host: 'localhost' } }).say(set('7'))
    const only = () => server.views.session(server.board.detector.table.of('7')!, server.at)
    expect(only()).toMatchObject({
      member: '7',
      dialect: 'heartbeat',
      state: 'online',
      address: '127.0.0.2',
      clientId: null,
      reason: null,
      beganAt: EPOCH + 1_000,
    })
    server.links[0]!.drop(1000)
    server.advance(500)
    expect(only()).toMatchObject({ state: 'suspect', address: null, reason: 'closed', since: EPOCH + 1_000 })
  })

  test('page by page, with a member or without, each once', () => {
    const server = new FakeServer('auto')
    for (let i = 0; i < 25; i++) server.connect().say(i % 2 === 0 ? set(i) : 'ping')
    for (const [anonymous, count] of [
      [false, 13],
      [true, 12],
    ] as const) {
      const ids: number[] = []
      let after: number | null = null
      do {
        const page = server.views.page(after, 5, anonymous)
        expect(page.found.length).toBeLessThanOrEqual(5)
        for (const session of page.found) {
          expect(session.member === null).toBe(anonymous)
          ids.push(session.id)
        }
        after = page.next
      } while (after !== null)
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
      expect(ids.length).toBe(count)
    }
  })

  test('anonymous gateway links show their client id', () => {
    const server = new FakeServer('gateway')
    const link = server.connect()
    const [session] = server.views.page(null, 10, true).found
    expect(server.views.session(session!, server.at).clientId).toBe(link.data.clientId)
  })
})
