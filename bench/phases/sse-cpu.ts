// Processor time of the server per native beat over WebSocket and over an event stream, the same beats at the same
// pace. A beat over an event stream is a request of its own: what that costs is what is to be known here.

import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, ratioText, short } from '../report/figure.ts'
import { SYSTOLE_DATA } from '../servers/targets.ts'
import { measure } from './cpu.ts'
import type { Plan } from './plan.ts'

/** Few, as these are those who cannot come otherwise; two beats a second of each. */
const LINKS = 1_000
const RATE = 2_000

async function streamed(plan: Plan): Promise<number> {
  await using server = await ServerProcess.start(SYSTOLE_DATA)
  await using load = new LoadProcess(server.port)
  await load.openStreams(LINKS)
  await load.runStreams(RATE, plan.warmSeconds)
  const cpu = server.cpuSeconds()
  const { sent, answered, late } = await load.runStreams(RATE, plan.seconds)
  const used = server.cpuSeconds() - cpu
  if (answered !== sent || late > sent / 20)
    throw new Error(`${sent} beats over event streams: ${answered} answered, ${late} left out`)
  return (used * 1e6) / sent
}

export async function sseCpu(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const sockets: number[] = []
  const streams: number[] = []
  for (let round = 1; round <= plan.rounds; round++) {
    plan.progress.say(`CPU per beat over WebSocket and event streams, round ${round} of ${plan.rounds}`)
    sockets.push((await measure(SYSTOLE_DATA, 'native', RATE, { ...plan, links: LINKS })).microseconds)
    streams.push(await streamed(plan))
  }
  const ratios = streams.map((value, round) => value / sockets[round]!)
  return [
    {
      name: `CPU per native beat over an event stream, ${RATE} beats/s on ${LINKS} links, data on`,
      bar: '',
      measured: `${short(median(streams))} us = ${ratioText(ratios)} WebSocket`,
      pass: null,
      others: `WebSocket ${short(median(sockets))} us`,
      runs: { 'event streams': streams, WebSocket: sockets },
    },
  ]
}
