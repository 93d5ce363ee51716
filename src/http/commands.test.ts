// The routes that change something, against a stub that notes what it is asked for: kick, bans, profiles, erasing,
// memberships; and each body that cannot be.

import { beforeEach, describe, expect, test } from 'bun:test'
import { appOf } from '../../test/support/stub-desk.ts'
import { stubMember, stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { SystoleError } from '../errors.ts'
import type { Ban, PresenceServer } from '../server/api.ts'

let calls: unknown[][]
let profile: unknown
let bans: Ban[]
/** What the server throws at whatever is asked of it. */
let trouble: Error | null

beforeEach(() => {
  calls = []
  profile = { city: 'Lyon', seat: 1 }
  bans = []
  trouble = null
})

function note(...call: unknown[]): void {
  calls.push(call)
  if (trouble !== null) throw trouble
}

function server(): PresenceServer {
  const known = stubMember({ id: '7' })
  const stub = stubPresenceServer({ members: [known] })
  return {
    ...stub,
    lookup: ids => ids.map(id => (id === '7' ? { ...known, profile } : null)),
    kick: async (...call) => {
      note('kick', ...call)
      return 2
    },
    bans: {
      of: member => bans.find(ban => ban.member === member) ?? null,
      ban: async (member, options) => {
        note('ban', member, options)
        return {
          member,
          since: 1_000,
          until: options.for === undefined ? null : 1_000 + options.for,
          reason: null,
        }
      },
      lift: async member => {
        note('lift', member)
        return member === '7'
      },
      list: (after, limit) => {
        note('list', after, limit)
        return { bans, next: bans.length > 0 ? '张' : null }
      },
    },
    describe: async (member, details) => {
      note('describe', member, details)
      await Promise.resolve()
      if (details.profile !== undefined) profile = details.profile
      return stubMember({ id: member, profile })
    },
    erase: async member => {
      note('erase', member)
      return member === '7'
    },
    addToGroup: async (group, member, options) => {
      note('add', group, member, options)
      if (member === '') throw new SystoleError('bad_id', 'no id')
      if (member === 'full') throw new SystoleError('too_many_groups', 'in 100 groups')
    },
    removeFromGroup: async (...call) => note('remove', ...call),
  }
}

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const request = new Request(`http://localhost${path}`, {
    method,
    ...text,
    headers: { ...type, ...headers },
  })
  const response = await appOf(server())(request)
  const answer = await response.text()
  return { status: response.status, body: answer === '' ? null : JSON.parse(answer) }
}

describe('kick', () => {
  test.each([
    [{}, { mayReturn: false }],
    [
      { reason: '再见', mayReturn: true },
      { reason: '再见', mayReturn: true },
    ],
  ])('%j', async (body, options) => {
    expect(await call('POST', '/v1/members/7/kick', body)).toEqual({ status: 200, body: { sessions: 2 } })
    expect(calls).toEqual([['kick', '7', options]])
  })

  test('one that is not known', async () => {
    const { status, body } = await call('POST', '/v1/members/nobody/kick', {})
    expect([status, body.code, calls]).toEqual([404, 'unknown_member', []])
  })

  test.each([
    [{ reason: 7 }, 'reason must be text of at most 120 bytes'],
    [{ reason: '漢'.repeat(41) }, 'reason must be text of at most 120 bytes'],
    [{ reason: 'a\u0007b' }, 'reason must be text of at most 120 bytes'],
    [{ mayReturn: 'yes' }, 'mayReturn must be true or false'],
    [{ for: 1 }, 'unknown key "for": known are reason, mayReturn'],
  ])('%j is refused', async (body, detail) => {
    const answer = await call('POST', '/v1/members/7/kick', body)
    expect([answer.status, answer.body.code, calls]).toEqual([400, 'bad_body', []])
    expect(answer.body.detail).toStartWith(detail)
  })

  test('without a body, but not from a page of nowhere', async () => {
    expect(await call('POST', '/v1/members/7/kick')).toEqual({ status: 200, body: { sessions: 2 } })
    expect(calls.splice(0)).toEqual([['kick', '7', { mayReturn: false }]])
    const request = new Request('http://localhost/v1/members/7/kick', {
      method: 'POST',
      headers: { origin: 'null' },
    })
    expect([(await appOf(server())(request)).status, calls]).toEqual([415, []])
  })
})

