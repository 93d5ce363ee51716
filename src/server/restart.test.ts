import { describe, expect, test } from 'bun:test'
import { EPOCH, FakeServer } from '../../test/support/fake-server.ts'
import type { LedgerStore } from '../../test/support/ledger-store.ts'
import { beating } from '../../test/support/native-talk.ts'
import { putSession } from '../core/member-sessions.ts'
import type { SessionRecord } from '../stores/store.ts'
import { openSessions, restoreSessions } from './restart.ts'

const HOUR = 3_600_000
const NATIVE = { instance: 'instance-a-0123456789' }

const set = (user_id: unknown) => ({ type: 'SetHeartbeat', user_id })

function openOf(server: FakeServer): SessionRecord[] {
  return openSessions(server.board.detector, server.time)
}

/** A second run over what the first one left, with its clock at its own zero. */
function restart(before: FakeServer, pause = 1_000): FakeServer {
  const open = openOf(before)
  const { store } = before
  // both clocks begin at the same moment of their own
  const wallShift = before.time.told(before.at) - EPOCH + pause - 1_000
  const after = new FakeServer('auto', { store, wallShift })
  for (const { id, member, away } of open)
    putSession(memberOf(store, member), id, away ? 'away' : 'online', true)
  restoreSessions(after.board.detector, open, after.settings, after.port, after.time, after.at)
  return after
}

function memberOf(store: LedgerStore, id: string) {
  const member = store.ledger.members.get(id)
  if (member === undefined) throw new Error(`no member ${id}`)
  return member
}

function crowd(): FakeServer {
  const server = new FakeServer('auto')
  server.connect().say(set('a'), set('b'))
  server.connect().say({ action: 'open', id: 'c' })
  server.connect().say('ping')
  server.advance(5_000)
  server.links[1]!.say('ping')
  return server
}

describe('open sessions', () => {
  test('are those with a member, with their freshest evidence', () => {
    const open = openOf(crowd())
    expect(open.map(({ member, dialect }) => [member, dialect])).toEqual([
      ['a', 'heartbeat'],
      ['b', 'heartbeat'],
      ['c', 'members'],
    ])
    expect(open.map(({ lastEvidenceAt }) => lastEvidenceAt - EPOCH)).toEqual([1_000, 1_000, 6_000])
    expect(open.map(({ lastBeatAt }) => lastBeatAt)).toEqual([EPOCH + 1_000, EPOCH + 1_000, EPOCH + 6_000])
  })

  test('come through a restart unchanged, however often', () => {
    const first = crowd()
    const second = restart(first)
    expect(openOf(second)).toEqual(openOf(first))
    expect(openOf(restart(second))).toEqual(openOf(first))
  })
})

