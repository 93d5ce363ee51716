// Links of every kind on a server that asks for tokens, on both runtimes: who is let in, for how long, and that no token and
// no cookie is ever in a log.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type EventStream, openStream } from '../support/event-stream.ts'
import { NativeClient } from '../support/native-client.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { mint, SECRET } from '../support/tokens.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds
const long = () => inSeconds(600)
const beat = (user_id: string, more: object = {}) =>
  JSON.stringify({ type: 'SetHeartbeat', user_id, user_name: 'Ana', timestamp: 1, ...more })

/** A page of a published dialect. */
class Page {
  readonly heard: string[] = []
  closed = 0
  readonly #socket: WebSocket
  readonly open: Promise<void>

  constructor(port: number, token?: string) {
    this.#socket = new WebSocket(
      `ws://127.0.0.1:${port}/ws${token === undefined ? '' : `?v=1&token=${token}`}`,
    )
    this.open = new Promise(resolve => {
      this.#socket.onopen = () => resolve()
    })
    this.#socket.onmessage = ({ data }) => void this.heard.push(String(data))
    this.#socket.onclose = ({ code }) => {
      this.closed = code
    }
  }

  async say(...texts: string[]): Promise<void> {
    await this.open
    for (const text of texts) this.#socket.send(text)
  }

  async end(): Promise<void> {
    await waitFor('the end of the page', () => this.closed > 0)
  }

  leave(): void {
    this.#socket.close()
  }
}

describe.each([...RUNTIMES])('on %s', runtime => {
  let server: SystoleProcess
  let observer: NativeClient
  const used: string[] = []

  const tokenOf = (claims: object) => {
    const token = mint({ exp: long(), ...claims })
    used.push(token)
    return token
  }
  const url = (name = 'main') => `ws://127.0.0.1:${server.port(name)}/`
  const page = (name: string, claims?: object) =>
    new Page(server.port(name), claims === undefined ? undefined : tokenOf(claims))
  const stateOf = (member: string) =>
    observer.model.lists.get('members')?.entries.get(member)?.state ?? 'not told'
  const sees = (member: string, state: string) =>
    waitFor(`${member} ${state}`, () => stateOf(member) === state, 10_000)

  beforeAll(async () => {
    server = await startServer({
      runtime,
      args: ['--auth-secret', SECRET, '--auth-leeway', '0', '--log-level', 'debug'],
      listen: {
        uid: 'uid',
        gateway: 'gateway',
        inMessage: 'auto,token=message',
        free: 'heartbeat,token=none',
      },
    })
    observer = new NativeClient(url())
    await observer.hello({ observer: true, token: tokenOf({ sub: 'watcher', watch: true, ask: true }) })
    const members = ['h', 'm', 'u', 'g', 'f', 'e', 's', 'soon'].map(name => `${runtime} ${name}`)
    observer.watch({ of: 'members', members })
    await waitFor('the list', () => observer.model.lists.get('members')?.whole === true)
  })
  afterAll(async () => {
    observer.close()
    await server.kill()
  })

  test('heartbeat: by the query, or by its first message where the listener says so', async () => {
    const id = `${runtime} h`
    const one = page('main', { sub: id })
    await one.say(beat(id))
    await sees(id, 'online')
    const two = page('inMessage')
    await two.say(beat(id, { token: tokenOf({ sub: id }) }), beat(id))
    const other = page('inMessage')
    await other.say(beat(id, { token: tokenOf({ sub: 'somebody else' }) }))
    await other.end()
    const queried = page('inMessage', { sub: id })
    await queried.say(beat(id))
    await queried.end()
    expect([one.closed, two.closed, other.closed, queried.closed]).toEqual([0, 0, 4401, 4401])
    for (const each of [one, two]) each.leave()
  })

  test('members, uid and gateway', async () => {
    const [m, u, g] = ['m', 'u', 'g'].map(name => `${runtime} ${name}`) as [string, string, string]
    const members = page('main', { sub: m })
    await members.say(JSON.stringify({ action: 'open', id: m, name: 'Ana' }), 'ping')
    const uid = page('uid', { sub: u })
    await uid.say(u, u)
    const gateway = page('gateway', { sub: g })
    for (const id of [m, u, g]) await sees(id, 'online')
    await waitFor('the echo', () => uid.heard.length > 0 && members.heard.length > 0)
    expect([members.heard, uid.heard, gateway.closed]).toEqual([['pong'], [u], 0])
    const refused = [page('uid'), page('gateway'), page('uid', { sub: 'not this one' })]
    await Promise.all([refused[0]!.say(u), refused[2]!.say(u)])
    for (const each of refused) await each.end()
    expect(refused.map(({ closed }) => closed)).toEqual([4401, 4401, 4401])
    for (const each of [members, uid, gateway]) each.leave()
    await sees(g, 'offline')
  })

  test('a listener that asks for none takes claims, and lists nobody', async () => {
    const id = `${runtime} f`
    const free = page('free')
    await free.say(beat(id), '{"type":"GetHeartbeat","user":"admin"}')
    await sees(id, 'online')
    await waitFor('the list', () => free.heard.length > 0)
    expect(free.heard).toEqual(['[]'])
    const admin = page('main', { sub: 'admin', watch: true })
    await admin.say('{"type":"GetHeartbeat","user":"admin"}')
    await waitFor('the list', () => admin.heard.length > 0)
    expect(JSON.parse(admin.heard[0]!)).toContainEqual({ user_id: id, user_name: 'Ana', status: '在线' })
    for (const each of [free, admin]) each.leave()
  })

  test('an expired token ends a page too, and its member is told as expired', async () => {
    const id = `${runtime} e`
    const exp = inSeconds(2)
    const one = page('main', { sub: id, exp })
    await one.say(beat(id))
    await sees(id, 'online')
    await one.end()
    expect([one.closed, Date.now() >= exp * 1_000, Date.now() < exp * 1_000 + 2_000]).toEqual([
      4401,
      true,
      true,
    ])
    await sees(id, 'offline')
    expect(observer.model.lists.get('members')!.entries.get(id)!.reason).toBe('expired')
  })

  const say = (stream: EventStream, frame: object) =>
    stream.post(JSON.stringify(frame), { 'content-type': 'text/plain' })

  test('an event stream says hello with a token, and another while it lasts', async () => {
    const stream = await openStream(server.port('main'), {})
    const token = tokenOf({ sub: `${runtime} s` })
    await say(stream, { t: 'hello', token, instance: 'a'.repeat(20), epoch: 1 })
    await sees(`${runtime} s`, 'online')
    const heard = (t: string) =>
      waitFor(`an ${t}`, () => stream.texts.map(text => JSON.parse(text)).find(frame => frame.t === t))
    const exp = Math.floor(Date.now() / 1_000) + 600
    await say(stream, { t: 'auth', token: tokenOf({ sub: `${runtime} s`, exp }), id: 1 })
    expect(await heard('ack')).toMatchObject({ id: 1, tokenExpires: exp * 1_000 })
    await say(stream, { t: 'auth', token: tokenOf({ sub: `${runtime} other` }), id: 2 })
    expect(await heard('error')).toMatchObject({ id: 2, code: 'unauthorized' })
    expect(stream.closed).toBeNull()
    stream.abort()
  })

  test('a wrong token ends an event stream as it ends a socket', async () => {
    const stream = await openStream(server.port('main'), {})
    const token = `${tokenOf({ sub: `${runtime} w` })}x`
    await say(stream, { t: 'hello', token, instance: 'b'.repeat(20), epoch: 1 })
    const closed = await waitFor('the end', () => stream.closed)
    expect(closed).toMatchObject({ code: 4401 })
  })

  test('nothing in the log is a token, whatever went wrong', async () => {
    const client = new NativeClient(url())
    await client.connect()
    const token = tokenOf({ sub: 'x' })
    client.send(`{"t":"hello","token":"${token}","instance":7}`)
    const odd = page('main', { sub: 'x' })
    await odd.say(JSON.stringify({ odd: 1, token }), token, JSON.stringify({ type: 'SetHeartbeat', token }))
    await pause(300)
    const text = JSON.stringify(server.lines) + server.stderr
    expect(server.lines.length).toBeGreaterThan(3)
    for (const each of used) {
      const [, claims, signature] = each.split('.')
      expect(text.includes(claims!) || text.includes(signature!)).toBe(false)
    }
    odd.leave()
  })
})

