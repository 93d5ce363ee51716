// `bun bench/load/receiver.ts`: somebody's backend, which reads every event a webhook brings, and the comings and goings it
// is told of. Says its port; for each line `<port> <rate> <seconds>` it makes them on that server and says what came.

import { Comings } from './comings.ts'

/** What one run gave. Rates are events a second; lag in ms. */
export interface ReceiverResult {
  readonly made: number
  readonly madeRate: number
  readonly receivedRate: number
  /** Made and not yet received when the last was made, and how long it took until they were. */
  readonly behind: number
  readonly lagMs: number
  /** Seconds in which fewer than 20,000 came. */
  readonly slowest: number
  readonly requests: number
  readonly twice: number
  readonly disorder: number
  readonly lost: number
}

interface Event {
  readonly member: string
  readonly version: number
}

const PATIENCE = 20_000

const comings = new Comings()
const last = new Map<string, number>()
let received = 0
let requests = 0
let twice = 0
let disorder = 0

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: async request => {
    const { data } = (await request.json()) as { data: { events?: readonly Event[] } }
    requests++
    // the first message is a reset, without events
    for (const { member, version } of data.events ?? []) {
      const before = last.get(member) ?? 0
      if (version === before) twice++
      else if (version < before) disorder++
      else received++
      last.set(member, version)
    }
    return new Response(null, { status: 204 })
  },
})
console.log(JSON.stringify({ port: server.port }))

for await (const line of console) {
  const [port, rate, seconds] = line.split(' ').map(Number) as [number, number, number]
  console.log(JSON.stringify(await measure(port, rate, seconds)))
}

async function measure(port: number, rate: number, seconds: number): Promise<ReceiverResult> {
  if (comings.made === 0) await comings.open(port)
  const before = { received, requests, made: comings.made }
  const from = performance.now()
  let slowest = Number.POSITIVE_INFINITY
  let mark = received
  const timer = setInterval(() => {
    slowest = Math.min(slowest, received - mark)
    mark = received
  }, 1_000)
  await comings.run(rate, seconds)
  clearInterval(timer)
  const took = (performance.now() - from) / 1_000
  const came = received - before.received
  const made = comings.made - before.made
  const end = performance.now()
  while (received - before.received < made && performance.now() - end < PATIENCE) await Bun.sleep(1)
  return {
    made,
    madeRate: made / took,
    receivedRate: came / took,
    behind: made - came,
    lagMs: performance.now() - end,
    slowest,
    requests: requests - before.requests,
    twice,
    disorder,
    lost: comings.lost + made - (received - before.received),
  }
}
