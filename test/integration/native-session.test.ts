// Sessions of the native protocol over real sockets on both runtimes: from hello to goodbye, through breaks, silence,
// take-overs and a restart; and what a host program does with them.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { call, HOST_PROGRAM } from '../support/host-call.ts'
import { encodeFrame, OPCODES } from '../support/raw-frames.ts'
import { connect, type RawOptions, type RawSocket } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

const A = 'instance-a-0123456789'
const QUICK = { interval: 300, timeout: 200, grace: 400 }

type Message = Readonly<Record<string, unknown>> & { readonly t: string }

const hello = (member: string, epoch = 1, more: object = {}) => ({
  t: 'hello',
  member,
  instance: A,
  epoch,
  ...more,
})

function open(server: SystoleProcess, port = 'main', options: RawOptions = {}): Promise<RawSocket> {
  return connect(server.port(port), { protocols: ['systole.v1'], ...options })
}

function say(link: RawSocket, ...messages: object[]): void {
  for (const message of messages) link.sendText(JSON.stringify(message))
}

async function hear(link: RawSocket): Promise<Message> {
  return JSON.parse((await link.nextOf('text')).text)
}

/** A connection that said hello, and its welcome. */
async function join(
  server: SystoleProcess,
  message: object,
  options: RawOptions = {},
): Promise<{ link: RawSocket; welcome: Message }> {
  const link = await open(server, 'main', options)
  say(link, message)
  return { link, welcome: await hear(link) }
}

/** The code of the error, and of the close that follows. */
async function refusal(link: RawSocket): Promise<[unknown, number]> {
  const { code } = await hear(link)
  return [code, (await link.closed).code]
}

