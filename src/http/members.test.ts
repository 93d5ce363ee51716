// Members, groups and counts as the API shows them: to keys the truth, to tokens what others see. Against a stub.

import { describe, expect, test } from 'bun:test'
import { stubTransition } from '../../test/support/fake-log.ts'
import { appOf, keysOf, tokenFor } from '../../test/support/stub-desk.ts'
import {
  type Stub,
  stubMember,
  stubPresenceServer,
  stubSession,
} from '../../test/support/stub-presence-server.ts'
import { EVERYBODY, NOBODY, type Reach, type Rights } from '../auth/authority.ts'
import { SystoleError } from '../errors.ts'
import type { MembersQuery } from '../server/api.ts'
import { listShape } from './member-lists.ts'
import { encodeCursor } from './paging.ts'
import { memberShape, sessionShape, transitionShape } from './shapes.ts'

const T = 1_700_000_000_000
const hidden = {
  visibility: 'hidden',
  text: null,
  until: null,
  since: T + 5,
  version: 3,
  shownAs: { name: 'Once', type: 'old', profile: { a: 1 }, lastEvidenceAt: T + 4, lastBeatAt: T + 3 },
} as const

const members = [
  stubMember({ id: 'a', name: 'Ana', type: 'person', groups: ['g', 'h'], seenGroups: ['g', 'h'] }),
  stubMember({ id: 'b', state: 'suspect', reason: 'lost', groups: ['g'], seenGroups: ['g'], version: 2 }),
  stubMember({
    id: 'h',
    name: 'Now',
    type: 'new',
    profile: { secret: 1 },
    status: hidden,
    lastEvidenceAt: T + 99,
    groups: ['g'],
    seenGroups: [],
    settledState: 'online',
    version: 9,
  }),
  stubMember({ id: '丙', state: 'offline', settledState: 'offline', joinedAt: null, sessions: 0 }),
]

const reach = (patch: Partial<Reach>): Reach => ({ ...NOBODY, ...patch })
const rights = (watch: Reach, ask: Reach): Rights => ({ watch, ask, push: NOBODY })
const TOKENS = {
  all: rights(EVERYBODY, EVERYBODY),
  g: rights(reach({ groups: new Set(['g']) }), reach({ groups: new Set(['g']), members: new Set(['h']) })),
  none: rights(NOBODY, NOBODY),
}

async function get(path: string, { stub = {}, token }: { stub?: Stub; token?: keyof typeof TOKENS } = {}) {
  const server = stubPresenceServer({ members, ...stub })
  const keys = Object.fromEntries(
    Object.entries(TOKENS).map(([name, given]) => [name, tokenFor('me', given)]),
  )
  const app = token === undefined ? appOf(server) : appOf(server, { callerOf: keysOf(keys) })
  const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await app(new Request(`http://localhost${path}`, { headers }))
  return { status: answer.status, body: await answer.json() }
}

const idsIn = (body: { members: { id: string }[] }) => body.members.map(({ id }) => id)

