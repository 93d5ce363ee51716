// Watching over real sockets: many watchers under steady change, and one among them that does not read.

import { afterEach, describe, expect, test } from 'bun:test'
import { NativeClient } from '../support/native-client.ts'
import { connect, type RawSocket } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

const WATCHERS = 1_000
const PER_SECOND = 200
const SECONDS = 5

let server: SystoleProcess | null = null
const clients: NativeClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await server?.kill()
  server = null
})

function client(): NativeClient {
  const made = new NativeClient(`ws://127.0.0.1:${server!.port('main')}`)
  clients.push(made)
  return made
}

async function watchers(count: number): Promise<NativeClient[]> {
  const found: NativeClient[] = []
  for (let n = 0; n < count; n += 50) {
    const wave = Array.from({ length: Math.min(50, count - n) }, client)
    await Promise.all(wave.map(each => each.observe().then(() => each.watch({ of: 'all' }))))
    found.push(...wave)
  }
  return found
}

/** Members as the API lists them, who are not offline. */
async function present(): Promise<string[]> {
  const members = await server!.api.members()
  return members.filter(({ state }) => state !== 'offline').map(({ id }) => id)
}

for (const runtime of RUNTIMES)
  describe(runtime, () => {
    test(`${WATCHERS} watchers keep up with ${PER_SECOND} changes a second`, async () => {
      server = await startServer({ runtime, args: [] })
      const all = await watchers(WATCHERS)
      const actors = Array.from({ length: 20 }, client)
      for (const [n, actor] of actors.entries()) await actor.join(`actor${n}`)
      const from = performance.now()
      for (let done = 0; done < PER_SECOND * SECONDS; ) {
        const due = Math.min(PER_SECOND * SECONDS, ((performance.now() - from) / 1_000) * PER_SECOND)
        for (; done < due; done++) await change(actors[done % actors.length]!, done)
        await pause(5)
      }
      const shown = await present()
      await waitFor(
        'every list to be the server’s',
        () => all.every(each => same(each.ids('all'), shown)),
        10_000,
      )
      // merged: two diffs a second, not two hundred
      for (const each of all) expect(each.diffs).toBeLessThan(SECONDS * 2 + 30)
      expect(await server.api.count('slow_cut')).toBe(0)
    }, 90_000)

    test('who does not read is cut, others hear everything, and it loses nothing when it is back', async () => {
      server = await startServer({ runtime, args: ['--max-queued', '128KiB', '--rate-per-second', 'off'] })
      const slow = await slowReader(server.port('main'))
      const others = await watchers(WATCHERS)
      const [reader, ...crowd] = others
      for (const each of crowd) each.counting = true
      slow.socket.pause()
      // its own questions fill every buffer on the way; diffs then do not wait for room, as answers do
      const members = Array.from({ length: 10_000 }, (_, n) => `nobody${n}`)
      for (let n = 0; n < 30; n++) slow.socket.sendText(JSON.stringify({ t: 'ask', members }))
      const profile = { profile: 'x'.repeat(500) }
      let said = 0
      await waitFor(
        'the slow one to be cut',
        async () => {
          await Promise.all(Array.from({ length: 10 }, () => client().join(`extra${said++}`, { profile })))
          return (await server!.api.count('slow_cut')) > 0
        },
        60_000,
        50,
      )
      slow.socket.reset()
      expect(await server.api.count('slow_cut')).toBe(1)
      const shown = await present()
      await waitFor('the reader to have heard all', () => same(reader!.ids('all'), shown), 20_000)
      const heard = ({ diffs, length, last }: NativeClient) => ({ diffs, length, last })
      await waitFor(
        'the others to have heard the same',
        () => crowd.every(each => each.last === reader!.last),
        20_000,
      )
      for (const each of crowd) expect(heard(each)).toEqual(heard(reader!))
      expect(others.every(each => each.open && each.closes.length === 0)).toBe(true)
      const back = client()
      await back.observe()
      back.model.expect({ of: 'all' }, true).cursor = slow.cursor
      for (const id of slow.members)
        back.model.lists.get('all')!.entries.set(id, { member: id, state: 'online' })
      await back.watch({ of: 'all' })
      await waitFor('it to have caught up', () => same(back.ids('all'), shown), 10_000)
      expect(back.model.resumes + back.model.resets).toBe(1)
    }, 120_000)
  })

async function change(actor: NativeClient, n: number): Promise<void> {
  const mate = `visitor${n % 50}`
  if (n % 4 === 0) actor.send({ t: 'enter', group: `g${n % 7}` })
  else if (n % 4 === 1) actor.send({ t: 'update', name: `name ${n}` })
  else if (n % 4 === 2) await visit(mate)
  else actor.send({ t: 'away' })
  if (n % 8 === 7) actor.send({ t: 'back' })
}

// comes, and leaves again at the next visit
const visits = new Map<string, NativeClient>()
async function visit(member: string): Promise<void> {
  const before = visits.get(member)
  if (before?.open) {
    visits.delete(member)
    before.send({ t: 'bye' })
    return
  }
  const visitor = client()
  visits.set(member, visitor)
  await visitor.join(member)
}

interface Slow {
  readonly socket: RawSocket
  readonly cursor: string
  readonly members: string[]
}

/** Watches over a bare socket that can stop reading. */
async function slowReader(port: number): Promise<Slow> {
  const socket = await connect(port, { protocols: ['systole.v1'] })
  socket.sendText(JSON.stringify({ t: 'hello', observer: true }))
  socket.sendText(JSON.stringify({ t: 'watch', all: true }))
  for (;;) {
    const frame = await socket.nextOf('text')
    const message = JSON.parse(frame.text)
    if (message.t === 'snapshot')
      return {
        socket,
        cursor: message.cursor,
        members: message.entries.map(({ member }: { member: string }) => member),
      }
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}
