import { describe, expect, test } from 'bun:test'
import { appOf, keysOf, tokenFor } from '../../test/support/stub-desk.ts'
import { type Stub, stubMember, stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { NOBODY, type Rights } from '../auth/authority.ts'
import { lookupRoutes } from './lookup.ts'

const T = 1_700_000_000_000
const members = [
  stubMember({ id: 'a', name: 'Ana "A"', type: 'person', seenGroups: ['g'] }),
  stubMember({ id: '9007199254740993', state: 'suspect', reason: 'lost', held: true }),
  stubMember({
    id: 'h',
    name: 'Now',
    lastEvidenceAt: T + 99,
    status: {
      visibility: 'hidden',
      text: null,
      until: null,
      since: T + 5,
      version: 3,
      shownAs: { name: 'Once', type: null, profile: null, lastEvidenceAt: T + 4, lastBeatAt: T + 4 },
    },
  }),
]
const rights: Rights = {
  watch: NOBODY,
  ask: { all: false, members: new Set(['h']), groups: new Set(['g']) },
  push: NOBODY,
}

async function post(body: string, { token = false, stub = {} as Stub } = {}) {
  const server = stubPresenceServer({ members, ...stub })
  const app = appOf(server, token ? { callerOf: keysOf({ t: tokenFor('me', rights) }) } : {})
  const headers = { 'content-type': 'application/json', authorization: 'Bearer t' }
  const answer = await app(new Request('http://localhost/v1/lookup', { method: 'POST', body, headers }))
  const { schema } = lookupRoutes[0]!.answers[200]!
  const read = await answer.json()
  if (answer.status === 200) expect(schema!.parse(read)).toEqual(read)
  return { status: answer.status, body: read, headers: answer.headers }
}

const look = (ids: unknown, more: object = {}, how = {}) => post(JSON.stringify({ ids, ...more }), how)

describe('POST /v1/lookup', () => {
  test('answers each id in order', async () => {
    const { status, body, headers } = await look(['nobody', 'a', 'h'])
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(body).toEqual({
      members: [
        { id: 'nobody', state: 'unknown' },
        {
          id: 'a',
          state: 'online',
          since: T,
          lastEvidenceAt: T + 1_000,
          lastBeatAt: null,
          reason: null,
          version: 1,
        },
        expect.objectContaining({ id: 'h', state: 'online', lastEvidenceAt: T + 99 }),
      ],
    })
  })

  test('integers are their digits, also beyond what a number can hold', async () => {
    const { body } = await post('{"ids":[9007199254740993,"9007199254740993",7]}')
    expect(body.members).toEqual([
      expect.objectContaining({ id: '9007199254740993', state: 'suspect', reason: 'lost', held: true }),
      { id: '7', state: 'unknown' },
    ])
  })

  test('names and types only where they are asked for', async () => {
    const { body } = await look(['a', 'nobody'], { details: true })
    expect(body.members[0]).toMatchObject({ name: 'Ana "A"', type: 'person' })
    expect(body.members[1]).toEqual({ id: 'nobody', state: 'unknown' })
    expect((await look(['a'], { details: false })).body.members[0]).not.toHaveProperty('name')
  })

  test('nobody is asked, nobody is answered', async () => {
    expect((await look([])).body).toEqual({ members: [] })
  })

  test('ten thousand', async () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => (i === 5_000 ? 'a' : `x${i}`))
    const { body } = await look(ids)
    expect(body.members.map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(body.members[5_000].state).toBe('online')
  })

  test('says when the store cannot write', async () => {
    expect((await look(['a'], {}, { stub: { status: { degraded: true } } })).body.degraded).toBe(true)
  })

  test('with a token: what others see of those it may ask about', async () => {
    const { body } = await look(['a', 'h', '9007199254740993', 'nobody'], { details: true }, { token: true })
    expect(body.members).toEqual([
      expect.objectContaining({ id: 'a', state: 'online', name: 'Ana "A"' }),
      {
        id: 'h',
        state: 'offline',
        since: T + 5,
        lastEvidenceAt: T + 4,
        lastBeatAt: T + 4,
        reason: 'left',
        version: 3,
        name: 'Once',
        type: null,
      },
      { id: '9007199254740993', state: 'unknown' },
      { id: 'nobody', state: 'unknown' },
    ])
  })

  test('whoever has a token finds itself, whatever its rights', async () => {
    const stub = { members: [...members, stubMember({ id: 'me', state: 'away', settledState: 'away' })] }
    const { body } = await look(['me', 'nobody'], {}, { token: true, stub })
    expect(body.members).toEqual([
      expect.objectContaining({ id: 'me', state: 'away' }),
      { id: 'nobody', state: 'unknown' },
    ])
  })

  test.each<[string, string, string]>([
    ['', 'bad_body', 'must be JSON'],
    ['{"ids":["a"]', 'bad_body', 'must be JSON'],
    ['["a"]', 'bad_body', 'must be an object'],
    ['null', 'bad_body', 'must be an object'],
    ['{}', 'bad_body', 'ids'],
    ['{"ids":"a"}', 'bad_body', 'ids'],
    ['{"ids":{}}', 'bad_body', 'ids'],
    ['{"ids":["a"],"details":1}', 'bad_body', 'details must be true or false'],
    ['{"ids":["a"],"detail":true}', 'bad_body', 'unknown key "detail": known are ids, details'],
    ['{"ids":["a",""]}', 'bad_id', 'ids'],
    ['{"ids":["a",null]}', 'bad_id', 'ids'],
    ['{"ids":[["a"]]}', 'bad_id', 'ids'],
    ['{"ids":[1.5]}', 'bad_id', 'ids'],
    ['{"ids":["\\u0000"]}', 'bad_id', 'ids'],
    ['{"ids":["\\ud800"]}', 'bad_id', 'ids'],
    [JSON.stringify({ ids: ['x'.repeat(257)] }), 'bad_id', 'ids'],
    [JSON.stringify({ ids: new Array(10_001).fill('a') }), 'bad_body', '10001'],
    [`{"ids":${'['.repeat(100_000)}`, 'bad_body', 'nested'],
    [`{"x":${'{"x":'.repeat(100_000)}`, 'bad_body', 'nested'],
  ])('%.40s is refused', async (text, code, detail) => {
    const { status, body } = await post(text)
    expect([status, body.code]).toEqual([400, code])
    expect(body.detail).toContain(detail)
  })
})
