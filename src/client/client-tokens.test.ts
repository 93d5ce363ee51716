// Tokens: asked for when one is needed, refreshed before they expire, refused once more before it takes longer; and
// providers that throw, hang and lie.

import { afterEach, expect, test } from 'bun:test'
import { onlineStage, Stage, type StageOptions, strike } from '../../test/support/client-stage.ts'
import type { TokenRequest } from './types.ts'
import { Unauthorized } from './types.ts'

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

/** Gives `t1`, `t2`, … and keeps why it was asked; `answer` instead, where it is set. */
class Provider {
  readonly asked: TokenRequest['reason'][] = []
  answer: (() => unknown) | null = null

  readonly getToken = ({ reason }: TokenRequest): string | Promise<string> => {
    this.asked.push(reason)
    if (this.answer !== null) return this.answer() as string
    return Promise.resolve(`t${this.asked.length}`)
  }
}

const hang = () => new Promise(() => {})

async function signedIn(options: StageOptions = {}): Promise<[Stage, Provider]> {
  const provider = new Provider()
  const stage = await onlineStage({ getToken: provider.getToken, ...options })
  return [stage, provider]
}

/** Its tokens last 100 s. */
async function shortLived(): Promise<[Stage, Provider]> {
  const provider = new Provider()
  const stage = new Stage({ getToken: provider.getToken })
  stage.server.tokenLife = 100_000
  await stage.place.advance(0)
  return [stage, provider]
}

test('asked once, sent in the hello, used again for the next connection', async () => {
  const [stage, provider] = await signedIn()
  expect([stage.line.hello!.token, stage.line.hello!.member]).toEqual(['t1', undefined])
  await stage.cut()
  await stage.place.advance(31_000)
  expect([stage.line.hello!.token, provider.asked]).toEqual(['t1', ['connect']])
  expect(stage.line.url).not.toContain('t1')
})

test('a fresh one at 80 % of its life, on the living connection', async () => {
  const provider = new Provider()
  const stage = new Stage({ getToken: provider.getToken })
  stage.server.tokenLife = 100_000
  await stage.place.advance(79_999)
  expect(provider.asked).toEqual(['connect'])
  await stage.place.advance(2)
  expect([provider.asked, stage.heard('auth').map(({ token }) => token)]).toEqual([
    ['connect', 'refresh'],
    ['t2'],
  ])
  await stage.place.advance(80_000)
  expect([provider.asked.length, stage.way.dials]).toEqual([3, 1])
  await stage.cut()
  await stage.place.advance(31_000)
  expect(stage.line.hello!.token).toBe('t3')
})

test('one that expired while there was no connection is not sent', async () => {
  const [stage, provider] = await shortLived()
  stage.server.mute = true
  provider.answer = () => {
    throw new Error('no network')
  }
  await stage.cut()
  await stage.place.advance(200_000)
  provider.answer = null
  stage.server.mute = false
  await stage.place.advance(60_000)
  expect([stage.client.state, stage.line.hello!.token === 't1']).toEqual(['online', false])
})

test('refused: another one at once, then later each time', async () => {
  const provider = new Provider()
  const stage = new Stage({ getToken: provider.getToken })
  stage.server.refuse = () => ({ code: 'unauthorized', close: 4401 })
  await stage.place.advance(300)
  expect([provider.asked, stage.way.dials]).toEqual([['connect', 'refused'], 2])
  await stage.place.advance(60_000)
  expect(stage.way.dials).toBeWithin(4, 20)
  expect(new Set(stage.way.lines.map(({ hello }) => hello!.token)).size).toBe(stage.way.dials)
  stage.server.refuse = null
  await stage.place.advance(31_000)
  expect(stage.client.state).toBe('online')
})

