// How long backends wait to be told of 1,000 members by a server that knows very many, by HTTP, parse and answer
// included.

import type { GetsResult } from '../load/gets.ts'
import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, short } from '../report/figure.ts'
import { knowing } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const IDS = 1_000
const BAR_P50 = 2
const BAR_P99 = 10

interface Run extends GetsResult {
  /** Processor time of the server per look-up, ms. */
  readonly cpu: number
}

export async function lookup(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const runs: Run[] = []
  for (let round = 1; round <= plan.rounds; round++) {
    plan.progress.say(`lookup, round ${round} of ${plan.rounds}`)
    await using server = await ServerProcess.start(knowing(plan.sessions))
    await using load = new LoadProcess(server.port)
    const cpu = server.cpuSeconds()
    const got = await load.gets({ known: plan.sessions, times: plan.asks, of: { lookup: IDS } })
    runs.push({ ...got, cpu: ((server.cpuSeconds() - cpu) * 1_000) / got.asked })
  }
  const p50 = median(runs.map(run => run.p50))
  const p99 = median(runs.map(run => run.p99))
  return [
    {
      name: `lookup of ${IDS} ids, ${plan.sessions.toLocaleString('en')} known`,
      bar: `p50 <= ${BAR_P50} ms, p99 <= ${BAR_P99} ms`,
      measured: `p50 ${short(p50)} ms, p99 ${short(p99)} ms`,
      pass: p50 <= BAR_P50 && p99 <= BAR_P99,
      others: `${short(median(runs.map(run => run.cpu)))} ms of CPU each; longest ${short(Math.max(...runs.map(run => run.max)))} ms`,
      runs,
    },
  ]
}
