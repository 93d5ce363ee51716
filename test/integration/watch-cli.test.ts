// `systole watch` and `systole send` against a running server: what a second connection does is told, breaks are
// survived, and an observer is in no list.

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connect, type RawSocket } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

const root = new URL('../../', import.meta.url)
const path = (name: string) => fileURLToPath(new URL(name, root))

interface Line {
  readonly kind: string
  readonly member?: string
  readonly [key: string]: unknown
}

/** A `systole` command as a process, line by line. */
class Cli {
  readonly lines: string[] = []
  readonly exited: Promise<number | null>
  stderr = ''
  readonly #child: ChildProcess

  constructor(runtime: string, words: readonly string[], port: number) {
    const args = [path('src/cli/main.ts'), ...words, '--url', `http://127.0.0.1:${port}`]
    this.#child = spawn(path(`node_modules/.bin/${runtime}`), args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.exited = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.stderr?.on('data', chunk => {
      this.stderr += chunk
    })
    createInterface({ input: this.#child.stdout! }).on('line', line => this.lines.push(line))
  }

  /** The first line from `after` on that is as `wanted`; what came before it stays unread. */
  json(wanted: Partial<Line>, after = 0): Promise<Line> {
    const text = JSON.stringify(wanted)
    return waitFor(
      `${text} in ${this.lines.length} lines`,
      () =>
        this.lines
          .slice(after)
          .map(line => JSON.parse(line) as Line)
          .find(line => Object.entries(wanted).every(([key, value]) => line[key] === value)),
      30_000,
    )
  }

  text(wanted: RegExp): Promise<string> {
    return waitFor(String(wanted), () => this.lines.find(line => wanted.test(line)), 30_000)
  }

  stop(): Promise<number | null> {
    this.#child.kill('SIGINT')
    return this.exited
  }
}

/** Passes bytes on to `port`, until it is cut; while it is cut nobody gets through. */
async function relay(port: number) {
  const sockets = new Set<net.Socket>()
  let isCut = false
  const listener = net.createServer(near => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = net.connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as net.AddressInfo).port,
    cut() {
      isCut = true
      for (const socket of sockets) socket.destroy()
    },
    mend() {
      isCut = false
    },
    stop: () => listener.close(),
  }
}