describe('GET /v1/members', () => {
  test('answers as it is described, by id', async () => {
    const { status, body } = await get('/v1/members')
    expect(status).toBe(200)
    expect(listShape.parse(body)).toEqual(body)
    expect(body.members[0]).toEqual({
      id: 'a',
      name: 'Ana',
      type: 'person',
      state: 'online',
      since: T,
      joinedAt: T,
      lastEvidenceAt: T + 1_000,
      lastBeatAt: null,
      reason: null,
      version: 1,
      sessions: 1,
      status: null,
    })
    expect(idsIn(body)).toEqual(['a', 'b', 'h', '丙'])
    expect(body.members[2]).toMatchObject({ state: 'online', lastEvidenceAt: T + 99, type: 'new' })
    expect(body.members[2].status).toEqual({ visibility: 'hidden', text: null, until: null })
  })

  test('walks through the pages, also past ids that are no ASCII', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body }: { body: { members: { id: string }[]; cursor: string | null } } = await get(
        `/v1/members?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`,
      )
      seen.push(...idsIn(body))
      cursor = body.cursor
    } while (cursor !== null)
    expect(seen).toEqual(['a', 'b', 'h', '丙'])
  })

  test.each([
    ['state=suspect', ['b']],
    ['group=g', ['a', 'b', 'h']],
    ['group=g&state=suspect', ['b']],
    ['type=person', ['a']],
    ['prefix=%E4%B8%99', ['丙']],
  ])('%s', async (query, ids) => {
    expect(idsIn((await get(`/v1/members?${query}`)).body)).toEqual(ids)
  })

  test('asks the server for no more than it was asked', async () => {
    const asked: MembersQuery[] = []
    await get('/v1/members?node=n&order=-since&limit=7', { stub: { asked: query => asked.push(query) } })
    expect(asked).toEqual([{ after: null, limit: 7, order: '-since', node: 'n' }])
  })

  test.each([
    ['group=g&type=t', 'bad_query', 'give one of group and type'],
    ['group=g&prefix=p&node=n', 'bad_query', 'give one of group and node and prefix'],
    ['state=asleep', 'bad_query', 'state "asleep" must be one of'],
    ['order=age', 'bad_query', 'order "age" must be one of'],
    ['group=', 'bad_id', 'group "" must be an id'],
    [`type=${'x'.repeat(257)}`, 'bad_query', 'must be at most 256 characters'],
    ['prefix=%00', 'bad_id', 'must be an id'],
    ['limit=0', 'bad_query', 'must be a whole number from 1 to 200'],
    ['cursor=%25', 'bad_cursor', 'is none of ours'],
    ['states=online', 'bad_query', 'unknown parameter "states"'],
  ])('%s is refused', async (query, code, detail) => {
    const { status, body } = await get(`/v1/members?${query}`)
    expect([status, body.code]).toEqual([400, code])
    expect(body.detail).toContain(detail)
  })

  test('too many hits for an order are a problem', async () => {
    const asked = () => {
      throw new SystoleError('too_many_hits', 'order name is for fewer')
    }
    const { status, body } = await get('/v1/members?order=name', { stub: { asked } })
    expect([status, body.code]).toEqual([400, 'too_many_hits'])
  })

  test('held and degraded show only when they are true', async () => {
    const stub: Stub = { members: [stubMember({ id: 'h', held: true })], status: { degraded: true } }
    const { body } = await get('/v1/members', { stub })
    expect([body.degraded, body.members[0].held]).toEqual([true, true])
  })
})

