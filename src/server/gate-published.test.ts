// The published dialects where tokens are asked for: in the query, in the first message that says who, or not at all.

import { describe, expect, test } from 'bun:test'
import { FakeAuthority, grantOf, reach } from '../../test/support/fake-authority.ts'
import type { FakeLink } from '../../test/support/fake-link.ts'
import { EPOCH, type FakeOptions, FakeServer } from '../../test/support/fake-server.ts'
import type { ListenerDialect, ListenerSettings } from './settings.ts'

const beat = (user_id: string, token?: unknown) => ({
  type: 'SetHeartbeat',
  user_id,
  user_name: `Ana(${user_id})`,
  timestamp: 1,
  ...(token !== undefined && { token }),
})
const open = (id: string, token?: string) => ({ action: 'open', id, name: 'Ana', ...(token && { token }) })
const TOKENS = { seven: grantOf('7'), eight: grantOf('8') }

function setUp(
  dialect: ListenerDialect,
  token: ListenerSettings['token'] = 'any',
  tokens: ConstructorParameters<typeof FakeAuthority>[0] = TOKENS,
  options: FakeOptions = {},
) {
  const authority = new FakeAuthority(tokens)
  return { authority, server: new FakeServer(dialect, { authority, listener: { token }, ...options }) }
}

const ask = (server: FakeServer, token?: string) =>
  server.connect(token === undefined ? {} : { url: `/ws?x=1&token=${token}` })

/** A link for each dialect that says who it is, by the query. */
const SAID: readonly [ListenerDialect, (link: FakeLink) => void][] = [
  ['heartbeat', link => link.say(beat('7'))],
  ['members', link => link.say(open('7'))],
  ['uid', link => link.say('7')],
  ['auto', link => link.say(beat('7'))],
]

describe.each(SAID)('a token in the query of %s', (dialect, say) => {
  test('lets its member in', () => {
    const { server, authority } = setUp(dialect)
    const link = ask(server, 'seven')
    say(link)
    expect([link.ended, server.story('7')]).toEqual([null, ['join']])
    expect(authority.asked).toMatchObject([{ token: 'seven', member: '7' }])
    say(link)
    expect(authority.asked).toHaveLength(1)
  })

  test('of another member is bad input, and ends with 4401', () => {
    const { server } = setUp(dialect)
    const link = ask(server, 'eight')
    say(link)
    expect([link.ended, server.ids()]).toEqual([4401, []])
    expect([server.count('bad_input_not_yours'), server.count('unauthorized')]).toEqual([1, 1])
    expect(JSON.stringify(server.lines)).not.toContain('eight')
  })

  test('that is unknown, or none, ends with 4401', () => {
    const { server } = setUp(dialect)
    for (const token of ['bad', undefined]) {
      const link = ask(server, token)
      say(link)
      expect(link.ended).toBe(4401)
    }
    expect(server.ids()).toEqual([])
    expect(server.count('unauthorized')).toBe(2)
  })

  test('where nobody can say what it is worth ends with 1013', () => {
    const { server, authority } = setUp(dialect)
    authority.away = true
    const link = ask(server, 'seven')
    say(link)
    expect(link.ended).toBe(1013)
  })

  test('means nothing on a listener that asks for none, or for one in the message', () => {
    const open = setUp(dialect, 'none')
    const claim = ask(open.server, 'eight')
    say(claim)
    expect([claim.ended, open.server.ids(), open.authority.asked]).toEqual([null, ['7'], []])
    const other = setUp(dialect, 'message')
    const link = ask(other.server, 'seven')
    say(link)
    expect([link.ended, other.authority.asked[0]?.token]).toEqual([4401, null])
  })

  test('ends with its time: the session as expired, the link with 4401', () => {
    const { server } = setUp(dialect, 'any', { soon: grantOf('7', { expires: EPOCH + 6_000 }) })
    const link = ask(server, 'soon')
    say(link)
    server.advance(4_900)
    expect(link.ended).toBeNull()
    server.advance(300)
    expect([link.ended, server.story('7')]).toEqual([4401, ['join', 'leave expired']])
  })
})