describe('bans', () => {
  test('for a time, for a reason, or neither, with or without a body', async () => {
    expect(await call('PUT', '/v1/bans/7', { for: 5_000, reason: 'spam' })).toEqual({
      status: 200,
      body: { ban: { member: '7', since: 1_000, until: 6_000, reason: null } },
    })
    expect((await call('PUT', '/v1/bans/7', {})).body.ban.until).toBeNull()
    expect((await call('PUT', '/v1/bans/a%2Fb')).body.ban.member).toBe('a/b')
    expect(calls).toEqual([
      ['ban', '7', { for: 5_000, reason: 'spam' }],
      ['ban', '7', {}],
      ['ban', 'a/b', {}],
    ])
  })

  test('listed in pages', async () => {
    bans = [{ member: '7', since: 1, until: null, reason: 'spam' }]
    const { body } = await call('GET', '/v1/bans?limit=1&cursor=5byg')
    expect(body).toEqual({ bans: [{ member: '7', since: 1, until: null, reason: 'spam' }], cursor: '5byg' })
    expect(calls).toEqual([['list', '张', 1]])
  })

  test('one, lifted, or none', async () => {
    bans = [{ member: '7', since: 1, until: 9, reason: null }]
    expect((await call('GET', '/v1/bans/7')).body).toEqual({ ban: bans[0] })
    expect(await call('DELETE', '/v1/bans/7')).toEqual({ status: 204, body: null })
    for (const method of ['GET', 'DELETE'])
      expect((await call(method, '/v1/bans/8')).body).toMatchObject({ code: 'unknown_ban', status: 404 })
  })

  test.each([{ for: 0 }, { for: 1.5 }, { for: '1h' }, { for: 315_360_000_001 }, { for: null }])(
    '%j is refused',
    async body => {
      const answer = await call('PUT', '/v1/bans/7', body)
      expect([answer.status, answer.body.detail]).toEqual([
        400,
        'for must be whole milliseconds from 1 to 315360000000',
      ])
    },
  )
})

describe('what is known of a member', () => {
  test('is set, of it what is given', async () => {
    const { status, body } = await call('PUT', '/v1/members/a%2Fb', { name: 'Ana', profile: { a: 1 } })
    expect([status, body.member.id, body.member.profile]).toEqual([200, 'a/b', { a: 1 }])
    await call('PUT', '/v1/members/7', { type: '' })
    await call('PUT', '/v1/members/7', {})
    expect(calls).toEqual([
      ['describe', 'a/b', { name: 'Ana', profile: { a: 1 } }],
      ['describe', '7', { type: '' }],
      ['describe', '7', {}],
    ])
  })

  test('its profile alone', async () => {
    await call('PUT', '/v1/members/7/profile', { b: 2 })
    await call('PUT', '/v1/members/7/profile', 'null')
    expect(calls).toEqual([
      ['describe', '7', { profile: { b: 2 } }],
      ['describe', '7', { profile: null }],
    ])
  })

  test.each(['application/merge-patch+json', 'application/json'])('merged, as %s', async type => {
    const headers = { 'content-type': type }
    const { status, body } = await call(
      'PATCH',
      '/v1/members/7/profile',
      { seat: null, row: { n: 1 } },
      headers,
    )
    expect([status, body.member.profile]).toEqual([200, { city: 'Lyon', row: { n: 1 } }])
    await call('PATCH', '/v1/members/nobody/profile', { a: 1 }, headers)
    expect(calls.at(-1)).toEqual(['describe', 'nobody', { profile: { a: 1 } }])
  })

  test('a key of all objects is a key', async () => {
    const { body } = await call(
      'PATCH',
      '/v1/members/7/profile',
      '{"__proto__":{"x":1},"city":null,"seat":null}',
    )
    expect(JSON.stringify(body.member.profile)).toBe('{"__proto__":{"x":1}}')
  })

  test('merges of one member that come at once are all in', async () => {
    const app = appOf(server())
    const merge = (n: number) =>
      app(
        new Request('http://localhost/v1/members/7/profile', {
          method: 'PATCH',
          body: `{"k${n}":${n}}`,
          headers: { 'content-type': 'application/json' },
        }),
      )
    await Promise.all(Array.from({ length: 20 }, (_, n) => merge(n)))
    expect(Object.keys(profile as object)).toHaveLength(22)
  })

  test('a merge that failed keeps no other from it', async () => {
    trouble = new SystoleError('not_running', 'stopping')
    expect((await call('PATCH', '/v1/members/7/profile', { a: 1 })).status).toBe(503)
    trouble = null
    expect((await call('PATCH', '/v1/members/7/profile', { a: 1 })).status).toBe(200)
  })

  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  test.each([
    ['PUT', '/v1/members/7/profile', '"text"', 'bad_data'],
    ['PUT', '/v1/members/7/profile', '[1]', 'bad_data'],
    ['PUT', '/v1/members/7/profile', deep(65), 'bad_data'],
    ['PUT', '/v1/members/7/profile', '', 'bad_body'],
    ['PATCH', '/v1/members/7/profile', '7', 'bad_data'],
    ['PATCH', '/v1/members/7/profile', deep(500), 'bad_data'],
    ['PUT', '/v1/members/7', '{"profile":[]}', 'bad_data'],
    ['PUT', '/v1/members/7', `{"name":"${'x'.repeat(1_025)}"}`, 'bad_body'],
    ['PUT', '/v1/members/7', '{"name":null}', 'bad_body'],
    ['PUT', '/v1/members/7', '{"id":"8"}', 'bad_body'],
  ])('%s %s is refused', async (method, path, body, code) => {
    const answer = await call(method, path, body)
    expect([answer.status, answer.body.code, calls]).toEqual([400, code, []])
  })

  test('64 deep is not too deep', async () => {
    expect((await call('PUT', '/v1/members/7/profile', deep(64))).status).toBe(200)
  })

  test('is erased, once', async () => {
    expect(await call('POST', '/v1/members/7/erase')).toEqual({ status: 204, body: null })
    expect((await call('POST', '/v1/members/8/erase')).body.code).toBe('unknown_member')
    expect(calls).toEqual([
      ['erase', '7'],
      ['erase', '8'],
    ])
  })

  test('is not erased by a path that is folded to its own', async () => {
    expect((await call('DELETE', '/v1/groups/../members/7')).status).toBe(405)
    expect(calls).toEqual([])
  })
})