describe.each([...RUNTIMES])('a hook on %s', runtime => {
  test('says who a cookie is, is waited for, and what it does not know is refused', async () => {
    const asked: Record<string, unknown>[] = []
    const hook = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async request => {
        const body = (await request.json()) as Record<string, unknown>
        asked.push(body)
        await pause(150)
        if (String(body.cookie).includes('id=ana')) return Response.json({ member: 'ana', watch: true })
        return new Response('no', { status: 401 })
      },
    })
    const server = await startServer({
      runtime,
      args: ['--auth-hook', hook.url.href],
      listen: { uid: 'uid' },
    })
    const open = (name: string, cookie: string, protocol?: string) =>
      new WebSocket(`ws://127.0.0.1:${server.port(name)}/`, {
        headers: { cookie },
        ...(protocol && { protocols: [protocol] }),
      } as never)
    const native = open('main', 'id=ana', 'systole.v1')
    const heard: string[] = []
    native.onmessage = ({ data }) => void heard.push(String(data))
    native.onopen = () =>
      native.send(JSON.stringify({ t: 'hello', member: 'eve', instance: 'a'.repeat(20), epoch: 1 }))
    await waitFor('the welcome', () => heard.length > 0)
    expect(JSON.parse(heard[0]!)).toMatchObject({ t: 'welcome', member: 'ana' })
    const uid = open('uid', 'id=ana')
    const echoed: string[] = []
    uid.onmessage = ({ data }) => void echoed.push(String(data))
    uid.onopen = () => {
      for (let n = 0; n < 3; n++) uid.send('ana')
    }
    await waitFor('the frames that were held', () => echoed.length === 2)
    const stranger = open('uid', 'id=eve')
    let closed = 0
    stranger.onopen = () => stranger.send('eve')
    stranger.onclose = ({ code }) => {
      closed = code
    }
    await waitFor('the refusal', () => closed > 0)
    expect(closed).toBe(4401)
    expect(asked[0]).toMatchObject({ member: 'eve', cookie: 'id=ana' })
    expect(JSON.stringify(server.lines)).not.toContain('id=ana')
    for (const socket of [native, uid]) socket.close()
    await server.kill()
    await hook.stop(true)
  })
})