describe('a token in the first message that says who', () => {
  test.each<[ListenerDialect, object, object]>([
    ['heartbeat', beat('7', 'seven'), beat('7')],
    ['members', open('7', 'seven'), open('7')],
  ])('lets the member of %s in, once for the link', (dialect, first, second) => {
    for (const where of ['any', 'message'] as const) {
      const { server, authority } = setUp(dialect, where)
      const link = ask(server)
      link.say(first, second)
      expect([link.ended, server.ids(), authority.asked.length]).toEqual([null, ['7'], 1])
    }
  })

  test('is not looked for where the query has to have it', () => {
    const { server, authority } = setUp('members', 'query')
    const link = ask(server)
    link.say(open('7', 'seven'))
    expect([link.ended, authority.asked[0]?.token]).toEqual([4401, null])
  })

  test.each([[7], [null], [{}], ['x'.repeat(9_000)]])('that is no text of its size is none: %#', token => {
    const { server, authority } = setUp('heartbeat', 'message')
    const link = ask(server)
    link.say(beat('7', token))
    expect(link.ended).toBe(4401)
    expect(authority.asked).toHaveLength(1)
    expect(authority.asked[0]!.token?.length ?? 0).toBeLessThan(10)
  })

  test('is in no line of the log, whatever is wrong with the frame', () => {
    for (const server of [setUp('auto').server, new FakeServer('auto')]) {
      const link = server.connect()
      link.say('{"token":"hush"}', '{"type":"SetHeartbeat","token":"hush"}', '{"type":"Odd","token":"hush"}')
      expect(server.count('bad_input')).toBeGreaterThan(0)
      expect(JSON.stringify(server.lines)).not.toContain('hush')
    }
    const { server } = setUp('uid')
    server.connect().say('hush\u0000')
    expect(JSON.stringify(server.lines)).not.toContain('hush')
  })
})

test('a link of one member does not speak for another: a second id ends it', () => {
  const { server } = setUp('heartbeat')
  const link = ask(server, 'seven')
  link.say(beat('7'), beat('8'))
  expect([link.data.members, server.ids()]).toEqual([1, ['7']])
  expect(server.count('bad_input_not_yours')).toBe(1)
})

test('ping before the login is answered, with no token', () => {
  const { server } = setUp('members')
  const link = ask(server)
  link.say('ping')
  expect([link.sent, link.ended]).toEqual([['pong'], null])
})

test('what the token says of the member wins, also later', () => {
  const tokens = { seven: grantOf('7', { details: { name: 'Real' }, groups: ['g'] }) }
  const { server } = setUp('heartbeat', 'any', tokens)
  const link = ask(server, 'seven')
  link.say(beat('7'), { ...beat('7'), user_name: 'Eve' })
  server.advance(2_000)
  expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Real', groups: ['g'] })
})

describe('gateway', () => {
  test('a grant from the query binds the link to its member at once', () => {
    const { server } = setUp('gateway')
    const link = ask(server, 'seven')
    expect([server.story('7'), link.data.clientId]).toEqual([
      ['join'],
      expect.stringMatching(/^[0-9a-f]{20}$/),
    ])
    server.advance(15_200)
    expect(server.story('7')).toEqual(['join', 'leave lost'])
  })

  test('beats keep it', () => {
    const { server } = setUp('gateway')
    const link = ask(server, 'seven')
    for (let i = 0; i < 10; i++) {
      server.advance(3_000)
      link.say('heart beat\n')
    }
    expect(server.story('7')).toEqual(['join'])
  })

  test('without one, or with one of nobody, it is closed', () => {
    const { server } = setUp('gateway', 'any', { nobody: grantOf(null) })
    expect([ask(server).ended, ask(server, 'nobody').ended]).toEqual([4401, 4401])
    expect(server.ids()).toEqual([])
  })

  test('with none asked for, the host binds as ever', () => {
    const { server } = setUp('gateway', 'none')
    const link = ask(server)
    server.gatewayLinks.bind(link.data.clientId!, '7', server.at)
    expect(server.story('7')).toEqual(['join'])
  })
})

