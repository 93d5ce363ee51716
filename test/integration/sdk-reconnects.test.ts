// A thousand reconnects of one client over real sockets, on both runtimes: it holds no more after the last than after the
// first hundreds, and nothing at all when it is destroyed.

import { expect, setDefaultTimeout, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ServerWebSocket } from 'bun'
import { RUNTIMES, type Runtime } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(120_000)

const TIMES = process.env.TEST_LONG === '1' ? 10_000 : 1_000
/** What a runtime takes by its own habits, in bytes: Node's code grows for a while, then no more. */
const HABITS = { bun: 300_000, node: 1_500_000 }
const ENDS_WITHIN = 5_000
const PROGRAM = fileURLToPath(new URL('../support/reconnect-program.ts', import.meta.url))

/** Speaks as little as a server can, and ends each connection but the last: closed, or cut. */
function cuttingServer() {
  let open = 0
  let count = 0
  const greet = (socket: ServerWebSocket<undefined>) => {
    const timing = { interval: 3_600_000, timeout: 60_000, grace: 60_000 }
    const now = Date.now()
    const welcome = { t: 'welcome', session: 's', member: 'cut', timing, evidence: 'any', now, resumed: true }
    socket.send(JSON.stringify(welcome))
    socket.send('{"t":"moved","retryAfter":{"min":0,"max":0}}')
    // its answer says that it has read so far
    socket.ping()
  }
  const cut = (socket: ServerWebSocket<undefined>) => {
    if (++count < TIMES) count % 2 === 0 ? socket.close(1012) : socket.terminate()
  }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response(null, { status: 400 })),
    websocket: {
      open: () => void open++,
      close: () => void open--,
      pong: cut,
      message: (socket, text) => {
        if (String(text).startsWith('{"t":"hello"')) greet(socket)
      },
    },
  })
  return { server, open: () => open }
}

interface Said {
  readonly when: string
  readonly connections: number
  readonly undelivered: number
  readonly mostTimers: number
  readonly timers: number
  readonly heap: number
}

async function run(runtime: Runtime): Promise<{ said: Said[]; stderr: string; endedAfter: number }> {
  const { server, open } = cuttingServer()
  const binary = fileURLToPath(new URL(`../../node_modules/.bin/${runtime}`, import.meta.url))
  const flags = runtime === 'node' ? ['--expose-gc'] : []
  const child = spawn(binary, [...flags, PROGRAM, `ws://127.0.0.1:${server.port}/`, String(TIMES)])
  let [stdout, stderr, exited] = ['', '', false]
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  child.once('close', () => {
    exited = true
  })
  try {
    await waitFor('it to let go', () => exited || stdout.includes('"destroyed"'), 100_000, 5)
    const from = performance.now()
    await waitFor('it to end by itself', () => exited, ENDS_WITHIN)
    await waitFor('no socket to be open', () => open() === 0)
    const said = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    return { said, stderr, endedAfter: Math.round(performance.now() - from) }
  } finally {
    child.kill('SIGKILL')
    await server.stop(true)
  }
}

test.concurrent.each([...RUNTIMES])('a thousand reconnects leave nothing behind on %s', async runtime => {
  const { said, stderr, endedAfter } = await run(runtime)
  const [warm, all, destroyed] = said
  console.log(
    `${runtime}: heap ${said.map(({ heap }) => heap).join(', ')} bytes; ended ${endedAfter} ms after`,
  )
  expect(stderr).toBe('')
  expect(said.map(({ when }) => when)).toEqual(['warm', 'all', 'destroyed'])
  expect(all).toMatchObject({ connections: TIMES, mostTimers: 1, undelivered: TIMES - 1 })
  expect(all!.heap - warm!.heap).toBeLessThan(HABITS[runtime])
  expect(destroyed).toMatchObject({ timers: 0, undelivered: TIMES })
})
