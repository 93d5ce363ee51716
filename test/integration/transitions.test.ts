// Reading the log of a real server: requests that wait long, streams that last, readers that are slow, come and go, and a
// server that dies between two of their reads.

import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beatAll, readLog, readPiece } from '../support/http-beats.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(120_000)

const MEMBERS = Array.from({ length: 100 }, (_, n) => `t-${n}`)
// what is cut for its silence is cut after 12 s; a stream speaks after 15 s
const LONG = process.env.TEST_LONG === '1' ? 30_000 : 16_000
const GUESTS = 1_000
/** MiB that twenty of them may cost who could be sent 44 MiB each. */
const MOST_GROWTH = 300

/** A reader of the stream over a socket of its own. */
class Listener {
  text = ''
  gone = false
  readonly #socket: Socket

  constructor(port: number, headers = '', query = '') {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.write(
      `GET /v1/transitions${query} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\n${headers}\r\n`,
    )
    this.#socket.on('data', chunk => {
      this.text += chunk
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.gone = true
    })
  }

  get versions(): number[] {
    return Array.from(this.text.matchAll(/"version":(\d+)/g), ([, version]) => Number(version))
  }

  get lastId(): string {
    return Array.from(this.text.matchAll(/^id: (\S+)$/gm)).at(-1)?.[1] ?? ''
  }

  deaf(): void {
    this.#socket.pause()
  }

  hear(): void {
    this.#socket.resume()
  }

  drop(): void {
    this.#socket.destroy()
  }
}

