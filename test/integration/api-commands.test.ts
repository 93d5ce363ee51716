// What the HTTP API does to those who are connected, on a running server with a key: kicks, bans, groups, pushes, data,
// bindings, erasing. Each is seen from the other end of a connection.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { NativeClient } from '../support/native-client.ts'
import { connect } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

const KEY = 'a-key-of-a-test-that-is-long'

type Json = Awaited<ReturnType<Response['json']>>

interface Session {
  readonly id: string
  readonly member: string | null
  readonly clientId: string | null
  readonly data: unknown
}

describe.each([...RUNTIMES])('by HTTP on %s', runtime => {
  let server: SystoleProcess
  const clients: NativeClient[] = []

  beforeAll(async () => {
    server = await startServer({
      runtime,
      listen: { uid: 'uid,limit=10m', gateway: 'gateway,limit=10m' },
      args: ['--key', `boss=admin:${KEY}`, '--grace', '300ms', '--suspect-after', '100ms'],
    })
  })
  afterAll(async () => {
    for (const client of clients) client.close()
    await server.kill()
  })

  async function call(method: string, path: string, body?: unknown): Promise<[number, Json]> {
    const response = await fetch(`http://127.0.0.1:${server.port('main')}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return [response.status, text === '' ? null : JSON.parse(text)]
  }

  async function join(member: string, more: object = {}): Promise<NativeClient> {
    const client = new NativeClient(`ws://127.0.0.1:${server.port('main')}`)
    clients.push(client)
    await client.join(member, more)
    return client
  }

  const stateOf = async (member: string) => (await call('GET', `/v1/members/${member}`))[1].member?.state
  const sessionsOf = async (query: string): Promise<Session[]> =>
    (await call('GET', `/v1/sessions?${query}`))[1].sessions

  test('one who is kicked hears why, and may or may not come back', async () => {
    const [a, b] = [await join('kicked'), await join('sent-away')]
    expect(await call('POST', '/v1/members/kicked/kick', { reason: 'go' })).toEqual([200, { sessions: 1 }])
    expect(await call('POST', '/v1/members/sent-away/kick', { mayReturn: true })).toEqual([
      200,
      { sessions: 1 },
    ])
    await waitFor('both ends', () => a.closes.length + b.closes.length === 2)
    expect([a.closes, b.closes]).toEqual([[4500], [4430]])
    expect(a.of('error')[0]).toMatchObject({ code: 'kicked', message: expect.stringContaining('go') })
    const [, { member }] = await call('GET', '/v1/members/kicked')
    expect([member.state, member.reason]).toEqual(['offline', 'kicked'])
    expect(await call('POST', '/v1/members/kicked/kick', {})).toEqual([200, { sessions: 0 }])
  })

  test('one who is banned is gone, and cannot come until the ban is lifted or over', async () => {
    const client = await join('banned')
    const [status, { ban }] = await call('PUT', '/v1/bans/banned', { for: 3_600_000, reason: 'spam' })
    expect([status, ban.until - ban.since, ban.reason]).toEqual([200, 3_600_000, 'spam'])
    await waitFor('the end', () => client.closes.length === 1)
    await expect(join('banned')).rejects.toThrow('banned')
    const link = await connect(server.port('uid'))
    link.sendText('banned')
    expect((await link.closed).code).toBeGreaterThan(1000)
    expect((await call('GET', '/v1/bans'))[1].bans).toEqual([ban])
    expect((await call('DELETE', '/v1/bans/banned'))[0]).toBe(204)
    await join('banned')
    expect(await stateOf('banned')).toBe('online')
    await call('PUT', '/v1/bans/shortly', { for: 300 })
    await waitFor('the ban to be over', async () => (await call('GET', '/v1/bans/shortly'))[0] === 404)
    await join('shortly')
  })

  test('what the host says of a member is told to who watches it', async () => {
    const watcher = new NativeClient(`ws://127.0.0.1:${server.port('main')}`)
    clients.push(watcher)
    await watcher.observe()
    await join('described', { name: 'Before' })
    await watcher.watch({ of: 'members', members: ['described'] })
    await call('PUT', '/v1/members/described', { name: 'After', profile: { a: 1, b: 1 } })
    await call('PATCH', '/v1/members/described/profile', { b: null, c: { d: 1 } })
    const entry = () => watcher.model.lists.get('members')?.entries.get('described')
    await waitFor('the news', () => JSON.stringify(entry()?.profile) === '{"a":1,"c":{"d":1}}')
    expect(entry()?.name).toBe('After')
  })

  test('a push goes to groups, by standing membership', async () => {
    const [a, b] = [await join('g1'), await join('g2')]
    expect((await call('PUT', '/v1/groups/stand/members/g1', {}))[0]).toBe(204)
    const [, changed] = await call('POST', '/v1/groups/stand/members', { add: ['g2', 'g3', ''] })
    expect([changed.added, changed.refused.length]).toEqual([2, 1])
    const [, pushed] = await call('POST', '/v1/push', { groups: ['stand'], except: ['g2'], data: { n: 1 } })
    expect(pushed).toEqual({ reached: 1, suspect: 0, offline: 1, unknown: 0 })
    await waitFor('the message', () => a.of('message').length === 1)
    expect(a.of('message')[0]).toMatchObject({ data: { n: 1 } })
    expect(b.of('message')).toEqual([])
    await call('DELETE', '/v1/groups/stand/members/g1')
    expect((await call('POST', '/v1/push', { group: 'stand', data: 2 }))[1].reached).toBe(1)
    await call('PUT', '/v1/groups/brief/members/g1', { ttl: 300 })
    expect((await call('POST', '/v1/push', { group: 'brief', data: 3 }))[1].reached).toBe(1)
    await waitFor('the membership to be over', async () => {
      const [, { reached }] = await call('POST', '/v1/push', { group: 'brief', data: 4 })
      return reached === 0
    })
  })

  test('data stays with a session, and goes with it', async () => {
    await join('holder')
    const [session] = await sessionsOf('member=holder')
    const path = `/v1/sessions/${session!.id}`
    expect((await call('PUT', `${path}/data`, { seat: [1, '二'] }))[1].session.data).toEqual({
      seat: [1, '二'],
    })
    expect((await call('GET', path))[1].session.data).toEqual({ seat: [1, '二'] })
    const [status, problem] = await call('PUT', `${path}/data`, 'x'.repeat(5_000))
    expect([status, problem.code]).toEqual([400, 'bad_data'])
    expect((await call('DELETE', `${path}/data`))[0]).toBe(204)
    expect((await call('GET', path))[1].session.data).toBeNull()
    await call('POST', '/v1/members/holder/kick', {})
    expect((await call('GET', path))[1].code).toBe('unknown_session')
  })

  test('a gateway link is bound to a member, and to nobody again', async () => {
    const link = await connect(server.port('gateway'))
    link.sendText('hello')
    const found = await waitFor('the link', async () => (await sessionsOf('anonymous=true'))[0])
    const path = `/v1/connections/${found.clientId}/member`
    expect((await call('PUT', path, { member: 'bound' }))[0]).toBe(204)
    link.sendText('beat')
    await waitFor('the member', async () => (await stateOf('bound')) === 'online')
    expect((await sessionsOf('member=bound'))[0]).toMatchObject({ clientId: found.clientId, member: 'bound' })
    expect((await call('DELETE', path))[0]).toBe(204)
    expect(await stateOf('bound')).toBe('offline')
    expect((await call('DELETE', '/v1/connections/ffff/member'))[1].code).toBe('unknown_client')
    link.destroy()
  })

  test('one who is erased was never there', async () => {
    const client = await join('erased', { name: 'Nobody', profile: { a: 1 } })
    await call('PUT', '/v1/groups/stand/members/erased', {})
    expect((await call('POST', '/v1/members/erased/erase'))[0]).toBe(204)
    await waitFor('the end', () => client.closes.length === 1)
    expect((await call('GET', '/v1/members/erased'))[1].code).toBe('unknown_member')
    expect((await call('POST', '/v1/members/erased/erase'))[0]).toBe(404)
    const [, result] = await call('POST', '/v1/push', { to: ['erased'], data: 1 })
    expect(result.unknown).toBe(1)
  })
})