describe('with a token', () => {
  test('lists show what others see', async () => {
    const { body } = await get('/v1/members', { token: 'all' })
    expect(listShape.parse(body)).toEqual(body)
    expect(idsIn(body)).toEqual(['a', 'b', 'h', '丙'])
    expect(body.members[1]).toMatchObject({ state: 'online' })
    expect(body.members[1]).not.toHaveProperty('sessions')
    expect(body.members[2]).toMatchObject({
      name: 'Once',
      type: 'old',
      state: 'offline',
      since: T + 5,
      lastEvidenceAt: T + 4,
      reason: 'left',
      version: 3,
      status: null,
    })
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  test('only of groups it may watch', async () => {
    expect(idsIn((await get('/v1/members?group=g', { token: 'g' })).body)).toEqual(['a', 'b'])
    expect(idsIn((await get('/v1/groups/g/members', { token: 'g' })).body)).toEqual(['a', 'b'])
    for (const path of [
      '/v1/members',
      '/v1/members?prefix=a',
      '/v1/members?group=h',
      '/v1/groups',
      '/v1/groups/h',
      '/v1/groups/h/members',
      '/v1/counts',
      '/v1/counts?group=h',
      '/v1/members?group=g&order=-since',
      '/v1/members/a?history=1',
    ]) {
      const { status, body } = await get(path, { token: 'g' })
      expect([path, status, body.code]).toEqual([path, 403, 'beyond_rights'])
    }
    expect((await get('/v1/members?node=stub', { token: 'all' })).status).toBe(403)
    expect((await get('/v1/members/a/history', { token: 'all' })).body.code).toBe('missing_scope')
  })

  test('one member it may ask about, as others see it', async () => {
    const { body } = await get('/v1/members/h', { token: 'g' })
    expect(body.sessions).toBeUndefined()
    expect(memberShape.parse(body.member)).toEqual(body.member)
    expect(body.member).toMatchObject({ state: 'offline', name: 'Once', profile: { a: 1 } })
    expect((await get('/v1/members/a', { token: 'g' })).status).toBe(200)
    for (const path of ['/v1/members/%E4%B8%99', '/v1/members/nobody']) {
      const { status, body } = await get(path, { token: 'g' })
      expect([status, body.code]).toEqual([404, 'unknown_member'])
    }
    expect((await get('/v1/members/a', { token: 'none' })).status).toBe(404)
    const me = { members: [stubMember({ id: 'me' })] }
    expect((await get('/v1/members/me', { token: 'none', stub: me })).body.member.id).toBe('me')
  })

  test('counts are what others see', async () => {
    const seen = { online: 1, away: 0, suspectOnline: 1, suspectAway: 2, offline: 3 }
    const tally = {
      seen,
      types: new Map([['t', seen]]),
      groups: new Map([['g', { seen, types: new Map() }]]),
    }
    const told = { online: 2, away: 2, suspect: 0, offline: 3 }
    const { body } = await get('/v1/counts', { stub: { tally }, token: 'all' })
    expect(body).toEqual({ members: told, types: { t: told } })
    const groups = await get('/v1/groups', { stub: { tally }, token: 'all' })
    expect(groups.body.groups).toEqual([{ group: 'g', members: told }])
    expect((await get('/v1/groups/g', { stub: { tally }, token: 'g' })).body.members).toEqual(told)
  })
})

describe('GET /v1/members/{id}', () => {
  const sessions = [stubSession({ id: '4', member: 'a' }), stubSession({ id: '5', member: 'b' })]
  const history = [1, 2, 3].map(version => stubTransition({ version, member: 'a' }))

  test('with its sessions, and as it is described', async () => {
    const { status, body } = await get('/v1/members/a', { stub: { sessions } })
    expect(status).toBe(200)
    expect(memberShape.parse(body.member)).toEqual(body.member)
    expect(body.member).toMatchObject({ groups: ['g', 'h'], profile: null, sessions: 1 })
    expect(body.sessions.map((session: unknown) => sessionShape.parse(session))).toEqual(body.sessions)
    expect(body.sessions.map(({ id }: { id: string }) => id)).toEqual(['4'])
    expect(body.history).toBeUndefined()
  })

  test('with its last transitions', async () => {
    const { body } = await get('/v1/members/a?history=2', { stub: { history } })
    expect(body.history.map(({ version }: { version: number }) => version)).toEqual([3, 2])
    expect(transitionShape.parse(body.history[0])).toEqual(body.history[0])
  })

  test.each(['/v1/members/a?history=201', '/v1/members/a?history=-1'])('%s is refused', async path => {
    expect((await get(path)).body.code).toBe('bad_query')
  })

  test('unknown ones', async () => {
    for (const path of ['/v1/members/nobody', '/v1/members/nobody/history']) {
      const { status, body } = await get(path)
      expect([status, body.code]).toEqual([404, 'unknown_member'])
    }
  })

  test('its history in pages, newest first', async () => {
    const seen: number[] = []
    let cursor: string | null = null
    do {
      const { body }: { body: { transitions: { version: number }[]; cursor: string | null } } = await get(
        `/v1/members/a/history?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
        { stub: { history } },
      )
      seen.push(...body.transitions.map(({ version }) => version))
      cursor = body.cursor
    } while (cursor !== null)
    expect(seen).toEqual([3, 2, 1])
    const { body } = await get('/v1/members/a/history?before=2', { stub: { history } })
    expect(body.transitions).toHaveLength(1)
    expect((await get('/v1/members/丙/history')).body).toEqual({ transitions: [], cursor: null })
  })

  test.each([
    [`cursor=${encodeCursor('abc')}`, 'bad_cursor'],
    [`cursor=${encodeCursor('3')}&before=2`, 'bad_query'],
    ['before=x', 'bad_query'],
  ])('history by %s is refused', async (query, code) => {
    const { status, body } = await get(`/v1/members/a/history?${query}`)
    expect([status, body.code]).toEqual([400, code])
  })
})

describe('groups and counts, to keys', () => {
  test('groups by name, in pages', async () => {
    const first = await get('/v1/groups?limit=1')
    expect(first.body.groups).toEqual([
      { group: 'g', members: { online: 2, away: 0, suspect: 1, offline: 0 } },
    ])
    const second = await get(`/v1/groups?limit=1&cursor=${first.body.cursor}`)
    expect(second.body).toEqual({
      groups: [{ group: 'h', members: { online: 1, away: 0, suspect: 0, offline: 0 } }],
      cursor: null,
    })
  })

  test('one group, also one that nobody is in', async () => {
    expect((await get('/v1/groups/h')).body.members.online).toBe(1)
    const { status, body } = await get('/v1/groups/nobody')
    expect(status).toBe(200)
    expect(body).toEqual({ group: 'nobody', members: { online: 0, away: 0, suspect: 0, offline: 0 } })
    expect(idsIn((await get('/v1/groups/g/members?state=online')).body)).toEqual(['a', 'h'])
  })

  test('counts of all, by type, and of a group', async () => {
    const { body } = await get('/v1/counts')
    expect(body.members).toEqual({ online: 2, away: 0, suspect: 1, offline: 1 })
    expect(body.types.person).toEqual({ online: 1, away: 0, suspect: 0, offline: 0 })
    const ofGroup = (await get('/v1/counts?group=h')).body
    expect(ofGroup.members.online).toBe(1)
    expect(Object.keys(ofGroup.types)).toEqual(['person'])
  })
})
