// What a client says of itself: away and back, its status, its groups, its details; told again exactly where the server
// may not know.

import { afterEach, expect, test } from 'bun:test'
import { onlineStage, type Stage, strike } from '../../test/support/client-stage.ts'

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

async function comeBack(stage: Stage, resumed = true): Promise<void> {
  if (!resumed) stage.server.forget()
  if (stage.client.state === 'online') await stage.cut()
  await stage.place.advance(31_000)
  expect(stage.client.state).toBe('online')
}

/** How often the present connection said so, its hello included. */
function awaySaid(stage: Stage): number {
  return stage.line.of('away').length + (stage.line.hello?.away === true ? 1 : 0)
}

test('hidden is away, seen is back; each once', async () => {
  const stage = await onlineStage()
  await stage.place.tell('hidden', 'hidden')
  await stage.place.tell('visible', 'visible')
  await stage.place.advance(0)
  expect([stage.heard('away').length, stage.heard('back').length]).toEqual([1, 1])
})

test('nobody at it for idleAfter is away; the first touch is back', async () => {
  const stage = await onlineStage({ idleAfter: 60_000 })
  await stage.place.advance(59_000)
  await stage.place.tell('active')
  await stage.place.advance(59_999)
  expect(stage.heard('away')).toEqual([])
  await stage.place.advance(1)
  expect(stage.heard('away').length).toBe(1)
  await stage.place.advance(600_000)
  await stage.place.tell('active', 'active', 'active')
  expect([stage.heard('away').length, stage.heard('back').length]).toEqual([0, 1])
})

test('idleAfter: false never is; by default it is 5 min on a page, and never without one', async () => {
  const never = await onlineStage({ idleAfter: false })
  await never.place.advance(3_600_000)
  expect(never.heard('away')).toEqual([])
  const program = await onlineStage()
  await program.place.advance(3_600_000)
  expect(program.heard('away')).toEqual([])
  const usual = await onlineStage({ place: { base: 'https://page.test/' } })
  await usual.place.advance(299_999)
  expect(usual.heard('away')).toEqual([])
  await usual.place.advance(1)
  expect(usual.heard('away').length).toBe(1)
})

test('idle and hidden together: back only when neither is so', async () => {
  const stage = await onlineStage({ idleAfter: 60_000 })
  await stage.place.advance(60_000)
  await stage.place.tell('hidden')
  await stage.place.tell('active')
  expect([stage.heard('away').length, stage.heard('back').length]).toEqual([1, 0])
  await stage.place.tell('visible')
  await stage.place.advance(0)
  expect(stage.heard('back').length).toBe(1)
})

test.each([true, false])(
  'away began while the connection was broken: told after it, resumed %p',
  async resumed => {
    const stage = await onlineStage()
    await stage.place.advance(20_000)
    await stage.cut()
    await stage.place.tell('hidden')
    await comeBack(stage, resumed)
    await stage.place.advance(60_000)
    expect(awaySaid(stage)).toBe(1)
  },
)

test.each([true, false])(
  'away since before the break: the server forgets it with a hello, resumed %p',
  async resumed => {
    const stage = await onlineStage()
    await stage.place.advance(20_000)
    await stage.place.tell('hidden')
    await comeBack(stage, resumed)
    expect(awaySaid(stage)).toBe(1)
  },
)

test('what was so before the first connection is told with it', async () => {
  const stage = await onlineStage({ place: { hidden: true } })
  expect(awaySaid(stage)).toBe(1)
})

test('a status stands: told at once, and again where the server forgot it', async () => {
  const stage = await onlineStage()
  stage.client.setStatus({ text: 'busy', visibility: 'hidden' })
  expect(stage.heard('status')).toEqual([{ t: 'status', text: 'busy', visibility: 'hidden' }])
  await comeBack(stage, false)
  expect(stage.heard('status').length).toBe(1)
  stage.client.setStatus(null)
  expect(stage.heard('status')).toEqual([{ t: 'status' }])
  await comeBack(stage, false)
  expect(stage.heard('status').length).toBeLessThan(2)
})

test('a status set without a connection is told with the next one, only the last', async () => {
  const stage = await onlineStage()
  await stage.cut()
  stage.client.setStatus({ text: 'one' })
  stage.client.setStatus({ text: 'two' })
  await comeBack(stage)
  expect(stage.heard('status')).toEqual([{ t: 'status', text: 'two' }])
})

test.each(['setStatus', 'enter', 'exit'] as const)(
  '%s on a connection that was dead already is not lost',
  async what => {
    const stage = await onlineStage()
    stage.client.enter('h')
    await stage.place.advance(8_010)
    // the network is gone, and nobody knows it yet: nothing arrives from here on
    stage.server.mute = true
    if (what === 'setStatus') stage.client.setStatus({ text: 'busy' })
    else stage.client[what](what === 'enter' ? 'g' : 'h')
    await stage.place.advance(15_000)
    stage.server.mute = false
    await comeBack(stage, true)
    const t = what === 'setStatus' ? 'status' : what
    expect(stage.heard(t).length).toBeGreaterThanOrEqual(1)
  },
)

test('groups: entered once, again in a new session; left ones are not', async () => {
  const stage = await onlineStage()
  for (const group of ['g', 'g', 7, '7', 'h']) stage.client.enter(group)
  expect(stage.heard('enter').map(({ group }) => group)).toEqual(['g', '7', 'h'])
  stage.client.exit('h')
  expect(stage.heard('exit').map(({ group }) => group)).toEqual(['h'])
  await stage.place.advance(20_000)
  await comeBack(stage, false)
  expect(stage.heard('enter').map(({ group }) => group)).toEqual(['g', '7'])
  expect(stage.heard('exit')).toEqual([])
})

test('groups entered and left without a connection', async () => {
  const stage = await onlineStage()
  stage.client.enter('g')
  stage.heard('enter')
  await stage.cut()
  stage.client.exit('g')
  stage.client.enter('h')
  await comeBack(stage)
  expect(stage.heard('exit').map(({ group }) => group)).toEqual(['g'])
  expect(stage.heard('enter').map(({ group }) => group)).toContain('h')
})

test('details: told at once, and part of every hello once they were taken', async () => {
  const stage = await onlineStage({ name: 'Ana', profile: { a: 1 } })
  stage.client.update({ profile: { a: 2 } })
  expect(stage.heard('update')).toMatchObject([{ t: 'update', profile: { a: 2 } }])
  await stage.place.advance(0)
  await comeBack(stage)
  const { name, profile } = stage.line.hello!
  expect([name, profile]).toEqual(['Ana', { a: 2 }])
})

test('an update without a connection goes out with the next one', async () => {
  const stage = await onlineStage()
  await stage.cut()
  stage.client.update({ name: 'Eva' })
  await comeBack(stage)
  expect(stage.heard('update').map(({ name }) => name)).toEqual(['Eva'])
})

test('nothing of itself is told while asking for a sign of life, and all of it after', async () => {
  const stage = await onlineStage()
  stage.server.mute = true
  await stage.place.tell('wake')
  stage.client.setStatus({ text: 'busy' })
  stage.client.enter('g')
  expect(stage.line.sent.filter(({ t }) => t === 'status' || t === 'enter')).toEqual([])
  stage.server.mute = false
  await stage.says({ t: 'beat', now: 1 })
  expect([stage.heard('status').length, stage.heard('enter').length]).toEqual([1, 1])
})