describe('while the answer is awaited', () => {
  test('frames are kept in order, and count from when they came', async () => {
    const { server, authority } = setUp('heartbeat')
    authority.slow = true
    const link = ask(server, 'seven')
    link.say(beat('7'))
    server.advance(2_000)
    link.say({ ...beat('7'), user_name: 'Bea' }, 'odd')
    expect([server.ids(), server.count('bad_input')]).toEqual([[], 0])
    server.advance(1_000)
    await authority.answer()
    expect(server.story('7')).toEqual(['join', 'update'])
    expect(server.count('bad_input')).toBe(1)
    const session = link.data.session!
    expect(session.beatAt).toBe(3_000)
    expect(server.store.lookup(['7'])[0]).toMatchObject({ name: 'Bea' })
  })

  test('at most 16, and 64 KiB; what is over is dropped and counted', async () => {
    const { server, authority } = setUp('uid')
    authority.slow = true
    const many = ask(server, 'seven')
    for (let i = 0; i < 20; i++) many.say('7')
    const large = ask(server, 'eight')
    large.say('8', 'x'.repeat(65_535), 'yy', 'z')
    expect(server.count('held_dropped')).toBe(4)
    await authority.answer()
    expect(many.sent).toHaveLength(16)
    expect(server.ids()).toEqual(['7', '8'])
  })

  test('what was kept is not heard where the answer is no', async () => {
    const { server, authority } = setUp('members')
    authority.slow = true
    const link = ask(server, 'bad')
    link.say(open('7'), 'ping')
    await authority.answer()
    expect([link.sent, link.ended, server.ids()]).toEqual([[], 4401, []])
  })

  test('who is gone meanwhile changes nothing', async () => {
    const { server, authority } = setUp('members')
    authority.slow = true
    const link = ask(server, 'seven')
    link.say(open('7'), 'ping')
    link.drop()
    await authority.answer()
    expect([server.ids(), server.board.detector.table.size]).toEqual([[], 0])
  })
})

describe('GetHeartbeat', () => {
  const get = (token?: string) => ({ type: 'GetHeartbeat', user: 'admin', ...(token && { token }) })
  const tokens = { ...TOKENS, few: grantOf('9', { rights: { watch: reach(['9']) } }), admin: grantOf(null) }

  test('without the right to list is answered by nobody, counted, and stays', async () => {
    const { server, authority } = setUp('heartbeat', 'any', tokens)
    ask(server, 'seven').say(beat('7'))
    const nobody = ask(server)
    nobody.say(get(), get())
    const few = ask(server, 'few')
    few.say(beat('9'), get())
    expect([nobody.sent, nobody.ended, few.sent]).toEqual([['[]', '[]'], null, ['[]']])
    expect(server.count('list_refused')).toBe(3)
    expect(server.lines.filter(({ message }) => message.includes('GetHeartbeat'))).toHaveLength(1)
    expect(authority.asked.map(({ token }) => token)).toEqual(['seven', 'few'])
    nobody.say(beat('8', 'eight'))
    expect(server.state('8')).toBe('online')
  })

  test('with it is answered by the list, by a token anywhere', async () => {
    const { server } = setUp('heartbeat', 'any', tokens)
    ask(server, 'seven').say(beat('7'))
    const links = [ask(server, 'admin'), ask(server)]
    links[0]!.say(get())
    links[1]!.say(get('admin'))
    await new Promise(resolve => setImmediate(resolve))
    for (const link of links) expect(JSON.parse(link.sent[0]!)).toMatchObject([{ user_id: '7' }])
  })

  test('with a token that is refused ends with 4401', () => {
    const { server } = setUp('heartbeat')
    const link = ask(server)
    link.say(get('bad'))
    expect([link.ended, link.sent]).toEqual([4401, []])
  })

  test('on a listener that asks for no token nobody has the right to', () => {
    const { server } = setUp('heartbeat', 'none')
    const link = ask(server)
    link.say(beat('7'), get())
    expect(link.sent).toEqual(['[]'])
  })
})