describe.each([...RUNTIMES])('on %s', runtime => {
  let folder: string
  let server: SystoleProcess
  const open: Cli[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'systole-watch-'))
    server = await start()
  })
  afterAll(async () => {
    await server.kill()
    rmSync(folder, { recursive: true })
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map(cli => cli.stop()))
  })

  const start = (port = 0) => startServer({ runtime, port, data: folder, args: ['--preset', 'fast'] })

  function run(...words: string[]): Cli {
    const cli = new Cli(runtime, words, server.port('main'))
    open.push(cli)
    return cli
  }

  /** A member's connection; resolves when it was welcomed. */
  async function enter(member: string, more: object = {}): Promise<RawSocket> {
    const link = await connect(server.port('main'), { protocols: ['systole.v1'] })
    const instance = `${member}-${crypto.randomUUID()}`.slice(-32)
    link.sendText(JSON.stringify({ t: 'hello', member, instance, epoch: 1, ...more }))
    const welcome = JSON.parse((await link.nextOf('text')).text)
    expect(welcome).toMatchObject({ t: 'welcome', member })
    return link
  }

  const bye = (link: RawSocket) => {
    link.sendText('{"t":"bye"}')
    return link.closed
  }

  test('watch --json sees a join and a leave of another connection, and is in no list itself', async () => {
    const here = await enter('here', { name: 'Already' })
    const cli = run('watch', '--json')
    await cli.json({ kind: 'listed' })
    expect(await cli.json({ kind: 'snapshot' })).toMatchObject({ member: 'here', state: 'online' })
    const link = await enter('7', { name: 'Ana' })
    const joined = await cli.json({ kind: 'diff', member: '7' })
    expect(joined).toMatchObject({ state: 'online', name: 'Ana', since: expect.any(Number) })
    const members = await server.api.members('state=online')
    expect(members.map(({ id }) => id)).toEqual(['7', 'here'])
    expect((await server.api.sessions()).length).toBe(2)
    await bye(link)
    expect(await cli.json({ kind: 'diff', member: '7', state: 'offline' })).toMatchObject({
      gone: true,
      reason: 'left',
    })
    await bye(here)
    expect([await cli.stop(), cli.stderr]).toEqual([0, ''])
  })

  test('in words, of a group and of ids', async () => {
    const room = run('watch', '--group', 'room')
    const ids = run('watch', 'someone', 'nobody')
    await room.text(/^nobody$/)
    await ids.text(/^2 members: 2 unknown$/)
    const link = await enter('someone', { name: '张伟' })
    link.sendText('{"t":"enter","group":"room"}')
    await room.text(/^\d\d:\d\d:\d\d {2}someone \(张伟\) +joined$/)
    await ids.text(/ {2}someone \(张伟\) +joined$/)
    link.sendText('{"t":"exit","group":"room"}')
    await room.text(/ {2}someone \(张伟\) +gone from the group$/)
    await bye(link)
    await ids.text(/ {2}someone \(张伟\) +left \(left\)$/)
    expect(room.lines.concat(ids.lines).join('')).not.toContain('\u001b')
  })

  test('what happens while the connection is away is told when it is back, and nothing else', async () => {
    const [stays, goes] = [await enter('stays'), await enter('goes')]
    const between = await relay(server.port('main'))
    const cli = new Cli(runtime, ['watch'], between.port)
    open.push(cli)
    await cli.text(/^2 members: 2 online$/)
    between.cut()
    await cli.text(/ -- connection lost \(.+\): trying again$/)
    await bye(goes)
    const comes = await enter('comes')
    between.mend()
    await cli.text(/ -- connected again: nothing was missed$/)
    await cli.text(/ {2}comes +joined$/)
    await cli.text(/ {2}goes +left \(left\)$/)
    expect(cli.lines.filter(line => /^\d\d:/.test(line))).toHaveLength(4)
    await Promise.all([stays, comes].map(bye))
    between.stop()
  })

  test('a server that stops answering: the connection is left, and goes on where it was', async () => {
    const cli = run('watch', '--json')
    await cli.json({ kind: 'listed' })
    server.signal('SIGSTOP')
    expect(await cli.json({ kind: 'lost' })).toMatchObject({ why: 'a beat was not answered' })
    server.signal('SIGCONT')
    await cli.json({ kind: 'resumed' })
    const link = await enter('after')
    await cli.json({ kind: 'diff', member: 'after', state: 'online' })
    expect(cli.lines.some(line => line.includes('reset'))).toBe(false)
    await bye(link)
  })

  test('a restart of the server: told once, a new list, and changes again', async () => {
    const cli = run('watch', '--json')
    await cli.json({ kind: 'listed' })
    const port = server.port('main')
    server.signal('SIGTERM')
    await server.exited
    await cli.json({ kind: 'lost' })
    server = await start(port)
    await cli.json({ kind: 'reset' })
    const link = await enter('returned')
    await cli.json({ kind: 'diff', member: 'returned', state: 'online' })
    expect(cli.lines.filter(line => line.includes('"lost"'))).toHaveLength(1)
    await bye(link)
  })

  test('send reaches a native connection, and tells what it acknowledged', async () => {
    const link = await enter('reader')
    const cli = run('send', '{"page":12}', '--to', 'reader', '--to', 'absent', '--ack', '4s')
    const message = JSON.parse((await link.nextOf('text')).text)
    expect(message).toMatchObject({ t: 'message', data: { page: 12 } })
    link.sendText(JSON.stringify({ t: 'ack', id: message.id }))
    expect(await cli.exited).toBe(0)
    expect(cli.lines).toEqual(['reached 1, suspect 0, offline 0, unknown 1, acked 1'])
    await bye(link)
    const late = run('send', 'hello', '--to', 'reader')
    expect(await late.exited).toBe(1)
    expect(late.lines).toEqual(['reached 0, suspect 0, offline 1, unknown 0'])
  })
})
