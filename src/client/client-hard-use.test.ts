// What hard use of the client found, each so that it stays mended.

import { afterEach, expect, test } from 'bun:test'
import { onlineStage, Stage, strike } from '../../test/support/client-stage.ts'

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

test.each(['', 'a\nb', '\ud800', '中'.repeat(86)])(
  '%j is no id: unknown, and those beside it are watched',
  async id => {
    const stage = await onlineStage()
    const watch = stage.client.watch([id, 'bob'])
    await stage.place.advance(0)
    expect(stage.heard('watch').map(({ members }) => members)).toEqual([['bob']])
    expect([watch.view.whole, watch.view.members.get(id)?.state]).toEqual([true, 'unknown'])
  },
)

test('of more than 10,000 ids the first are watched, and the next when there is room', async () => {
  const stage = await onlineStage()
  const many = stage.client.watch(Array.from({ length: 10_000 }, (_, index) => `m${index}`))
  const more = stage.client.watch(['late'])
  await stage.place.advance(0)
  expect([stage.heard('watch').length, stage.codes(), more.view.whole]).toEqual([1, ['refused'], false])
  many.close()
  await stage.place.advance(0)
  expect([stage.heard('watch').map(({ members }) => members), more.view.whole]).toEqual([[['late']], true])
})

test('a group that was one too many is watched when another one is closed', async () => {
  const stage = await onlineStage()
  const other = stage.client.watch({ group: 'other' })
  await stage.place.advance(0)
  stage.heard('watch')
  stage.client.watch({ group: 'room' })
  await stage.place.advance(0)
  const [watch] = stage.heard('watch')
  await stage.says({ t: 'error', code: 'too_many', message: '100 at most', re: 'watch', id: watch!.id })
  expect(stage.codes()).toEqual(['refused'])
  other.close()
  await stage.place.advance(0)
  expect(stage.heard('watch').map(({ group }) => group)).toEqual(['room'])
})

test('a status that is no JSON throws at whoever sets it, and nothing else changes', async () => {
  const stage = await onlineStage()
  expect(() => stage.client.setStatus({ until: 10n as unknown as number })).toThrow()
  await stage.cut()
  await stage.place.advance(31_000)
  expect([stage.client.state, stage.heard('status')]).toEqual(['online', []])
  stage.client.destroy()
  await stage.place.advance(0)
  expect(stage.told().at(-1)).toBe('online>closed destroy')
})

test('a profile that is changed later is said as it was given', async () => {
  const profile: Record<string, unknown> = { mood: 'good' }
  const stage = await onlineStage({ profile })
  profile.self = profile
  await stage.cut()
  await stage.place.advance(31_000)
  expect([stage.client.state, stage.line.hello?.profile]).toEqual(['online', { mood: 'good' }])
})

test('a status that arrived is not said again: another session may have changed it', async () => {
  const stage = await onlineStage()
  stage.client.setStatus({ text: 'in a meeting' })
  await stage.place.advance(10_000)
  await stage.cut()
  await stage.place.advance(31_000)
  expect([stage.client.state, stage.heard('status')]).toEqual(['online', []])
})

test('versions of another run do not compare: what a server says anew is believed', async () => {
  const stage = await onlineStage()
  const watch = stage.client.watch(['bob'])
  await stage.place.advance(0)
  const snapshot = { t: 'snapshot', of: 'members', part: 0, cursor: 'a' }
  await stage.says({ ...snapshot, entries: [{ member: 'bob', state: 'online', version: 9e12 }] })
  await stage.says({ ...snapshot, entries: [{ member: 'bob', state: 'offline', version: 8e12 }] })
  expect(stage.client.isOnline('bob')).toBe(true)
  await stage.says({ ...snapshot, entries: [{ member: 'bob', state: 'offline', version: 7 }], reset: true })
  expect([stage.client.isOnline('bob'), watch.view.members.get('bob')?.version]).toEqual([false, 7])
})

test('a server that refuses a cursor nobody gave is not asked for ever', async () => {
  const stage = await onlineStage()
  stage.client.watch({ group: 'room' })
  await stage.place.advance(0)
  const [watch] = stage.heard('watch')
  const refusal = { t: 'error', code: 'bad_cursor', message: 'none', re: 'watch', id: watch!.id }
  for (let round = 0; round < 5; round++) await stage.says(refusal)
  expect(stage.heard('watch')).toEqual([])
  expect(stage.codes()).toEqual(Array(5).fill('refused'))
})

