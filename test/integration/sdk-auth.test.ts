// The SDK against a server that asks for tokens, on both runtimes: the first token, a fresh one in time, one that is refused,
// one that expires, and what it may see.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Client, createClient, type StateChange, type TokenRequest } from '../../src/client/index.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { mint, SECRET } from '../support/tokens.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

describe.each([...RUNTIMES])('on %s', runtime => {
  let server: SystoleProcess
  const clients: Client[] = []

  beforeAll(async () => {
    server = await startServer({ runtime, args: ['--auth-secret', SECRET, '--auth-leeway', '0'] })
  })
  afterAll(async () => {
    for (const client of clients) client.destroy()
    await server.kill()
  })

  function start(
    getToken: (request: TokenRequest) => string | Promise<string>,
    more: { readonly observer?: boolean } = {},
  ) {
    const asked: string[] = []
    const changes: StateChange[] = []
    const client = createClient({
      url: `ws://127.0.0.1:${server.port('main')}/`,
      ...more,
      getToken: request => {
        asked.push(request.reason)
        return getToken(request)
      },
    })
    clients.push(client)
    client.on('state', change => changes.push(change))
    const online = () => waitFor('the client online', () => client.state === 'online')
    return { client, asked, changes, online }
  }

  test('a fresh token in time: the session goes on past the end of the first, unbroken', async () => {
    const life = 5
    const { client, asked, changes, online } = start(() => mint({ sub: 'ana', exp: inSeconds(life) }))
    await online()
    const { session, member } = client
    await pause(life * 2_500)
    expect([client.state, client.session, member]).toEqual(['online', session, 'ana'])
    expect(changes.filter(({ to }) => to !== 'online').map(({ to }) => to)).toEqual(['connecting'])
    expect(asked[0]).toBe('connect')
    expect(new Set(asked.slice(1))).toEqual(new Set(['refresh']))
    expect(asked.length).toBeGreaterThanOrEqual(3)
  })

  test('no fresh one: the session expires with 4401, another token is asked for, and it comes back', async () => {
    const short = inSeconds(4)
    const { client, asked, changes, online } = start(({ reason }) =>
      reason === 'refresh'
        ? 'not a token'
        : mint({ sub: 'ben', exp: reason === 'connect' ? short : inSeconds(600) }),
    )
    await online()
    const { session } = client
    await waitFor('the end of its token', () => changes.some(({ code }) => code === 4401), 10_000)
    await online()
    expect(changes.find(({ code }) => code === 4401)).toMatchObject({ reason: 'token', to: 'waiting' })
    expect(asked.at(-1)).toBe('refused')
    expect(asked.filter(reason => reason === 'refresh').length).toBeLessThan(5)
    expect(client.session).not.toBe(session)
  })

  test('a refused token: another one at once, once', async () => {
    const { client, asked, online } = start(({ reason }) =>
      reason === 'connect' ? 'not a token' : mint({ sub: 'cleo', exp: inSeconds(600) }),
    )
    await online()
    expect([asked, client.member]).toEqual([['connect', 'refused'], 'cleo'])
  })

  test('what it may not see is unknown or forbidden, and the client goes on', async () => {
    const dora = start(() => mint({ sub: 'dora', exp: inSeconds(600), groups: ['g'] }))
    const emil = start(() => mint({ sub: 'emil', exp: inSeconds(600), groups: ['g'] }))
    const fred = start(() => mint({ sub: 'fred', exp: inSeconds(600) }))
    await Promise.all([dora, emil, fred].map(({ online }) => online()))
    const { client } = dora
    const problems: string[] = []
    client.on('problem', ({ server }) => problems.push(server ?? ''))
    expect((await client.ask(['dora', 'emil', 'fred'])).map(({ state }) => state)).toEqual([
      'online',
      'online',
      'unknown',
    ])
    const some = client.watch(['emil', 'fred'])
    const group = client.watch({ group: 'g' })
    client.watch('all')
    await waitFor('both lists', () => some.view.whole && group.view.whole && problems.length > 0)
    expect([client.isOnline('emil'), client.isOnline('fred')]).toEqual([true, false])
    expect([...group.view.members.keys()].sort()).toEqual(['dora', 'emil'])
    expect(problems).toEqual(['forbidden'])
    emil.client.leave()
    await waitFor('the leave', () => !client.isOnline('emil') && group.view.members.size === 1)
    expect(some.view.members.get('emil')).toEqual({ member: 'emil', state: 'unknown' })
    expect(client.state).toBe('online')
  })

  test('an observer with a token watches, and is nobody', async () => {
    const { client, online } = start(() => mint({ sub: 'gus', watch: true, exp: inSeconds(600) }), {
      observer: true,
    })
    await online()
    const all = client.watch('all')
    await waitFor('the list', () => all.view.whole)
    expect([client.member, all.view.members.has('gus')]).toEqual([null, false])
  })
})