describe.each([...RUNTIMES])('native sessions on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    const args = ['--first-hello', '600ms', '--timing-least', '100ms/50ms/0', '--refresh-grace', '300ms']
    server = await startServer({ runtime, args, listen: { beats: 'native,evidence=beat' } })
  })
  afterAll(() => server.kill())

  test('hello, beat, what it does and says, and goodbye', async () => {
    const { link, welcome } = await join(server, hello('flow', 1, { name: 'Ana', timing: 'fast' }))
    expect(welcome).toMatchObject({
      t: 'welcome',
      member: 'flow',
      resumed: false,
      timing: { interval: 2_000, timeout: 1_000, grace: 2_000 },
      bound: { ms: 5_000 },
    })
    expect(Math.abs((welcome.now as number) - Date.now())).toBeLessThan(2_000)
    link.sendText('{"t":"beat"}')
    expect((await hear(link)).t).toBe('beat')
    say(link, { t: 'update', name: 'Eva', id: 1 }, { t: 'enter', group: 'g', id: 2 }, { t: 'away', id: 3 })
    for (const id of [1, 2, 3]) expect(await hear(link)).toEqual({ t: 'ack', id })
    const [session] = (await server.api.sessions()).filter(({ member }) => member === 'flow')
    expect(session).toMatchObject({ id: welcome.session, dialect: 'native', rtt: expect.any(Number) })
    say(link, { t: 'bye' })
    expect(await link.closed).toEqual({ code: 1000, reason: 'bye' })
    expect(await server.api.is('flow', 'offline')).toMatchObject({ reason: 'left', name: 'Eva' })
  })

  test('a hello that comes with the handshake is heard', async () => {
    const early = encodeFrame(OPCODES.text, JSON.stringify(hello('early')))
    const link = await open(server, 'main', { early })
    expect(await hear(link)).toMatchObject({ t: 'welcome', member: 'early' })
    link.destroy()
  })

  test.concurrent('no hello in time is told and closed', async () => {
    const link = await open(server)
    expect(await refusal(link)).toEqual(['hello_late', 4408])
  })

  test('a hello that cannot be met is told and closed', async () => {
    const refused: [object | string, string, number][] = [
      [{ t: 'hello', token: 'x', instance: A, epoch: 1 }, 'auth_off', 4510],
      [hello('x', 2 ** 53), 'bad_field', 4511],
      [hello('x', 1, { instance: 'short' }), 'bad_field', 4511],
      [hello('x', 1, { timing: 'soon' }), 'bad_field', 4511],
      [hello(''), 'bad_id', 4511],
      [hello('x', 1, { profile: { fat: 'x'.repeat(20_000) } }), 'too_large', 4511],
      [{ t: 'watch', all: true }, 'hello_expected', 4511],
    ]
    for (const [message, code, close] of refused) {
      const link = await open(server)
      say(link, message as object)
      expect(await refusal(link)).toEqual([code, close])
    }
    expect(await server.api.member('x')).toBeNull()
  })

  test('a break and a return within the grace are told to nobody', async () => {
    const first = await join(server, hello('back'))
    const { version } = await server.api.is('back', 'online')
    first.link.reset()
    await waitFor('the break', async () => (await server.api.member('back'))?.sessions === 1)
    const second = await join(server, hello('back', 2))
    expect(second.welcome).toMatchObject({ session: first.welcome.session, resumed: true })
    await pause(1_300)
    expect(await server.api.member('back')).toMatchObject({ state: 'online', version, sessions: 1 })
    second.link.destroy()
  })

  test('a newer epoch ends the older connection, an equal one is refused, a guess is somebody else', async () => {
    const first = await join(server, hello('epochs', 3))
    const copy = await open(server)
    say(copy, hello('epochs', 3))
    expect(await refusal(copy)).toEqual(['instance_conflict', 4409])
    const guess = await join(server, hello('guesser', 9))
    expect(guess.welcome).toMatchObject({ resumed: false })
    const second = await join(server, hello('epochs', 4))
    expect(second.welcome).toMatchObject({ session: first.welcome.session, resumed: true })
    expect((await first.link.closed).code).toBe(1006)
    expect(await server.api.member('epochs')).toMatchObject({ state: 'online', sessions: 1 })
    for (const { link } of [second, guess]) link.destroy()
  })

  test.concurrent('silence is suspect, then offline, within the bound that was agreed', async () => {
    const { link, welcome } = await join(server, hello('silent', 1, { timing: QUICK }), { autoPong: false })
    expect(welcome).toMatchObject({ timing: QUICK, bound: { ms: 900 } })
    expect((await link.closed).code).toBe(1006)
    const gone = await server.api.is('silent', 'offline')
    expect(gone.reason).toBe('lost')
    expect(gone.since - (gone.lastEvidenceAt ?? 0)).toBeLessThanOrEqual(900 + (await server.api.slack()))
  })

  test.concurrent('answers to probes keep it, but not where only beats count', async () => {
    const any = await join(server, hello('pongs', 1, { timing: QUICK }))
    const beats = await open(server, 'beats')
    say(beats, hello('beats', 1, { timing: QUICK }))
    expect(await hear(beats)).toMatchObject({ t: 'welcome', evidence: 'beat' })
    expect((await beats.closed).code).toBe(1006)
    await pause(600)
    expect(await server.api.member('pongs')).toMatchObject({ state: 'online' })
    any.link.destroy()
  })

  test('an observer is in no list', async () => {
    const { link, welcome } = await join(server, { t: 'hello', observer: true })
    expect(welcome).toMatchObject({ t: 'welcome', member: null })
    say(link, { t: 'enter', group: 'g', id: 1 })
    expect(await hear(link)).toMatchObject({ code: 'not_a_member', id: 1 })
    expect(await server.api.sessions(true)).toEqual([])
    link.destroy()
  })
})