describe.each([...RUNTIMES])('on %s', runtime => {
  let data = ''
  let server: SystoleProcess
  const listeners: Listener[] = []

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'systole-transitions-'))
    server = await startServer({ runtime, data })
  })
  afterEach(async () => {
    for (const listener of listeners.splice(0)) listener.drop()
    await server.kill()
    rmSync(data, { recursive: true })
  })

  function listen(headers = '', query = ''): Listener {
    const made = new Listener(server.port('main'), headers, query)
    listeners.push(made)
    return made
  }

  test('a request waits long in silence, and a stream through it', async () => {
    const { url } = server.api
    const stream = listen()
    const began = performance.now()
    const piece = await readPiece(url, `wait=${LONG}`)
    expect(performance.now() - began).toBeGreaterThanOrEqual(LONG - 50)
    expect(piece).toMatchObject({ events: [], reset: false })
    expect([stream.gone, /^:$/m.test(stream.text)]).toEqual([false, true])
    const waiting = readPiece(url, `wait=${LONG}&after=${piece.cursor}`)
    await pause(100)
    await beatAll(url, MEMBERS.slice(0, 3), false)
    const { events } = await waiting
    expect(events.map(({ member }) => member)).toEqual(MEMBERS.slice(0, 3))
    await waitFor('the stream', () => stream.versions.length === 3)
  })

  test('a stream is gone on with after a kill -9, without a gap', async () => {
    const port = server.port('main')
    const first = listen()
    await waitFor('its place', () => first.lastId !== '')
    await beatAll(server.api.url, MEMBERS, false)
    await waitFor('what came', () => first.versions.length === 100)
    await waitFor('its last id', () => first.text.trimEnd().endsWith(`id: ${first.lastId}`))
    await server.kill()
    server = await startServer({ runtime, data, port })
    await beatAll(server.api.url, MEMBERS, true)
    const second = listen(`last-event-id: ${first.lastId}\r\n`)
    await waitFor('the rest', () => second.versions.length === 100)
    const log = await readLog(server.api.url)
    expect([...first.versions, ...second.versions]).toEqual(log.map(({ version }) => version))
  })

  test('of another log: reset, then what is told from then on', async () => {
    const other = mkdtempSync(join(tmpdir(), 'systole-transitions-'))
    await beatAll(server.api.url, MEMBERS, false)
    const { cursor } = await readPiece(server.api.url, '')
    await server.kill()
    server = await startServer({ runtime, data: other })
    const piece = await readPiece(server.api.url, `after=${cursor}`)
    expect(piece).toMatchObject({ events: [], reset: true })
    const stream = listen('', `?after=${cursor}`)
    await waitFor('a reset', () =>
      /^event: reset\ndata: \{"cursor":"[\w-]+"\}\nid: [\w-]+$/m.test(stream.text),
    )
    await beatAll(server.api.url, MEMBERS.slice(0, 1), false)
    await waitFor('what came then', () => stream.versions.length === 1)
    expect((await readPiece(server.api.url, `after=${piece.cursor}`)).events.length).toBe(1)
    rmSync(other, { recursive: true })
  })

  test('a thousand that come and go leave nothing behind', async () => {
    const { url } = server.api
    await beatAll(url, MEMBERS, false)
    await readPiece(url, '')
    const before = openFiles(server.pid)
    for (let n = 0; n < GUESTS; n += 100) {
      const wave = Array.from({ length: 100 }, (_, i) => listen('', i % 2 === 0 ? '' : '?after=oldest'))
      await waitFor('the wave', () => wave.every(({ text }) => text.includes('id: ')), 20_000)
      for (const one of wave) one.drop()
    }
    const waves = Array.from({ length: 200 }, () => {
      const over = new AbortController()
      const asked = fetch(`${url}/v1/transitions?wait=30000`, { signal: over.signal }).catch(() => null)
      return { over, asked }
    })
    await waitFor('all to wait', () => openFiles(server.pid) >= before + 150, 20_000)
    for (const { over } of waves) over.abort()
    await Promise.all(waves.map(({ asked }) => asked))
    await waitFor('their sockets to be gone', () => openFiles(server.pid) <= before + 5, 20_000)
    const last = listen()
    await waitFor('its place', () => last.lastId !== '')
    await beatAll(url, MEMBERS, true)
    await waitFor('what came', () => last.versions.length === 100)
  })

  test('who does not read costs a piece of the log, and gets all of it in the end', async () => {
    const { url } = server.api
    const profile = { text: 'x'.repeat(4_000) }
    for (let i = 0; i < 100; i++) await beatAll(url, MEMBERS, i % 2 === 1, i % 2 === 0 ? { profile } : {})
    const before = memoryOf(server.pid)
    const deaf = Array.from({ length: 20 }, () => listen('', '?after=oldest'))
    for (const one of deaf) one.deaf()
    const hears = listen('', '?after=oldest')
    await waitFor(
      'who reads to have all',
      () => hears.text.split('event: transition').length > 10_000,
      30_000,
    )
    await pause(500)
    expect(memoryOf(server.pid) - before).toBeLessThan(MOST_GROWTH)
    deaf[0]!.hear()
    await waitFor('who reads at last', () => deaf[0]!.text.length >= hears.text.length - 1_000, 30_000)
    expect(deaf[0]!.versions).toEqual(hears.versions)
  })

  test('a stop waits for nobody: who waits is answered at once, and goes on without a gap', async () => {
    const { url } = server.api
    const port = server.port('main')
    const stream = listen()
    await waitFor('its place', () => stream.lastId !== '')
    const { cursor } = await readPiece(url, '')
    const queries = ['', '&kinds=leave', '&member=nobody', `&after=${cursor}`]
    const waiting = queries.map(query => readPiece(url, `wait=${LONG}${query}`))
    await pause(200)
    await beatAll(url, MEMBERS.slice(0, 1), false)
    const later = readPiece(url, `wait=${LONG}&kinds=leave&after=${cursor}`)
    await waitFor('what came', () => stream.versions.length === 1)
    const began = performance.now()
    server.signal('SIGTERM')
    const [, none, nobody] = await Promise.all(waiting)
    for (const piece of [none!, nobody!, await later])
      expect(piece).toMatchObject({ events: [], reset: false })
    await waitFor('the stream to end', () => stream.gone)
    expect((await server.exited).code).toBe(0)
    expect(performance.now() - began).toBeLessThan(1_000)
    // the last chunk of a body that was ended, not cut
    expect(stream.text).toEndWith(`id: ${stream.lastId}\n\n\r\n0\r\n\r\n`)
    server = await startServer({ runtime, data, port })
    await beatAll(server.api.url, MEMBERS.slice(1, 3), false)
    for (const place of [nobody!.cursor, (await later).cursor, stream.lastId]) {
      const { events } = await readPiece(server.api.url, `wait=${LONG}&after=${place}`)
      expect(events.map(({ member }) => member)).toEqual(MEMBERS.slice(1, 3))
    }
  })
})

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** MiB. */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}