test.each([
  ['throws', () => Promise.reject(new Error('no network'))],
  [
    'throws at once',
    () =>
      (() => {
        throw new Error('no network')
      })(),
  ],
  ['throws nothing', () => Promise.reject(undefined)],
  ['gives nothing', () => undefined],
  ['gives a number', () => 7],
  ['gives an empty text', () => ''],
  ['gives an object', () => ({ token: 'x' })],
])('a provider that %s: said, and tried again later', async (_, answer) => {
  const provider = new Provider()
  provider.answer = answer
  const stage = new Stage({ getToken: provider.getToken })
  await stage.place.advance(60_000)
  expect([stage.way.dials, new Set(stage.codes())]).toEqual([0, new Set(['token'])])
  expect(provider.asked.length).toBeWithin(3, 40)
  provider.answer = null
  await stage.place.advance(31_000)
  expect(stage.client.state).toBe('online')
})

test('a provider that hangs is asked again after 10 s, and what it gives late harms nobody', async () => {
  const provider = new Provider()
  let late = (_: string) => {}
  provider.answer = () =>
    new Promise<string>(give => {
      late = give
    })
  const stage = new Stage({ getToken: provider.getToken })
  await stage.place.advance(10_000)
  expect([stage.told().at(-1), stage.codes()]).toEqual(['connecting>waiting timeout', ['token']])
  provider.answer = null
  late('late')
  await stage.place.advance(31_000)
  expect([stage.client.state, stage.way.dials]).toEqual(['online', 1])
})

test('nobody is signed in: closed until asked to connect, and then asked anew', async () => {
  const [stage, provider] = await signedIn()
  expect(stage.client.state).toBe('online')
  await stage.cut(4401)
  provider.answer = () => Promise.reject(new Unauthorized())
  await stage.place.advance(60_000)
  expect(stage.told().at(-1)).toBe('connecting>closed unauthorized')
  provider.answer = null
  const asked = provider.asked.length
  stage.client.connect()
  await stage.place.advance(0)
  expect([stage.client.state, provider.asked.slice(asked)]).toEqual(['online', ['connect']])
})

test('nobody is signed in any more when it is to be refreshed: closed, and the old token is forgotten', async () => {
  const [stage, provider] = await shortLived()
  provider.answer = () => Promise.reject(new Unauthorized())
  await stage.place.advance(80_001)
  expect(stage.told().at(-1)).toBe('online>closed unauthorized')
  provider.answer = () => 'theirs'
  stage.client.connect()
  await stage.place.advance(0)
  expect(stage.line.hello!.token).toBe('theirs')
})

test('after leave somebody else may sign in', async () => {
  const [stage, provider] = await signedIn()
  stage.client.leave()
  provider.answer = () => 'theirs'
  stage.client.connect()
  await stage.place.advance(0)
  expect(stage.line.hello!.token).toBe('theirs')
})

test('what was asked for one and comes late is not used for another', async () => {
  const provider = new Provider()
  let late = (_: string) => {}
  provider.answer = () =>
    new Promise<string>(give => {
      late = give
    })
  const stage = new Stage({ getToken: provider.getToken })
  await stage.place.advance(100)
  stage.client.leave()
  provider.answer = () => 'theirs'
  stage.client.connect()
  await stage.place.advance(0)
  late('ours')
  await stage.cut()
  await stage.place.advance(31_000)
  expect(stage.line.hello!.token).toBe('theirs')
})

test('a refresh that fails is tried again, and never in a loop', async () => {
  const [stage, provider] = await shortLived()
  provider.answer = () => Promise.reject(new Error('no network'))
  await stage.place.advance(95_000)
  expect(provider.asked.length).toBeWithin(3, 12)
  provider.answer = null
  await stage.place.advance(4_000)
  expect([stage.client.state, stage.heard('auth').length]).toEqual(['online', 1])
})

test('a refresh that hangs does not end the client', async () => {
  const [stage, provider] = await shortLived()
  provider.answer = hang
  await stage.place.advance(100_000)
  provider.answer = null
  await stage.cut(4401)
  await stage.place.advance(31_000)
  expect(stage.client.state).toBe('online')
})

test.each([0, 1, -60_000])('a server whose tokens last %d ms is not asked in a loop', async life => {
  const provider = new Provider()
  const stage = new Stage({ getToken: provider.getToken })
  stage.server.tokenLife = life
  await stage.place.advance(10_000)
  expect(provider.asked.length).toBeWithin(1, 25)
})
