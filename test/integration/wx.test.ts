// The client in a mini-program against a running server: a faithful platform in front, whose sockets are carried by real
// ones. The platform's time and the client's run ten times as fast as the server's.

import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { createContext, runInContext } from 'node:vm'
import { createClient } from '../../src/client/index.ts'
import type { Client, StateChange } from '../../src/client/types.ts'
import { createWxClient, wxHost, wxTransport } from '../../src/client/wx.ts'
import { FakeWx, type FakeWxOptions } from '../support/fake-wx.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

const SPEED = 10
/** How long the program is away, in the server's ms; far over every grace but that of a program put aside. */
const AWAY = 20_000 / SPEED
const TIMING = { interval: 1_000, timeout: 500, grace: 300 }

let server: SystoleProcess
let watcher: Client
/** What others saw of each member: its states, in order. */
let seen: Map<string, string[]>
let clients: Client[]

const begun = Date.now()
const fast = {
  now: () => begun + (Date.now() - begun) * SPEED,
  after: (ms: number, run: () => void) => setTimeout(run, ms / SPEED),
  cancel: (timer: unknown) => clearTimeout(timer as number),
}

beforeAll(async () => {
  const args = ['--timing-least', '100ms/50ms/0', '--refresh-grace', '300ms']
  server = await startServer({ runtime: 'bun', args })
})
afterAll(() => server.kill())

beforeEach(async () => {
  clients = []
  seen = new Map()
  watcher = keep(createClient({ url: urlOf(), observer: true }))
  const all = watcher.watch('all')
  all.subscribe((_, changed) => {
    for (const { member, state, gone } of changed)
      seen.set(member, [...(seen.get(member) ?? []), gone ? 'gone' : state])
  })
  await waitFor('the list', () => all.view.whole)
})
afterEach(() => {
  for (const client of clients) client.destroy()
})

function keep<C extends Client>(client: C): C {
  clients.push(client)
  return client
}

function urlOf(): string {
  return `ws://127.0.0.1:${server.port('main')}/`
}

/** Carries each socket of the platform by a real one. */
function bridged(options: FakeWxOptions = {}): FakeWx {
  const fake = new FakeWx({ clock: fast, ...options })
  fake.onSocket = socket => {
    const real = new WebSocket(socket.url, [...socket.protocols]) as WebSocket & { terminate(): void }
    real.onopen = () => socket.accept({ 'Sec-WebSocket-Protocol': real.protocol })
    real.onmessage = ({ data }) => socket.say(data)
    real.onclose = ({ code, reason }) => socket.end(code, reason)
    socket.onSent = text => real.send(text)
    socket.onClosed = code => real.close(code)
    socket.onTaken = () => real.terminate()
  }
  return fake
}

async function program(member: string, options: FakeWxOptions = {}) {
  const fake = bridged(options)
  const client = keep(
    createWxClient({
      url: urlOf(),
      member,
      timing: TIMING,
      transports: [wxTransport(fake.wx)],
      host: Object.assign(wxHost(fake.wx), fake.timers),
    }),
  )
  const changes: string[] = []
  client.on('state', ({ to, reason }: StateChange) => changes.push(`${to} ${reason}`))
  await waitFor(`${member} to be seen`, () => client.state === 'online' && seen.has(member))
  changes.length = 0
  return { fake, client, changes }
}

test('20 s in the background and back: the same session, and nobody saw it go', async () => {
  const { fake, client, changes } = await program('ana')
  const { session } = client
  fake.hide()
  await waitFor('it to be put aside', () => client.state === 'idle')
  expect(fake.sockets[0]!.closedWith).toBe(4001)
  expect((await server.api.sessions())[0]).toMatchObject({ member: 'ana', state: 'suspect' })
  await pause(AWAY)
  fake.show()
  await waitFor('it to be back', () => client.state === 'online')
  expect(client.session).toBe(session)
  await server.api.is('ana', 'online')
  expect(changes).toEqual(['idle cached', 'connecting restored', 'online welcome'])
  expect(seen.get('ana')).toEqual(['online'])
})