describe('after a restart', () => {
  test('who comes back in time is told to nobody', () => {
    const server = restart(crowd())
    server.advance(34_000)
    server.connect().say(set('a'), set('b'))
    server.connect().say({ action: 'open', id: 'c' })
    server.advance(5_000)
    expect(server.told).toEqual([])
    expect(server.ids().map(id => server.state(id))).toEqual(['online', 'online', 'online'])
  })

  test('who does not leaves as node_lost, with the evidence it gave last', () => {
    const server = restart(crowd(), 600_000)
    server.advance(35_200)
    expect(server.told.map(({ kind, member, reason }) => [kind, member, reason])).toEqual([
      ['leave', 'a', 'node_lost'],
      ['leave', 'b', 'node_lost'],
      ['leave', 'c', 'node_lost'],
    ])
    expect(server.told.map(({ lastEvidenceAt }) => lastEvidenceAt - EPOCH)).toEqual([1_000, 1_000, 6_000])
  })

  test('who was away has as long as a hidden page may need, and is still away where it says so', () => {
    const before = new FakeServer('auto')
    const links = ['a', 'b', 'c', 'd'].map((member, epoch) => before.native({ ...NATIVE, member, epoch }))
    const [a, b, c, d] = links
    for (const link of [a, b, d]) link!.say({ t: 'away' })
    beating(before, 31_000, ...links)
    c!.say({ t: 'away' })
    d!.drop()
    beating(before, 2_000, a!, b!, c!)
    // what was told last of `d` is that it is suspect
    expect(openOf(before).map(({ away }) => away)).toEqual([true, true, false, false])
    const after = restart(restart(before))
    after.advance(35_200)
    expect([...after.story('c'), ...after.story('d')]).toEqual(['leave node_lost', 'leave node_lost'])
    after.advance(39_000)
    after.native({ ...NATIVE, member: 'a', epoch: 7, away: true })
    after.advance(1_200)
    expect(after.told.map(({ member }) => member)).toEqual(['c', 'd', 'b'])
    expect([after.state('a'), after.story('b')]).toEqual(['away', ['leave node_lost']])
  })

  test('who beats by HTTP goes on as it agreed, and need not say it again', () => {
    const hourly = { period: HOUR, grace: 600_000 }
    const before = new FakeServer('auto')
    before.beats.beat([
      { id: 'early', ...hourly },
      { id: 'late', ...hourly },
      { id: 'never', ...hourly },
    ])
    before.beats.beat([{ id: 'short', period: 5_000, grace: 0 }, { id: 'usual' }])
    before.advance(2_000)
    const after = restart(restart(before, 500), 500)
    after.beats.beat([{ id: 'early' }])
    after.advance(34_000)
    expect(after.told).toEqual([])
    // the least that all have
    expect(after.beats.beat([{ id: 'short' }])).toMatchObject([{ state: 'online', sinceLast: 37_000 }])
    after.advance(5_200)
    expect([after.story('short'), after.story('usual')]).toEqual([['leave lost'], []])
    after.advance(51_000)
    expect(after.story('usual')).toEqual(['leave node_lost'])
    after.advance(HOUR - 100_000)
    expect(after.beats.beat([{ id: 'early' }, { id: 'late' }])).toMatchObject([
      { state: 'online', sinceLast: HOUR - 9_800 },
      { state: 'online', sinceLast: HOUR - 6_800 },
    ])
    after.advance(HOUR + 299_000)
    expect(after.story('never')).toEqual(['leave node_lost'])
    expect([after.story('early'), after.story('late')]).toEqual([[], []])
    after.advance(302_000)
    expect(after.story('early')).toEqual(['suspect lost', 'leave lost'])
  })

  test('where the file does not say what was agreed by HTTP, it is what it is at first', () => {
    const before = new FakeServer('auto')
    before.beats.beat([{ id: 'a', period: HOUR, grace: 0 }])
    const [open] = openOf(before)
    const after = new FakeServer('auto')
    const { settings, port, time, at } = after
    restoreSessions(after.board.detector, [{ ...open!, timing: null }], settings, port, time, at)
    expect(openOf(after)).toMatchObject([{ timing: { interval: 60_000, timeout: 15_000, grace: 15_000 } }])
  })

  test('a wall clock that was set back meanwhile puts no evidence into the future', () => {
    const server = restart(crowd(), -3_600_000)
    for (const session of server.board.detector.table.inOrder.after(null, 10))
      expect(session.frameAt).toBeLessThanOrEqual(server.at)
    server.advance(35_200)
    expect(server.store.counts.offline).toBe(3)
  })
})

describe('while the server stops', () => {
  test('links are closed with 1012 and their sessions go on', () => {
    const server = crowd()
    server.reception.closeAll()
    expect(server.links.map(({ ended }) => ended)).toEqual([1012, 1012, 1012])
    for (const link of server.links) {
      link.say(set('late'))
      link.settle()
    }
    expect(openOf(server).map(({ member }) => member)).toEqual(['a', 'b', 'c'])
    expect(server.ids().map(id => [id, server.state(id)])).toEqual([
      ['a', 'online'],
      ['b', 'online'],
      ['c', 'online'],
    ])
    for (const session of server.board.detector.table.inOrder.after(null, 10))
      expect(session.state).toBe('online')
  })

  test('a link that opens meanwhile is closed before it says anything', () => {
    const server = crowd()
    server.reception.closeAll()
    const late = server.connect()
    late.say(set('late'))
    late.settle()
    expect(late.ended).toBe(1012)
    expect(server.ids()).toEqual(['a', 'b', 'c'])
    expect(server.reception.connections.has(late.data)).toBe(false)
  })
})
