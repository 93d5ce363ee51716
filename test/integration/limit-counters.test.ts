// Each limit that is reached raises the counter that docs/reference/options.md names. Those of addresses, rates and bytes
// are proved in limits.test.ts.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { NativeClient } from '../support/native-client.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(40_000)

const KEY = 'a-long-random-text'

describe.each([...RUNTIMES])('limits that are reached on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    server = await startServer({
      runtime,
      args: [
        ...['--key', `ops=admin:${KEY}`, '--key', `less=push:${KEY}-2`],
        ...['--limits-per-member', '1', '--limits-watched', '2', '--limits-groups', '2'],
        ...['--limits-profile', '64', '--max-message', '2KiB', '--limits-body', '2KiB'],
        ...['--limits-requests', '20', '--limits-failures', '3'],
      ],
    })
  })
  afterAll(() => server?.kill())

  const ask = (path: string, key: string | null, init: RequestInit = {}) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (key !== null) headers.authorization = `Bearer ${key}`
    return fetch(`${server.api.url}${path}`, { ...init, headers })
  }
  const counters = async () => {
    const { counters } = (await (await ask('/healthz', KEY)).json()) as { counters: Record<string, number> }
    return counters
  }
  const raised = (name: string, to: number) =>
    waitFor(`${name} to be ${to}`, async () => (await counters())[name] === to)
  const join = async (member: string) => {
    const client = new NativeClient(server.api.url.replace('http', 'ws'))
    await client.join(member)
    return client
  }

  test('by a connection', async () => {
    const client = await join('7')
    client.send({ t: 'watch', members: ['1', '2', '3'], id: 1 })
    for (const group of ['a', 'b', 'c']) client.send({ t: 'enter', group })
    await raised('bad_input_too_many', 2)
    client.send({ t: 'update', profile: { text: 'x'.repeat(100) } })
    await raised('bad_input_too_large', 1)
    for (const n of [1, 2, 3]) client.send({ t: 'update', profile: { n } })
    await raised('updates_merged', 2)
    await expect(join('7')).rejects.toThrow('too_many_connections')
    await raised('too_many_connections', 1)
    client.send({ t: 'message', data: 'x'.repeat(3_000) })
    await raised('message_too_large', 1)
    await waitFor('the end', () => client.closes.length === 1)
    expect(client.closes).toEqual([1009])
  })

  test('by a request; wrong keys last', async () => {
    const big = JSON.stringify({ all: true, data: 'x'.repeat(3_000) })
    expect((await ask('/v1/push', KEY, { method: 'POST', body: big })).status).toBe(413)
    expect((await ask('/v1/members', `${KEY}-2`)).status).toBe(403)
    const put = (path: string, body?: object) =>
      ask(path, KEY, { method: 'PUT', body: JSON.stringify(body ?? {}) })
    const groups = await Promise.all(['a', 'b', 'c'].map(group => put(`/v1/groups/${group}/members/9`)))
    expect(groups.map(({ status }) => status)).toEqual([204, 204, 409])
    expect((await put('/v1/members/9/profile', { text: 'x'.repeat(100) })).status).toBe(400)
    const many = await Promise.all(Array.from({ length: 60 }, () => ask('/v1/counts', `${KEY}-2`)))
    const late = many.filter(({ status }) => status === 429).length
    expect(late).toBeGreaterThan(0)
    expect((await ask('/v1/members', null)).status).toBe(401)
    const before = await counters()
    expect(before).toMatchObject({ too_large: 1, too_many_requests: late, no_key: 1 })
    expect(before).toMatchObject({ too_many_groups: 1, bad_data: 1 })
    expect(before.missing_scope).toBe(1 + 60 - late)
    expect(before).not.toHaveProperty('bad_key')
    const wrong = []
    for (let i = 0; i < 5; i++) wrong.push((await ask('/v1/members', 'nonsense')).status)
    expect(wrong).toEqual([401, 401, 401, 429, 429])
    const behind = await ask('/healthz', KEY)
    // from this address nobody is looked at any more: not even who has a right key
    expect(await behind.json()).toEqual({ status: 'ok' })
  })
})
