// Who is kept out, by bans and by limits, in open mode and by token: through the rooms of a server with no socket.

import { describe, expect, test } from 'bun:test'
import { FakeAuthority, grantOf } from '../../test/support/fake-authority.ts'
import type { FakeLink } from '../../test/support/fake-link.ts'
import { type FakeOptions, FakeServer } from '../../test/support/fake-server.ts'
import { errorOf, heard, welcomed } from '../../test/support/native-talk.ts'
import type { LimitSettings } from './settings.ts'

const A = 'instance-a-0123456789'
const B = 'instance-b-0123456789'
const at = (instance = A, epoch = 1) => ({ instance, epoch })

function limited(limits: Partial<LimitSettings>): FakeOptions {
  const { settings } = new FakeServer('auto')
  return { settings: { limits: { ...settings.limits, ...limits } } }
}

const last = (link: FakeLink) => heard(link).at(-1)

describe('who is kept out', () => {
  test('a banned member is told so, and nothing of it begins', () => {
    const server = new FakeServer('auto')
    server.banned.set('7', 'spam')
    const link = server.native({ member: '7', ...at() })
    expect(last(link)).toMatchObject({ t: 'error', code: 'banned', re: 'hello', message: 'banned: spam' })
    expect(link.ended).toBe(4503)
    expect([server.ids(), server.count('banned')]).toEqual([[], 1])
  })

  test('whoever its token says', () => {
    const server = new FakeServer('auto', { authority: new FakeAuthority({ good: grantOf('7') }) })
    server.banned.set('7', null)
    const link = server.native({ token: 'good', ...at() })
    expect([errorOf(link), link.ended]).toEqual(['banned', 4503])
  })

  test.each([
    ['heartbeat', { type: 'SetHeartbeat', user_id: '7', user_name: 'Ana', timestamp: 1 }],
    ['members', { action: 'open', id: '7' }],
  ])('by the close of %s', (_, message) => {
    const server = new FakeServer('auto')
    server.banned.set('7', null)
    const link = server.connect()
    link.say(message)
    expect([link.ended, server.ids()]).toEqual([4503, []])
  })

  test('one of several on a connection is left out; the others stay', () => {
    const server = new FakeServer('auto')
    server.banned.set('8', null)
    const link = server.connect()
    for (const user_id of ['7', '8', '9']) link.say({ type: 'SetHeartbeat', user_id, timestamp: 1 })
    expect([link.ended, server.ids()]).toEqual([null, ['7', '9']])
  })

  test('also one that waits for the place of another', () => {
    const settings = { ...new FakeServer('auto').settings, policy: 'oldest' as const }
    const server = new FakeServer('auto', { settings })
    server.native({ member: '7', ...at(A) })
    server.advance(11_000)
    const young = server.native({ member: '7', ...at(B) })
    expect(young.data.stage).toBe('waiting')
    server.banned.set('7', null)
    server.gate.banned('7')
    expect([errorOf(young), young.ended]).toEqual(['banned', 4503])
    server.advance(10_000)
    expect(server.story('7').filter(kind => kind === 'join')).toHaveLength(1)
    expect(server.board.detector.table.of('7')?.next ?? null).toBeNull()
  })

  test('by the host too: a banned member is bound to nothing', () => {
    const server = new FakeServer('gateway')
    server.banned.set('7', null)
    const { clientId } = server.connect().data
    expect(() => server.gatewayLinks.bind(clientId!, '7', server.at)).toThrow('is banned')
    expect(server.ids()).toEqual([])
  })

  test('a member over its number of connections; not one that comes back', () => {
    const server = new FakeServer('auto', limited({ perMember: 2 }))
    const first = server.native({ member: '7', ...at(A) })
    server.native({ member: '7', ...at(B) })
    const third = server.native({ member: '7', ...at('instance-c-0123456789') })
    expect([errorOf(third), third.ended]).toEqual(['too_many_connections', 4431])
    const again = server.native({ member: '7', ...at(A, 2) })
    expect(welcomed(again)).toEqual(['1', true])
    expect(first.ended).toBe(1006)
    again.drop()
    server.native({ member: '7', ...at('instance-d-0123456789') })
    const late = server.native({ member: '7', ...at(A, 3) })
    expect(welcomed(late)).toEqual(['1', true])
    expect(server.count('too_many_connections')).toBe(1)
  })

  test('not where the member may have one session only: then the newer takes the place', () => {
    const options = limited({ perMember: 1 })
    const server = new FakeServer('auto', { settings: { ...options.settings, policy: 'newest' } })
    server.native({ member: '7', ...at(A) })
    expect(welcomed(server.native({ member: '7', ...at(B) }))[1]).toBe(false)
  })

  test('also of the published dialects, by their close', () => {
    const server = new FakeServer('uid', limited({ perMember: 1 }))
    const [first, second] = [server.connect(), server.connect()]
    for (const link of [first, second]) link.say('20')
    expect([first.ended, second.ended]).toEqual([null, 4431])
  })
})

describe('limits', () => {
  test('of groups, profile and updates are the server’s, and said in the welcome', () => {
    const server = new FakeServer('auto', limited({ groups: 2, profile: 10, updates: 4, watched: 5 }))
    const link = server.native({ member: '7', ...at() })
    expect(last(link).limits).toMatchObject({ groups: 2, profile: 10, updates: 4, watch: 5 })
    for (const group of ['a', 'b', 'c']) link.say({ t: 'enter', group, id: group })
    expect(last(link)).toMatchObject({ code: 'too_many', id: 'c', field: 'group' })
    link.say({ t: 'update', profile: { a: 1234 }, id: 1 }, { t: 'update', profile: { a: 12345 }, id: 2 })
    expect(heard(link).slice(-2)).toMatchObject([
      { t: 'ack', id: 1 },
      { code: 'too_large', field: 'profile', id: 2 },
    ])
    const refused = server.native({ member: '8', ...at(), profile: { a: 12345 } })
    expect([errorOf(refused), refused.ended]).toEqual(['too_large', 4511])
  })

  test('four updates a second are told', () => {
    const server = new FakeServer('auto', limited({ updates: 4 }))
    const link = server.native({ member: '7', ...at() })
    for (let i = 0; i < 20; i++) {
      link.say({ t: 'update', name: `n${i}` })
      server.advance(100)
    }
    const updates = server.story('7').filter(kind => kind === 'update').length
    expect(updates).toBeGreaterThanOrEqual(6)
    expect(updates).toBeLessThanOrEqual(9)
  })
})
