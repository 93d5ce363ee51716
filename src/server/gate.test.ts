// Native connections where tokens are asked for: through the rooms of a server with no socket.

import { describe, expect, test } from 'bun:test'
import { FakeAuthority, grantOf, reach } from '../../test/support/fake-authority.ts'
import type { FakeLink } from '../../test/support/fake-link.ts'
import { EPOCH, type FakeOptions, FakeServer } from '../../test/support/fake-server.ts'
import { beating, errorOf, heard, welcomed } from '../../test/support/native-talk.ts'

const A = 'instance-a-0123456789'
const B = 'instance-b-0123456789'
const at = (instance = A, epoch = 1) => ({ instance, epoch })

function setUp(tokens: ConstructorParameters<typeof FakeAuthority>[0] = {}, options: FakeOptions = {}) {
  const authority = new FakeAuthority(tokens)
  return { authority, server: new FakeServer('auto', { authority, ...options }) }
}

/** What is noted is in memory a few turns of promises later. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

const last = (link: FakeLink) => heard(link).at(-1)

describe('hello with a token', () => {
  test('joins as the member of its grant, with its details and till it ends', async () => {
    const expires = EPOCH + 60_000
    const grant = grantOf('7', { details: { name: 'Ana', type: 'vip' }, expires, data: { plan: 1 } })
    const { server, authority } = setUp({ good: grant })
    const link = server.native({ token: 'good', ...at(), name: 'Eve', profile: { a: 1 } })
    expect(last(link)).toMatchObject({ t: 'welcome', member: '7', tokenExpires: expires })
    expect(server.story('7')).toEqual(['join'])
    expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Ana', type: 'vip', profile: { a: 1 } })
    await settled()
    expect(server.sessionData.of(welcomed(link)[0])).toEqual({ plan: 1 })
    expect(authority.asked).toMatchObject([
      { token: 'good', member: null, dialect: 'native', address: '127.0.0.1' },
    ])
  })

  test('enters the groups of its grant, as the doing of its session', () => {
    const { server } = setUp({ good: grantOf('7', { groups: ['g', 'h'] }) })
    const link = server.native({ token: 'good', ...at() })
    server.committer.flush()
    expect(server.store.lookup(['7'])[0]!.groups).toEqual(['g', 'h'])
    link.say({ t: 'bye' })
    server.committer.flush()
    expect(server.store.lookup(['7'])[0]!.groups).toEqual([])
  })

  test('a token that says other groups takes back those of the one before, also after a reconnect', () => {
    const { server } = setUp({
      one: grantOf('7', { groups: ['g', 'h'] }),
      two: grantOf('7', { groups: ['h'] }),
    })
    server.native({ token: 'one', ...at() }).drop()
    const again = server.native({ token: 'two', ...at(A, 2) })
    expect(welcomed(again)).toEqual(['1', true])
    server.committer.flush()
    expect(server.store.lookup(['7'])[0]!.groups).toEqual(['h'])
  })

  test('whose groups find no room is let in without them: counted and logged, once', async () => {
    const { server } = setUp({
      good: grantOf('7', { groups: ['need1', 'need2'] }),
      fine: grantOf('8', { groups: ['need1'] }),
    })
    for (let i = 0; i < 99; i++) await server.groups.add(`g${i}`, '7')
    const link = server.native({ token: 'good', ...at() })
    server.native({ token: 'fine', ...at(B) })
    expect(welcomed(link)[0]).toBe('1')
    await settled()
    const { groups } = server.store.lookup(['7'])[0]!
    expect([groups.length, groups.includes('need1'), groups.includes('need2')]).toEqual([100, true, false])
    expect(server.count('too_many_groups')).toBe(1)
    const lines = server.lines.filter(({ fields }) => fields.count === 'too_many_groups')
    expect(lines.map(({ message }) => message)).toEqual([
      'groups of a token left out: the member is in as many as it may be, so 1 had no room',
    ])
    link.say({ t: 'bye' })
    await settled()
    expect(server.count('too_many_groups')).toBe(1)
  })

  test('goes by the policy of its grant', () => {
    const { server } = setUp({ good: grantOf('7', { policy: 'newest' }) })
    const first = server.native({ token: 'good', ...at(A) })
    server.native({ token: 'good', ...at(B) })
    expect([errorOf(first), first.ended]).toEqual(['replaced', 4501])
    expect(server.story('7')).toEqual(['join'])
  })

  test('that is refused, or is not there, is answered by unauthorized and 4401', () => {
    const { server } = setUp()
    for (const who of [{ token: 'bad', ...at() }, { member: '7', ...at() }, { observer: true }]) {
      const link = server.native(who)
      expect(last(link)).toMatchObject({ t: 'error', code: 'unauthorized', re: 'hello' })
      expect(link.ended).toBe(4401)
    }
    expect(server.ids()).toEqual([])
    expect(server.count('unauthorized')).toBe(3)
    expect(JSON.stringify(server.lines)).not.toContain('bad"')
  })

  test('of which nobody can say anything is answered by unavailable and 1013', () => {
    const { server, authority } = setUp()
    authority.away = true
    const link = server.native({ token: 'good', ...at() })
    expect([errorOf(link), link.ended]).toEqual(['unavailable', 1013])
  })

  test('of a member needs an instance', () => {
    const { server } = setUp({ good: grantOf('7') })
    const link = server.native({ token: 'good' })
    expect(last(link)).toMatchObject({ code: 'bad_field', field: 'instance' })
    expect(link.ended).toBe(4511)
    expect(server.ids()).toEqual([])
  })

  test('in open mode is auth_off, as before; also of an observer', () => {
    const server = new FakeServer('auto')
    for (const who of [
      { token: 'good', ...at() },
      { observer: true, token: 'good' },
    ]) {
      const link = server.native(who)
      expect([errorOf(link), link.ended]).toEqual(['auth_off', 4510])
    }
    const living = server.native({ member: '7', ...at() })
    living.say({ t: 'auth', token: 'good', id: 1 })
    expect([last(living).code, living.ended]).toEqual(['auth_off', null])
  })

  test('a hook hears whom a connection claims to be and what came with it, and its answer counts', () => {
    const { server, authority } = setUp({ c: grantOf('8') }, { keepsHeaders: true })
    const headers = { host: 'localhost:9502', cookie: 'c', origin: 'http://localhost', 'user-agent': 'x' }
    const link = server.connect({ protocols: ['systole.v1'], headers })
    link.say({ t: 'hello', member: '7', ...at() })
    expect(last(link)).toMatchObject({ t: 'welcome', member: '8' })
    expect(authority.asked).toMatchObject([
      { member: '7', cookie: 'c', origin: 'http://localhost', userAgent: 'x' },
    ])
    expect(server.ids()).toEqual(['8'])
  })

  test('nothing of an upgrade is kept where only tokens count', () => {
    const { server, authority } = setUp({ good: grantOf('7') })
    const headers = { host: 'localhost:9502', cookie: 'c', 'user-agent': 'x' }
    const link = server.connect({ protocols: ['systole.v1'], headers })
    link.say({ t: 'hello', token: 'good', ...at() })
    expect(authority.asked).toMatchObject([{ cookie: null, userAgent: null }])
    expect(link.data.approach).toBeNull()
  })
})

describe('an observer', () => {
  test('with the right to watch somebody is welcomed, and is in no list', () => {
    const few = grantOf('7', { rights: { watch: reach(['8']) } })
    const { server } = setUp({ few, all: grantOf(null) })
    for (const who of [{ observer: true, token: 'few' }, { token: 'all' }]) {
      const link = server.native(who)
      expect(last(link)).toMatchObject({ t: 'welcome', member: null })
    }
    expect(server.natives.observers).toBe(2)
    expect(server.ids()).toEqual([])
  })

  test('without any is refused', () => {
    const { server } = setUp({ blind: grantOf(null, { rights: { watch: reach([]) } }) })
    const link = server.native({ observer: true, token: 'blind' })
    expect([errorOf(link), link.ended]).toEqual(['unauthorized', 4401])
    expect(server.natives.observers).toBe(0)
  })
})

describe('while the answer is awaited', () => {
  test('beats are answered, the rest has to wait, and the hello is not late', async () => {
    const { server, authority } = setUp({ good: grantOf('7') })
    authority.slow = true
    const link = server.native({ token: 'good', ...at() })
    link.say({ t: 'beat' }, { t: 'enter', group: 'g' })
    expect(heard(link).map(({ t, code }) => code ?? t)).toEqual(['beat', 'waiting'])
    beating(server, 11_000, link)
    await authority.answer()
    expect(last(link)).toMatchObject({ t: 'welcome', member: '7' })
    expect(server.story('7')).toEqual(['join'])
  })

  test.each<[string, (link: FakeLink) => void]>([
    ['broken', link => link.drop()],
    ['closed', link => link.drop(1000)],
    ['gone with a bye', link => link.say({ t: 'bye' })],
  ])('a connection that is %s changes nothing any more', async (_, end) => {
    const { server, authority } = setUp({ good: grantOf('7', { groups: ['g'], data: 1 }) })
    authority.slow = true
    const link = server.native({ token: 'good', ...at() })
    end(link)
    await authority.answer()
    expect(server.ids()).toEqual([])
    server.advance(100)
    expect(server.board.detector.table.size).toBe(0)
  })

  test('an authority that breaks its word ends the connection, not the server', async () => {
    const authority = { authorize: () => Promise.reject(new Error('boom')) }
    const server = new FakeServer('auto', { authority })
    const link = server.native({ token: 'good', ...at() })
    for (let i = 0; i < 10; i++) await Promise.resolve()
    expect([errorOf(link), link.ended]).toEqual(['internal', 1011])
  })
})

describe('a pass that ends', () => {
  const soon = () => grantOf('7', { expires: EPOCH + 6_000 })

  test('ends the session as expired, within two ticks, with 4401', () => {
    const { server } = setUp({ good: soon() })
    const link = server.native({ token: 'good', ...at() })
    beating(server, 4_900, link)
    expect(link.ended).toBeNull()
    server.advance(200)
    expect([errorOf(link), link.ended]).toEqual(['expired', 4401])
    expect(server.story('7')).toEqual(['join', 'leave expired'])
    const again = server.native({ token: 'good', ...at(A, 2) })
    expect(welcomed(again)).toEqual(['2', false])
  })

  test('also of an observer', () => {
    const { server } = setUp({ good: soon() })
    const link = server.native({ token: 'good', observer: true })
    beating(server, 5_100, link)
    expect([errorOf(link), link.ended]).toEqual(['expired', 4401])
    expect(server.natives.observers).toBe(0)
  })

  test('goes by the wall clock of its authority: soon after that is set forward it ends, set back it waits', () => {
    const { server } = setUp({ good: grantOf('7', { expires: EPOCH + 600_000 }) })
    const link = server.native({ token: 'good', ...at() })
    server.wallShift = -3_600_000
    server.time.correct()
    beating(server, 3_000, link)
    expect(link.ended).toBeNull()
    server.wallShift = 600_000
    server.time.correct()
    beating(server, 102_000, link)
    expect(link.ended).toBe(4401)
  })

  test('ends when it says where the clock was set back, found out or not, and its client is told its true life', () => {
    const { server } = setUp(
      {
        first: grantOf('7', { expires: EPOCH + 61_000 }),
        fresh: grantOf('7', { expires: EPOCH + 121_000 }),
        later: grantOf('8', { expires: EPOCH + 161_000 }),
      },
      { wallShift: 7_200_000 },
    )
    server.wallShift = 0
    const link = server.native({ token: 'first', ...at() })
    const lives = (told: { tokenExpires?: number } | undefined) =>
      (told?.tokenExpires ?? 0) - server.time.told(server.at)
    expect(lives(last(link))).toBe(60_000)
    beating(server, 50_000, link)
    server.time.correct()
    link.say({ t: 'auth', token: 'fresh', id: 1 })
    expect(lives(last(link))).toBe(70_000)
    const other = server.native({ token: 'later', ...at(B) })
    beating(server, 69_000, link, other)
    expect([link.ended, other.ended]).toEqual([null, null])
    beating(server, 1_100, link, other)
    expect([link.ended, other.ended]).toEqual([4401, null])
    beating(server, 38_000, other)
    expect(other.ended).toBeNull()
    beating(server, 2_100, other)
    expect(other.ended).toBe(4401)
  })

  test('of a connection that is gone ends nothing', () => {
    const { server } = setUp({ good: soon(), long: grantOf('7', { expires: EPOCH + 60_000 }) })
    server.native({ token: 'good', ...at() }).drop()
    const again = server.native({ token: 'long', ...at(A, 2) })
    beating(server, 8_000, again)
    expect(again.ended).toBeNull()
    expect(server.story('7')).toEqual(['join'])
  })
})

describe('a fresh token', () => {
  const old = grantOf('7', { expires: EPOCH + 6_000, groups: ['g'] })

  test('of the same member puts the end off, and says when it is', () => {
    const expires = EPOCH + 60_000
    const { server } = setUp({
      old,
      fresh: grantOf('7', { expires, details: { name: 'Ana' }, groups: ['h'] }),
    })
    const link = server.native({ token: 'old', ...at() })
    link.say({ t: 'auth', token: 'fresh', id: 'a' })
    expect(last(link)).toEqual({ t: 'ack', id: 'a', tokenExpires: expires })
    beating(server, 8_000, link)
    expect(link.ended).toBeNull()
    expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Ana', groups: ['h'] })
    expect(server.resighted).toEqual([])
  })

  test.each([
    ['of another member', 'other'],
    ['that is refused', 'bad'],
  ])('%s is unauthorized; the connection stays until its old end', (_, token) => {
    const { server } = setUp({ old, other: grantOf('8', { expires: EPOCH + 60_000 }) })
    const link = server.native({ token: 'old', ...at() })
    link.say({ t: 'auth', token, id: 1 })
    expect(last(link)).toMatchObject({ t: 'error', code: 'unauthorized', re: 'auth', id: 1 })
    expect(link.ended).toBeNull()
    beating(server, 5_200, link)
    expect(link.ended).toBe(4401)
    expect(server.ids()).toEqual(['7'])
  })

  test('of which nobody can say anything: the connection stays', () => {
    const { server, authority } = setUp({ old })
    const link = server.native({ token: 'old', ...at() })
    authority.away = true
    link.say({ t: 'auth', token: 'fresh', id: 1 })
    expect([last(link).code, link.ended]).toEqual(['unavailable', null])
  })

  test('is looked at one at a time; its answer means nothing once the connection is gone', async () => {
    const { server, authority } = setUp({ old, fresh: grantOf('7') })
    const link = server.native({ token: 'old', ...at() })
    authority.slow = true
    link.say({ t: 'auth', token: 'fresh', id: 1 }, { t: 'auth', token: 'fresh', id: 2 })
    expect(last(link)).toMatchObject({ code: 'too_many', id: 2 })
    await authority.answer()
    expect(last(link)).toEqual({ t: 'ack', id: 1 })
    link.say({ t: 'auth', token: 'fresh', id: 3 })
    link.drop()
    const count = link.sent.length
    await authority.answer()
    expect(link.sent).toHaveLength(count)
  })

  test('that lets it watch others than before makes the hub look again', () => {
    const { server } = setUp({ old, less: grantOf('7', { rights: { watch: reach(['7']) } }) })
    const link = server.native({ token: 'old', ...at() })
    link.say({ t: 'auth', token: 'less' })
    expect(server.resighted).toEqual([link.data])
  })
})

describe('groups and details of a grant', () => {
  test('only groups it may watch, or those of its token, may be entered', () => {
    const grant = grantOf('7', { groups: ['mine'], rights: { watch: reach([], ['seen']) } })
    const { server } = setUp({ good: grant })
    const link = server.native({ token: 'good', ...at() })
    for (const group of ['seen', 'mine']) {
      link.say({ t: 'enter', group, id: group })
      expect(last(link)).toEqual({ t: 'ack', id: group })
    }
    link.say({ t: 'enter', group: 'other', id: 1 })
    expect(last(link)).toMatchObject({ code: 'forbidden', re: 'enter', id: 1, field: 'group' })
    server.committer.flush()
    expect(server.store.lookup(['7'])[0]!.groups.toSorted()).toEqual(['mine', 'seen'])
  })

  test('what the token says of the member stays as it says', () => {
    const { server } = setUp({ good: grantOf('7', { details: { name: 'Ana' } }) })
    const link = server.native({ token: 'good', ...at() })
    link.say({ t: 'update', name: 'Eve', type: 'x' })
    server.advance(1_000)
    expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Ana', type: 'x' })
  })
})