test('a program that closes and is away as long is seen to go', async () => {
  const { fake, client } = await program('eva')
  fake.last.task.close({ code: 1000 })
  client.destroy()
  await pause(AWAY)
  expect(seen.get('eva')).toEqual(['online', 'gone'])
})

test('stopped at once and never told: the same session all the same', async () => {
  const { fake, client, changes } = await program('bo', { background: 200, taken: null })
  const { session } = client
  fake.hide()
  await waitFor('the server to miss it', async () => {
    const [first] = await server.api.sessions()
    return first?.state === 'suspect'
  })
  await pause(AWAY)
  expect(changes).toEqual([])
  fake.show()
  await waitFor('it to be back', () => fake.sockets.length > 1 && client.state === 'online')
  expect(client.session).toBe(session)
  expect(changes).toEqual(['probing wake', 'connecting silence', 'online welcome'])
  expect(seen.get('bo')).toEqual(['online'])
})

test('the socket it finds taken is replaced', async () => {
  const { fake, client } = await program('cy', { background: 200 })
  const { session } = client
  fake.hide()
  await pause(AWAY)
  fake.show()
  await waitFor('it to be back', () => fake.sockets.length > 1 && client.state === 'online')
  expect(client.session).toBe(session)
  expect(seen.get('cy')).toEqual(['online'])
})

test('another network is a reason to ask, not to leave', async () => {
  const { fake, client, changes } = await program('di')
  fake.network('wifi')
  await waitFor('the first answer', () => changes.includes('online answer'))
  fake.network('4g')
  await waitFor('the second answer', () => changes.filter(change => change === 'online answer').length === 2)
  expect(changes.filter(change => change.startsWith('probing'))).toHaveLength(2)
  expect([fake.sockets.length, client.state]).toEqual([1, 'online'])
})

test('leaves at once, and nothing of it is left', async () => {
  const { fake, client } = await program('fay')
  client.leave()
  await waitFor('it to be gone', () => seen.get('fay')?.includes('gone'))
  client.destroy()
  expect([fake.open, fake.listeners]).toEqual([[], 0])
})

test('started again it goes on with its session', async () => {
  const { fake, client } = await program('gil')
  const { session } = client
  fake.hide()
  await waitFor('it to be put aside', () => client.state === 'idle')
  client.destroy()
  const again = bridged()
  for (const [key, value] of fake.storage) again.storage.set(key, value)
  const host = Object.assign(wxHost(again.wx), again.timers)
  const second = keep(
    createWxClient({ url: urlOf(), member: 'gil', transports: [wxTransport(again.wx)], host }),
  )
  await waitFor('it to be back', () => second.state === 'online')
  expect(second.session).toBe(session)
  expect(seen.get('gil')).toEqual(['online'])
})

test('needs nothing that a mini-program has not', async () => {
  const built = await Bun.build({
    entrypoints: [new URL('../../src/client/wx.ts', import.meta.url).pathname],
    target: 'browser',
    format: 'cjs',
  })
  const fake = bridged()
  const module = { exports: {} as { createWxClient: typeof createWxClient } }
  // A mini-program has the language, timers and `wx`: no URL, crypto, document, AbortSignal or queueMicrotask.
  const place = createContext({
    ...{ module, exports: module.exports, wx: fake.wx, console, setTimeout, clearTimeout },
    ...{ queueMicrotask: undefined, URL: undefined, AbortSignal: undefined, crypto: undefined },
  })
  runInContext(await built.outputs[0]!.text(), place)
  const client = keep(module.exports.createWxClient({ url: urlOf(), member: 'hal', name: 'Hal' }))
  const problems: string[] = []
  client.on('problem', ({ code, message }) => problems.push(`${code}: ${message}`))
  const everybody = client.watch('all')
  await waitFor('hal to see itself', () => everybody.view.members.get('hal')?.name === 'Hal')
  client.update({ name: 'Hal 2' })
  await waitFor('the change', () => everybody.view.members.get('hal')?.name === 'Hal 2')
  // It has no Web Locks either, and needs none.
  expect(problems.filter(problem => !problem.startsWith('locks'))).toEqual([])
})