describe('membership', () => {
  test('of one', async () => {
    expect((await call('PUT', '/v1/groups/r%2F1/members/7', { ttl: 1_000 })).status).toBe(204)
    expect((await call('PUT', '/v1/groups/room/members/7')).status).toBe(204)
    expect((await call('DELETE', '/v1/groups/room/members/7')).status).toBe(204)
    expect(calls).toEqual([
      ['add', 'r/1', '7', { ttl: 1_000 }],
      ['add', 'room', '7', {}],
      ['remove', 'room', '7'],
    ])
  })

  test('of one that is in too many', async () => {
    const { status, body } = await call('PUT', '/v1/groups/room/members/full')
    expect([status, body.code]).toEqual([409, 'too_many_groups'])
  })

  test('of many: who is refused keeps nobody from it', async () => {
    const body = { add: ['a', '', 'full', 'b'], remove: ['x'], ttl: 5 }
    expect((await call('POST', '/v1/groups/room/members', body)).body).toEqual({
      added: 2,
      removed: 1,
      refused: [
        { id: '', code: 'bad_id', detail: 'no id' },
        { id: 'full', code: 'too_many_groups', detail: 'in 100 groups' },
      ],
    })
    expect(calls[0]).toEqual(['remove', 'room', 'x'])
    expect(calls.slice(1).map(([, , id, options]) => [id, options])).toEqual(
      ['a', '', 'full', 'b'].map(id => [id, { ttl: 5 }]),
    )
  })

  test('what is wrong with the server is wrong for all', async () => {
    trouble = new SystoleError('not_running', 'stopping')
    const { status, body } = await call('POST', '/v1/groups/room/members', { add: ['a', 'b'] })
    expect([status, body.code, calls.length]).toEqual([503, 'not_running', 1])
  })

  const ids = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`)
  test.each<[string, object, string]>([
    ['too many', { add: ids(1_001) }, 'add must name at most 1000 ids'],
    [
      'too many together',
      { add: ids(600), remove: ids(401) },
      'add and remove must name at most 1000 ids together',
    ],
    ['a number', { add: [7] }, 'add.0 must be an id'],
    ['no list', { remove: '7' }, 'remove must be a list of ids'],
    ['no time', { add: ['7'], ttl: 0 }, 'ttl must be whole milliseconds from 1'],
    ['another key', { set: ['7'] }, 'unknown key "set": known are add, remove, ttl'],
  ])('%s is refused', async (_, body, detail) => {
    const answer = await call('POST', '/v1/groups/room/members', body)
    expect([answer.status, answer.body.code, calls]).toEqual([400, 'bad_body', []])
    expect(answer.body.detail).toStartWith(detail)
  })
})
