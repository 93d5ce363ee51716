// Whether the server lives: beats, silence, sleep, clocks that jump, pages that are hidden or put aside.

import { afterEach, expect, test } from 'bun:test'
import { onlineStage, strike } from '../../test/support/client-stage.ts'

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

test('it beats every 0.8 x I, and a server that answers keeps it online', async () => {
  const stage = await onlineStage()
  await stage.place.advance(80_000)
  expect([stage.heard('beat').length, stage.told(), stage.way.dials]).toEqual([10, [], 1])
})

test('a server that falls silent is noticed within I + T, and the old connection is let go of', async () => {
  const stage = await onlineStage()
  await stage.place.advance(8_010)
  const old = stage.line
  stage.server.mute = true
  await stage.place.advance(14_900)
  expect(stage.told()).toEqual([])
  await stage.place.advance(100)
  expect(stage.told()).toEqual(['online>connecting silence'])
  expect([old.closedWith, stage.way.living]).toEqual([4000, 1])
})

test('what an old connection still brings is nobody’s', async () => {
  const stage = await onlineStage()
  const heard: unknown[] = []
  stage.client.on('message', what => heard.push(what))
  const old = stage.line
  stage.server.mute = true
  await stage.place.tell('wake')
  await stage.place.advance(3_000)
  stage.server.mute = false
  await stage.place.advance(10_000)
  await stage.place.advance(30_000)
  expect(stage.client.state).toBe('online')
  stage.told()
  old.says({ t: 'message', data: 'late' })
  old.says({ t: 'moved', retryAfter: { min: 0, max: 0 } })
  old.cut(4500)
  await stage.place.advance(0)
  expect([heard, stage.told(), stage.client.state]).toEqual([[], [], 'online'])
})

test('what was let go of is nobody’s, also while it waits', async () => {
  const stage = await onlineStage()
  stage.server.mute = true
  await stage.cut()
  await stage.place.advance(stage.place.next!)
  const { line } = stage
  await stage.place.advance(10_000)
  expect(stage.told().at(-1)).toBe('connecting>waiting timeout')
  const next = stage.place.next
  line.opened()
  line.says({ t: 'moved', retryAfter: { min: 9e6, max: 9e6 } })
  line.cut(4500)
  await stage.place.advance(0)
  expect([line.sent, stage.told(), stage.client.state, stage.place.next]).toEqual([[], [], 'waiting', next])
})

test.each([3_600_000, 20_000, 6_000, -3_600_000, -6_000])(
  'the wall clock jumps by %d ms: nothing is lost',
  async ms => {
    const stage = await onlineStage()
    for (let round = 0; round < 5; round++) {
      await stage.place.advance(3_333)
      stage.place.jump(ms)
      await stage.place.advance(20_000)
      expect(stage.client.state).toBe('online')
    }
    expect([stage.way.dials, stage.codes()]).toEqual([1, []])
  },
)

test('after the clock was set back a silent server is still noticed', async () => {
  const stage = await onlineStage()
  await stage.place.advance(8_010)
  stage.place.jump(-3_600_000)
  stage.server.mute = true
  await stage.place.advance(15_000 + 8_000)
  expect(stage.told()[0]).toBe('online>connecting silence')
})

test('a machine that slept asks when it wakes, and goes on where the server answers', async () => {
  const stage = await onlineStage()
  await stage.place.advance(8_010)
  await stage.place.freeze(600_000)
  expect(stage.told()).toEqual(['online>probing wake', 'probing>online answer'])
  expect(stage.way.dials).toBe(1)
})

test('a machine that slept away from its server: 3 s, then a new connection before the old is let go of', async () => {
  const stage = await onlineStage()
  await stage.place.advance(8_010)
  const old = stage.line
  stage.server.mute = true
  await stage.place.freeze(600_000)
  await stage.place.advance(2_999)
  expect([stage.told(), old.closedWith]).toEqual([['online>probing wake'], null])
  stage.server.mute = false
  await stage.place.advance(1)
  expect(stage.told()).toEqual(['probing>connecting silence', 'connecting>online welcome'])
  expect([old.closedWith, stage.way.living, stage.way.mostLiving]).toEqual([4000, 1, 2])
})

