// How long it takes to be answered about 1,000 members by a server that knows very many, seen from outside.

import type { AsksResult } from '../load/asks.ts'
import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, short } from '../report/figure.ts'
import { knowing } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const IDS = 1_000
const BAR_P50 = 2
const BAR_P99 = 10

interface Asked extends AsksResult {
  /** Processor time of the server per ask, ms: what is left when somebody else used the cores too. */
  readonly cpu: number
}

export async function nativeAsk(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const runs: Asked[] = []
  for (let round = 1; round <= plan.rounds; round++) {
    plan.progress.say(`ask, round ${round} of ${plan.rounds}`)
    await using server = await ServerProcess.start(knowing(plan.sessions))
    await using load = new LoadProcess(server.port)
    await load.open('native-observer', 1)
    const cpu = server.cpuSeconds()
    const asked = await load.asks({ known: plan.sessions, ids: IDS, times: plan.asks })
    runs.push({ ...asked, cpu: ((server.cpuSeconds() - cpu) * 1_000) / asked.asks })
  }
  const cpu = median(runs.map(run => run.cpu))
  const p50 = median(runs.map(run => run.p50))
  const p99 = median(runs.map(run => run.p99))
  return [
    {
      name: `ask of ${IDS} ids, ${plan.sessions.toLocaleString('en')} known`,
      bar: `p50 <= ${BAR_P50} ms, p99 <= ${BAR_P99} ms`,
      measured: `p50 ${short(p50)} ms, p99 ${short(p99)} ms`,
      pass: p50 <= BAR_P50 && p99 <= BAR_P99,
      others: `${short(cpu)} ms of CPU each; longest ${short(Math.max(...runs.map(run => run.max)))} ms of ${plan.rounds * plan.asks}`,
      runs,
    },
  ]
}
