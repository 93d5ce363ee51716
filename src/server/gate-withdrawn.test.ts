// What a later token, or a ban, takes from a connection that is in.

import { describe, expect, test } from 'bun:test'
import { FakeAuthority, grantOf, reach } from '../../test/support/fake-authority.ts'
import { FakeServer } from '../../test/support/fake-server.ts'
import { errorOf, welcomed } from '../../test/support/native-talk.ts'

const INSTANCE = 'instance-a-0123456789'
const at = (epoch = 1) => ({ instance: INSTANCE, epoch })
const sees = (...groups: string[]) => ({ watch: reach([], groups), ask: reach([], groups) })

function setUp(tokens: ConstructorParameters<typeof FakeAuthority>[0]) {
  const server = new FakeServer('auto', { authority: new FakeAuthority(tokens) })
  const groups = () => {
    server.committer.flush()
    return server.store.lookup(['7'])[0]!.groups
  }
  return { server, groups }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

describe('a token that gives less', () => {
  const tokens = {
    wide: grantOf('7', { groups: ['own'], rights: sees('x', 'y') }),
    narrow: grantOf('7', { rights: sees('y') }),
    none: grantOf('7', { rights: sees() }),
  }

  test('takes its member out of what it entered by a right it has no longer', () => {
    const { server, groups } = setUp(tokens)
    const link = server.native({ token: 'wide', ...at() })
    for (const group of ['x', 'y']) link.say({ t: 'enter', group })
    expect(groups()).toEqual(['own', 'x', 'y'])
    link.say({ t: 'auth', token: 'narrow' })
    expect(groups()).toEqual(['y'])
  })

  test('also where it comes with a reconnect', () => {
    const { server, groups } = setUp(tokens)
    const link = server.native({ token: 'wide', ...at() })
    for (const group of ['x', 'y']) link.say({ t: 'enter', group })
    link.drop()
    expect(welcomed(server.native({ token: 'none', ...at(2) }))[1]).toBe(true)
    expect(groups()).toEqual([])
  })

  test('leaves alone what the host made', async () => {
    const { server, groups } = setUp(tokens)
    const link = server.native({ token: 'wide', ...at() })
    await server.groups.add('standing', '7')
    link.say({ t: 'auth', token: 'none' })
    expect(groups()).toEqual(['standing'])
  })
})

test('data of a fresh token takes the place of the old; where it says the same, what the host set stays', async () => {
  const { server } = setUp({
    one: grantOf('7', { data: { plan: 1 } }),
    same: grantOf('7', { data: { plan: 1 } }),
    two: grantOf('7', { data: { plan: 2 } }),
    silent: grantOf('7'),
  })
  const link = server.native({ token: 'one', ...at() })
  const [session] = welcomed(link)
  await settled()
  await server.sessionData.set(session, 'of the host')
  link.say({ t: 'auth', token: 'same' }, { t: 'auth', token: 'silent' })
  await settled()
  expect(server.sessionData.of(session)).toBe('of the host')
  link.say({ t: 'auth', token: 'two' })
  await settled()
  expect(server.sessionData.of(session)).toEqual({ plan: 2 })
})

describe('a ban', () => {
  const tokens = { seven: grantOf('7'), eight: grantOf('8') }

  test('keeps out who only wants to look on', () => {
    const { server } = setUp(tokens)
    server.banned.set('7', null)
    const link = server.native({ observer: true, token: 'seven' })
    expect([errorOf(link), link.ended]).toEqual(['banned', 4503])
  })

  test('ends what its token opened, and nothing of others', () => {
    const { server } = setUp(tokens)
    const links = ['seven', 'eight'].map(token => server.native({ observer: true, token }))
    server.banned.set('7', null)
    server.gate.banned('7')
    expect(links.map(({ ended }) => ended)).toEqual([4503, null])
  })
})