describe.each([...RUNTIMES])('a host of native members on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    server = await startServer({ runtime, program: HOST_PROGRAM })
  })
  afterAll(() => server.kill())

  test('takes messages and has its own acknowledged', async () => {
    const { link } = await join(server, hello('talker'))
    say(link, { t: 'message', data: { a: 1 }, id: 1 }, { t: 'message', data: 'refuse', id: 2 })
    expect(await hear(link)).toEqual({ t: 'ack', id: 1 })
    expect(await hear(link)).toMatchObject({ t: 'error', code: 'not_taken', id: 2 })
    expect(server.lines.find(({ from }) => from === 'talker')?.message).toEqual({ a: 1 })
    const pushing = call(server, 'pushToMember', 'talker', 'hi', { ack: 10_000 })
    const pushed = await hear(link)
    expect(pushed).toMatchObject({ t: 'message', data: 'hi' })
    say(link, { t: 'ack', id: pushed.id })
    expect(await pushing).toMatchObject({ reached: 1, acked: 1 })
    link.destroy()
  })

  test('kicks for good: the session is not resumed', async () => {
    const { link, welcome } = await join(server, hello('kicked'))
    expect(await call(server, 'kick', 'kicked', { reason: 'spam' })).toBe(1)
    expect(await hear(link)).toMatchObject({ t: 'error', code: 'kicked', message: 'spam' })
    expect(await link.closed).toEqual({ code: 4500, reason: 'spam' })
    const again = await join(server, hello('kicked', 2))
    expect(again.welcome).toMatchObject({ t: 'welcome', resumed: false })
    expect(again.welcome.session).not.toBe(welcome.session)
    again.link.destroy()
  })

  test('puts members into groups for a time', async () => {
    const { link } = await join(server, hello('grouped'))
    await call(server, 'addToGroup', 'team', 'grouped', { ttl: 600 })
    expect(await call(server, 'pushToGroup', 'team', 'x')).toMatchObject({ reached: 1 })
    await waitFor('the end of it', async () => {
      const { reached } = (await call(server, 'pushToGroup', 'team', 'x')) as { reached: number }
      return reached === 0
    })
    await expect(call(server, 'addToGroup', '', 'grouped')).rejects.toMatchObject({ code: 'bad_id' })
    link.destroy()
  })
})

describe.each([...RUNTIMES])('a restart on %s', runtime => {
  test('who was away and comes back as away is told to nobody', async () => {
    const data = mkdtempSync(pathOf(tmpdir(), 'systole-native-'))
    const args = ['--away-after', '300ms', '--restart-grace', '500ms']
    const first = await startServer({ runtime, data, args })
    try {
      const before = await join(first, hello('hidden', 1, { away: true }))
      const { version } = await first.api.is('hidden', 'away')
      await pause(300)
      await first.kill()
      const second = await startServer({ runtime, data, args })
      await pause(1_500)
      const after = await join(second, hello('hidden', 2, { away: true }))
      expect(after.welcome).toMatchObject({ session: before.welcome.session, resumed: true })
      expect(await second.api.is('hidden', 'away')).toMatchObject({ version })
      after.link.destroy()
      await second.kill()
    } finally {
      await first.kill()
      rmSync(data, { recursive: true })
    }
  })

  test('tells native connections when to come back; who does goes on as if nothing had been', async () => {
    const data = mkdtempSync(pathOf(tmpdir(), 'systole-native-'))
    const first = await startServer({ runtime, data })
    try {
      const before = await join(first, hello('stays', 1))
      const { version } = await first.api.is('stays', 'online')
      first.signal('SIGTERM')
      expect(await hear(before.link)).toEqual({ t: 'moved', retryAfter: { min: 1_000, max: 2_000 } })
      expect((await before.link.closed).code).toBe(1012)
      await first.exited
      const second = await startServer({ runtime, data })
      const after = await join(second, hello('stays', 2))
      expect(after.welcome).toMatchObject({ session: before.welcome.session, resumed: true })
      expect(await second.api.is('stays', 'online')).toMatchObject({ version })
      after.link.destroy()
      await second.kill()
    } finally {
      await first.kill()
      rmSync(data, { recursive: true })
    }
  })
})
