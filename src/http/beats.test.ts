// `/v1/beats` against a stub: what one is answered and what a list is, and that nothing is done before all of it is read.

import { expect, test } from 'bun:test'
import { appOf, keyFor, keysOf, tokenFor } from '../../test/support/stub-desk.ts'
import { stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { EVERYBODY } from '../auth/authority.ts'
import type { BeatAnswer, Beats, HttpBeat } from '../server/api.ts'
import { beatRoutes } from './beats.ts'

const ONLINE = { state: 'online', sinceLast: 5, version: 7 } as const

/** Answers beats; 'b' is banned, 'u' unknown. */
function answerTo({ id }: HttpBeat): BeatAnswer {
  if (id === 'b') return { id, error: 'banned' }
  return id === 'u' ? { id, error: 'unknown_member' } : { id, ...ONLINE }
}

function setUp(options: Parameters<typeof appOf>[1] = {}, later = false) {
  const calls: HttpBeat[][] = []
  const beats: Beats = {
    mostProfile: 20,
    beat: all => {
      calls.push([...all])
      const answers = all.map(answerTo)
      return later ? Promise.resolve(answers) : answers
    },
    end: member => member === 'job/1',
  }
  const app = appOf({ ...stubPresenceServer({}), beats }, options)
  const ask = async (method: string, path: string, body?: unknown, key?: string) => {
    const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await app(new Request(`http://localhost${path}`, init))
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }
  return { ask, calls, post: (body: unknown, key?: string) => ask('POST', '/v1/beats', body, key) }
}

test.each([false, true])('one is answered alone, many as a list (store answers later: %p)', async later => {
  const { post, calls } = setUp({}, later)
  expect(await post({ id: 'a', period: 5_000 })).toEqual({ status: 200, body: { id: 'a', ...ONLINE } })
  const list = await post({ beats: [{ id: 'a' }, { id: 'b' }, { id: 'u' }] })
  expect(list).toEqual({
    status: 200,
    body: {
      beats: [
        { id: 'a', ...ONLINE },
        { id: 'b', error: 'banned' },
        { id: 'u', error: 'unknown_member' },
      ],
    },
  })
  expect(calls).toEqual([[{ id: 'a', period: 5_000 }], [{ id: 'a' }, { id: 'b' }, { id: 'u' }]])
})

test('alone, one that is banned or unknown is a problem', async () => {
  const { post } = setUp()
  expect(await post({ id: 'b' })).toMatchObject({
    status: 403,
    body: { code: 'banned', detail: '"b" is banned: its beats are not taken until the ban is over' },
  })
  expect(await post({ id: 'u' })).toMatchObject({ status: 404, body: { code: 'unknown_member' } })
})

test('one bad beat refuses all', async () => {
  const { post, calls } = setUp()
  const answer = await post({ beats: [{ id: 'a' }, { id: 'c', profile: { long: 'x'.repeat(20) } }] })
  expect(answer).toMatchObject({ status: 400, body: { code: 'bad_data' } })
  expect(answer.body.detail).toBe('beats.1: profile is over 20 bytes as JSON: send less')
  expect(calls).toEqual([])
})

test('an end says whether there was one; ids are percent-decoded', async () => {
  const { ask } = setUp()
  expect(await ask('DELETE', '/v1/beats/job%2F1')).toEqual({ status: 204, body: null })
  expect(await ask('DELETE', '/v1/beats/job')).toMatchObject({ status: 404, body: { code: 'unknown_beat' } })
  expect(await ask('DELETE', '/v1/beats/%00')).toMatchObject({ status: 400, body: { code: 'bad_id' } })
})

test('a body that is too large, and a query', async () => {
  const { post, ask, calls } = setUp({ mostBody: 50 })
  expect(await post({ id: 'a', name: 'x'.repeat(50) })).toMatchObject({ status: 413 })
  expect(await ask('POST', '/v1/beats?id=a', { id: 'a' })).toMatchObject({
    status: 400,
    body: { code: 'bad_query' },
  })
  expect(calls).toEqual([])
})

test('a key needs the scope beat; a token never does', async () => {
  const rights = { watch: EVERYBODY, ask: EVERYBODY, push: EVERYBODY }
  const callerOf = keysOf({
    beats: keyFor('beats', 'beat'),
    admin: keyFor('admin', 'admin'),
    others: keyFor('others', 'read', 'push'),
    token: tokenFor('a', rights),
  })
  const { post, ask } = setUp({ callerOf })
  const status = async (key?: string) => (await post({ id: 'a' }, key)).status
  expect([await status(), await status('beats'), await status('admin')]).toEqual([401, 200, 200])
  expect([await status('others'), await status('token')]).toEqual([403, 403])
  expect((await ask('DELETE', '/v1/beats/a', undefined, 'others')).status).toBe(403)
})

test('what is described is what is answered and taken', async () => {
  const [post] = beatRoutes
  const { schema } = post!.answers[200]!
  for (const answer of [{ id: 'a', ...ONLINE }, { beats: ['a', 'b', 'u'].map(id => answerTo({ id })) }])
    expect(schema!.safeParse(answer).success).toBe(true)
  const full = { id: 'a', period: 1_000, grace: 0, name: 'n', type: 't', profile: {}, bye: true }
  for (const body of [full, { id: 7, profile: null }, { beats: [full] }])
    expect(post!.body!.safeParse(body).success).toBe(true)
  for (const body of [{}, { id: '' }, { ...full, more: 1 }, { beats: [] }, { id: 'a', period: 999 }])
    expect(post!.body!.safeParse(body).success).toBe(false)
})
