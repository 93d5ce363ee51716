// A program whose client is cut off again and again: says what it holds after some connections, after all of them, and when
// it let go of everything. That it ends by itself proves the rest. Its waits are short; all else is as it is anywhere.
// Arguments: the server's URL, how many connections.

import { createClient } from '../../src/client/index.ts'
import { here } from '../../src/client/page.ts'
import { pause } from './wait.ts'

const FASTER = 50
const WARM = 200

const [url, times] = [process.argv[2]!, Number(process.argv[3])]
const begun = Date.now()
const timers = new Set<NodeJS.Timeout>()
let mostTimers = 0
let connections = 0
let undelivered = 0

const client = createClient({
  url,
  member: 'cut',
  transports: ['ws'],
  host: {
    ...here(),
    now: () => begun + (Date.now() - begun) * FASTER,
    after(ms, run) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        run()
      }, ms / FASTER)
      mostTimers = Math.max(mostTimers, timers.add(timer).size)
      return timer
    },
    cancel(timer) {
      timers.delete(timer as NodeJS.Timeout)
      clearTimeout(timer as NodeJS.Timeout)
    },
  },
})

client.watch('all').subscribe(() => {})
client.enter('group')
client.on('problem', problem => say({ problem }))
client.on('state', ({ to }) => {
  if (to !== 'online') return
  connections++
  client.deliver('never answered').catch(() => undelivered++)
  if (connections === WARM) void measure('warm')
  if (connections === times) void end()
})

async function end(): Promise<void> {
  await measure('all')
  client.destroy()
  await measure('destroyed')
}

async function measure(when: string): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await pause(30)
    if (typeof Bun === 'undefined') globalThis.gc!()
    else Bun.gc(true)
  }
  say({
    when,
    connections,
    undelivered,
    mostTimers,
    timers: timers.size,
    heap: process.memoryUsage().heapUsed,
  })
}

function say(more: object): void {
  console.log(JSON.stringify(more))
}
