// Twenty thousand frames of the grammar, sound and spoiled, into a running server: nobody who behaves notices, nothing
// fails inside, nothing is left behind.

import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { anyFrame } from '../support/frame-grammar.ts'
import { NativeClient } from '../support/native-client.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

const FRAMES = 20_000
const PER_CONNECTION = 40
const AT_ONCE = 25
const ROUNDS = 4
/** Bytes by which memory may differ between rounds that do the same. */
const SWING = 40 * 2 ** 20

const ARGS = ['--preset', 'fast', '--grace', '300ms', '--refresh-grace', '300ms', '--rate-per-second', 'off']

for (const runtime of RUNTIMES)
  describe(runtime, () => {
    test(`${FRAMES} frames do no harm`, async () => {
      const server = await startServer({ runtime, args: ARGS })
      const seed = Math.floor(Math.random() * 2 ** 31)
      try {
        const url = `ws://127.0.0.1:${server.port('main')}`
        const steady = new NativeClient(url)
        const { session } = await steady.join('steady')
        steady.send({ t: 'enter', group: 'calm' })
        const watcher = new NativeClient(url)
        await watcher.observe()
        await watcher.watch({ of: 'all' })
        await watcher.watch({ of: 'group', group: 'calm' })
        const began = (await server.api.member('steady'))!.joinedAt
        const beating = setInterval(() => steady.send({ t: 'beat' }), 500)
        const watching = setInterval(() => watcher.send({ t: 'beat' }), 500)
        const memory: number[] = []
        for (let round = 0; round < ROUNDS; round++) {
          await storm(url, fc.sample(anyFrame, { numRuns: FRAMES / ROUNDS, seed: seed + round }))
          await quiet(server)
          memory.push(rss(server.pid))
        }
        clearInterval(beating)
        clearInterval(watching)
        const present = (await server.api.members()).filter(({ state }) => state !== 'offline')
        expect(present.map(({ id }) => id)).toEqual(['steady'])
        expect((await server.api.member('steady'))!.joinedAt).toBe(began)
        expect((await server.api.sessions()).map(({ id }) => id)).toEqual([session])
        await waitFor('the list to be right', () => watcher.ids('all').length === 1)
        expect(watcher.ids('all')).toEqual(['steady'])
        expect(watcher.ids('group', 'calm')).toEqual(['steady'])
        expect([steady.closes, watcher.closes, watcher.model.errors]).toEqual([[], [], []])
        expect(server.lines.filter(({ level }) => level >= 50)).toEqual([])
        expect(server.exit).toBeNull()
        expect(memory.at(-1)! - memory[1]!).toBeLessThan(SWING)
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      } finally {
        await server.kill()
      }
    }, 120_000)
  })

async function storm(url: string, frames: readonly string[]): Promise<void> {
  const pieces: string[][] = []
  for (let from = 0; from < frames.length; from += PER_CONNECTION)
    pieces.push(frames.slice(from, from + PER_CONNECTION))
  const next = async (): Promise<void> => {
    for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) await pour(url, piece)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
}

// Mostly a member that was greeted: behind a hello there is more to break.
async function pour(url: string, frames: readonly string[]): Promise<void> {
  const client = new NativeClient(url)
  client.deaf = true
  await client.connect()
  const kind = frames.length > 0 ? frames[0]!.length % 4 : 0
  if (kind === 0) client.send({ t: 'hello', observer: true })
  else if (kind < 3)
    client.send({ t: 'hello', member: `m${frames[0]!.length}`, instance: client.instance, epoch: 1 })
  for (const frame of frames) client.send(frame)
  await pause(20)
  client.close()
}

/** Everybody of the storm is gone. */
async function quiet(server: SystoleProcess): Promise<void> {
  await waitFor(
    'the storm to be over',
    async () => {
      const { connections, sessions } = await server.api.health()
      return connections === 2 && sessions === 1
    },
    20_000,
    100,
  )
}

function rss(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(text)![1]) * 1_024
}
