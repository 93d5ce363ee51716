// Whatever a server says: nothing is thrown out of a callback, nothing spins, and the client is online again, or says
// where it is. FUZZ_FRAMES raises the number of frames.

import { afterEach, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Stage, strike } from '../../test/support/client-stage.ts'
import { serverFrame } from '../../test/support/server-frames.ts'
import type { WatchScope } from './types.ts'

const FRAMES = Number(process.env.FUZZ_FRAMES ?? 20_000)
const SCOPES: readonly WatchScope[] = [
  'all',
  { group: 'g' },
  ['a', 'b', '7'],
  { counts: 'all' },
  { counts: { group: 'g' } },
]

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

/** A client that listens to everything, with listeners that throw. */
function listening(): Stage {
  const stage = new Stage({ getToken: () => 't', idleAfter: false })
  for (const scope of SCOPES)
    stage.client.watch(scope).subscribe((view, changed) => {
      for (const { member, state } of [...view.members.values(), ...changed])
        expect([typeof member, typeof state]).toEqual(['string', 'string'])
      if (view.counts !== null) expect(typeof view.counts.states).toBe('object')
      if (changed.length === 3) throw new Error('mine')
    })
  stage.client.on('message', data => {
    if (data === null) throw new Error('mine')
  })
  return stage
}

test('a server that says anything at all', async () => {
  const stage = listening()
  const { client, place, server } = stage
  await place.advance(0)
  const codes = new Set<string>()
  let sent = 0
  const open = new Set<Promise<unknown>>()
  const ask = (asked: Promise<unknown>) => {
    open.add(asked)
    asked.catch(() => {}).finally(() => open.delete(asked))
  }
  for (const [index, text] of fc.sample(serverFrame, { numRuns: FRAMES, seed: 4 }).entries()) {
    if (index % 20 === 0) {
      ask(client.ask(['a']))
      ask(client.deliver('x'))
    }
    stage.line.says(text)
    if (index % 10 === 0) await place.advance(10)
    if (index % 500 === 499) {
      await stage.cut()
      // also as the first frames there are
      server.manual = index % 1_000 === 999
      await place.advance(100)
    }
    if (index % 500 === 20) {
      server.manual = false
      await place.advance(20_000)
    }
    for (const code of stage.codes()) codes.add(code)
    for (const line of stage.way.lines.splice(0, stage.way.lines.length - 1)) sent += line.sent.length
  }
  server.manual = false
  for (let tries = 0; client.state !== 'online' && tries < 100; tries++) await place.advance(40_000)
  expect(client.state).toBe('online')
  expect([...codes].sort()).toEqual(['bad_frame', 'listener', 'refused'])
  await place.advance(20_000)
  expect(open.size).toBe(0)
  // no frame is answered by a flood
  expect(sent).toBeLessThan(FRAMES)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  expect(() => [client.isOnline('__proto__'), client.lastSeen('a'), client.now, client.session]).not.toThrow()
}, 60_000)

test('each frame alone, before the greeting and after it', async () => {
  await fc.assert(
    fc.asyncProperty(serverFrame, fc.boolean(), async (text, greeted) => {
      const stage = listening()
      if (!greeted) stage.server.manual = true
      await stage.place.advance(0)
      await stage.says(text)
      stage.server.manual = false
      await stage.place.advance(1_000)
      await stage.cut()
      // however long it was told to stay away
      for (let hours = 0; hours < 3 && stage.client.state !== 'online'; hours++)
        await stage.place.advance(3_600_000)
      expect(stage.client.state).toBe('online')
      expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
    }),
    { numRuns: Math.ceil(FRAMES / 100) },
  )
}, 60_000)
