// A thousand reconnects, and nothing of them is left: no listener, timer, connection or lock, and no memory.

import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { onlineStage, type Stage, strike } from '../../test/support/client-stage.ts'
import { settle } from '../../test/support/fake-place.ts'

const RECONNECTS = 1_000
/**
 * What may have grown by, over all of them. One object kept for each would be 1,000 objects and 16 kB at the very least;
 * after a warm-up as long again, in which the engine compiles, -400 to 90 objects and up to 21 kB were measured.
 */
const OBJECTS = 500
const BYTES = 64_000

const held = () => {
  Bun.gc(true)
  const { objectCount, heapSize } = heapStats()
  return { objects: objectCount, bytes: heapSize }
}

/** Breaks the connection in one way after another, with something under way on it, and waits until it is back. */
async function reconnect(stage: Stage, round: number): Promise<void> {
  const { client, place, server, way } = stage
  const asked = [client.ask(['a']), client.deliver('x')]
  client.send('y')
  if (round % 4 === 0) {
    server.mute = true
    await place.tell('wake')
    await place.advance(3_000)
    server.mute = false
    await stage.cut()
  } else if (round % 4 === 1) await place.tell('cached', 'restored')
  else await stage.cut(round % 4 === 2 ? 1012 : 4401)
  await place.advance(40_000)
  await Promise.allSettled(asked)
  if (client.state !== 'online') throw new Error(`round ${round}: ${client.state}`)
  // what the stage itself keeps
  way.lines.splice(0, way.lines.length - 1)
  way.line.sent.length = 0
  server.greeted.length = 0
  stage.changes.length = 0
  stage.problems.length = 0
}

test('1,000 reconnects leave nothing', async () => {
  const stage = await onlineStage({ getToken: () => 't', place: {} })
  const { client, place, server, way } = stage
  for (const id of ['a', 'b', 'c', 'd']) server.change(id, { state: 'online', groups: ['g'] })
  for (const scope of ['all', { group: 'g' }, ['a', 'b'], { counts: 'all' }] as const)
    client.watch(scope).subscribe(({ members }) => members.size)
  client.enter('g')
  client.setStatus({ text: 'here' })
  for (let round = 0; round < RECONNECTS; round++) await reconnect(stage, round)
  const before = held()
  for (let round = 0; round < RECONNECTS; round++) await reconnect(stage, round)
  const after = held()
  const grown = { objects: after.objects - before.objects, bytes: after.bytes - before.bytes }
  console.log(`${RECONNECTS} reconnects: ${grown.objects} objects and ${grown.bytes} bytes more`)
  expect([place.timers, place.mostTimers, place.listening, way.living]).toEqual([1, 1, 1, 1])
  expect(way.dials).toBeGreaterThan(RECONNECTS)
  expect(grown.objects).toBeLessThan(OBJECTS)
  expect(grown.bytes).toBeLessThan(BYTES)
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
}, 60_000)

test('clients that were destroyed are not kept', async () => {
  const dead: WeakRef<object>[] = []
  for (let round = 0; round < 50; round++) {
    const stage = await onlineStage()
    stage.client.watch('all').subscribe(() => {})
    dead.push(new WeakRef(stage.client))
    await strike()
  }
  await settle()
  // what is still on the stack may be
  await new Promise(resolve => setTimeout(resolve, 0))
  Bun.gc(true)
  expect(dead.filter(ref => ref.deref() !== undefined).length).toBeLessThan(5)
})