test('nor do they where a watch begins on another connection without a cursor', async () => {
  const stage = await onlineStage()
  stage.server.change('bob', { state: 'offline', groups: [] })
  stage.client.watch(['bob'])
  await stage.place.advance(0)
  const entries = [{ member: 'bob', state: 'online', version: 9e12 }]
  await stage.says({ t: 'diff', of: 'members', entries })
  expect(stage.client.isOnline('bob')).toBe(true)
  await stage.cut()
  // one that is not held yet: the cursor would not cover it
  stage.client.watch(['eve'])
  await stage.place.advance(31_000)
  expect([stage.heard('watch').at(-1)?.cursor, stage.client.isOnline('bob')]).toEqual([undefined, false])
})

test('a provider that hangs at a refresh is told, and asked again', async () => {
  const asked: string[] = []
  let hangs = false
  const getToken = ({ reason }: { reason: string }) => {
    asked.push(reason)
    return hangs ? new Promise<string>(() => {}) : 'token'
  }
  const stage = new Stage({ getToken })
  stage.server.tokenLife = 100_000
  await stage.place.advance(0)
  hangs = true
  await stage.place.advance(80_000)
  expect([asked, stage.codes()]).toEqual([['connect', 'refresh'], []])
  await stage.place.advance(10_000)
  expect([asked, stage.codes()]).toEqual([['connect', 'refresh', 'refresh'], ['token']])
})

test('an update that is refused is not in the next hello; one that was lost is told again', async () => {
  const stage = await onlineStage({ name: 'Ana' })
  stage.server.takes = 'nothing'
  stage.client.update({ name: 'a\nb' })
  const [update] = stage.heard('update')
  await stage.says({ t: 'error', code: 'bad_field', message: 'no', re: 'update', id: update!.id })
  expect(stage.codes()).toEqual(['refused'])
  stage.client.update({ name: 'Anna' })
  await stage.cut()
  stage.server.takes = 'ack'
  await stage.place.advance(31_000)
  expect([stage.line.hello?.name, stage.heard('update').map(({ name }) => name)]).toEqual(['Ana', ['Anna']])
  await stage.cut()
  await stage.place.advance(31_000)
  expect([stage.line.hello?.name, stage.heard('update')]).toEqual(['Anna', []])
})

test('whoever comes after a goodbye has nothing of who was there before', async () => {
  let who = 'ana'
  const stage = await onlineStage({ getToken: () => who, name: 'somebody' })
  stage.client.enter('team')
  stage.client.setStatus({ text: 'at the doctor' })
  stage.client.update({ name: 'Ana' })
  await stage.place.advance(0)
  stage.client.leave()
  who = 'carl'
  stage.client.connect()
  await stage.place.advance(0)
  expect(stage.line.hello).toMatchObject({ token: 'carl', name: 'somebody' })
  expect([...stage.heard('enter'), ...stage.heard('status'), ...stage.heard('update')]).toEqual([])
})

test('a number that has lost digits is no id', async () => {
  const { client } = await onlineStage()
  for (const use of [
    () => client.watch([2 ** 53]),
    () => client.enter(1.5),
    () => client.watch([Number.NaN]),
  ])
    expect(use).toThrow('is no id')
  expect(client.ask([2 ** 53])).rejects.toThrow('is no id')
})

test('destroyed twice it lets go of nothing that is another’s', async () => {
  const { place, client } = await onlineStage()
  client.destroy()
  const other = await onlineStage({ place })
  client.destroy()
  const third = await onlineStage({ place })
  expect(third.line.hello?.instance).not.toBe(other.line.hello?.instance)
})

test('destroyed by a listener, everybody is told all the same', async () => {
  const stage = await onlineStage()
  const heard: string[] = []
  stage.client.on('state', () => stage.client.destroy())
  stage.client.on('state', ({ to }) => heard.push(to))
  await stage.cut()
  expect([heard, stage.client.state]).toEqual([['waiting', 'closed'], 'closed'])
})

test.each<[object, string]>([
  [{ transports: [] }, 'transports'],
  [{ transports: ['websocket'] }, 'transports'],
])('%j is refused', (options, named) => {
  expect(() => new Stage(options)).toThrow(named)
})