test('signals of one moment ask once', async () => {
  const stage = await onlineStage()
  await stage.place.tell('wake', 'visible', 'online', 'wake')
  expect([stage.heard('beat').length, stage.told()]).toEqual([
    1,
    ['online>probing wake', 'probing>online answer'],
  ])
  stage.client.probe()
  await stage.place.advance(0)
  expect(stage.told()).toEqual(['online>probing wake', 'probing>online answer'])
})

test('hidden: no own beats where the server pings, else as often as before', async () => {
  for (const [evidence, beats] of [
    ['any', 0],
    ['beat', 10],
  ] as const) {
    const stage = await onlineStage()
    stage.server.evidence = evidence
    await stage.cut()
    await stage.place.advance(30_000)
    await stage.place.tell('hidden')
    stage.heard('beat')
    await stage.place.advance(80_000)
    expect([evidence, stage.heard('beat').length, stage.client.state]).toEqual([evidence, beats, 'online'])
  }
})

test('made by a page that is hidden already it says away, and beats not', async () => {
  const stage = await onlineStage({ place: { hidden: true } })
  await stage.place.advance(60_000)
  expect([stage.line.hello!.away, stage.heard('beat').length]).toEqual([true, 0])
})

test('hidden when its connection closes: back in the same moment, then a minute apart', async () => {
  const stage = await onlineStage()
  await stage.place.advance(20_000)
  await stage.place.tell('hidden')
  await stage.place.advance(300_000)
  stage.server.mute = true
  stage.line.cut(1006)
  expect(stage.way.dials).toBe(2)
  await stage.cut()
  const dials = stage.way.dials
  await stage.place.advance(59_999)
  expect(stage.way.dials).toBe(dials)
  await stage.place.advance(600_000)
  expect(stage.way.dials - dials).toBeWithin(4, 11)
  stage.server.mute = false
  await stage.place.tell('visible')
  await stage.place.advance(0)
  expect(stage.client.state).toBe('online')
})

test('put into the cache it closes with 4001 and lets go of its lock; out of it, it goes on as itself', async () => {
  const stage = await onlineStage()
  const first = stage.line
  await stage.place.tell('cached')
  expect([first.closedWith, stage.client.state, stage.place.locks!.held.size]).toEqual([4001, 'idle', 0])
  await stage.place.freeze(600_000)
  await stage.place.tell('restored')
  await stage.place.advance(0)
  expect(stage.told()).toEqual([
    'online>idle cached',
    'idle>connecting restored',
    'connecting>online welcome',
  ])
  expect([stage.line.hello!.instance, stage.place.locks!.held.size]).toEqual([first.hello!.instance, 1])
})

test('the page goes away: the way is told, and the lock is let go of', async () => {
  const stage = await onlineStage()
  await stage.place.tell('leaving')
  expect([stage.line.left, stage.place.locks!.held.size]).toEqual([true, 0])
})

test('the server moves it: within the window, whatever happens meanwhile', async () => {
  const stage = await onlineStage()
  await stage.says({ t: 'moved', retryAfter: { min: 4_000, max: 5_000 } })
  await stage.cut(1012)
  const [change] = stage.changes
  expect([change!.reason, change!.code]).toEqual(['moved', 1012])
  expect(change!.retryIn).toBeWithin(4_000, 5_001)
  await stage.place.tell('online', 'wake', 'hidden', 'visible')
  await stage.place.advance(3_999)
  expect(stage.way.dials).toBe(1)
  await stage.place.advance(1_001)
  expect([stage.way.dials, stage.client.state]).toEqual([2, 'online'])
})

test('no welcome within 10 s: the connection is given up', async () => {
  const stage = await onlineStage()
  stage.server.mute = true
  await stage.cut()
  await stage.place.advance(30_000)
  const late = stage.way.lines[1]!
  expect([late.closedWith, stage.told()[2]]).toEqual([4000, 'connecting>waiting timeout'])
})
