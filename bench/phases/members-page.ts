// How long a page of 200 members takes with each filter there is, of a server that knows very many: also of those that are
// rare among them.

import type { GetsResult } from '../load/gets.ts'
import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, short } from '../report/figure.ts'
import { knowing } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const BAR = 5
/** What there is of each: see bench/servers/systole-known.ts. */
const FILTERS = [
  'state=online',
  'state=suspect',
  'type=rare',
  'group=few',
  'group=half',
  'prefix=k77',
  'state=suspect&group=half',
] as const

export async function membersPage(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const runs = new Map<string, GetsResult[]>(FILTERS.map(filter => [filter, []]))
  for (let round = 1; round <= plan.rounds; round++) {
    plan.progress.say(`members page, round ${round} of ${plan.rounds}`)
    await using server = await ServerProcess.start(knowing(plan.sessions))
    await using load = new LoadProcess(server.port)
    for (const filter of FILTERS)
      runs
        .get(filter)!
        .push(await load.gets({ known: plan.sessions, times: plan.asks, of: { page: filter } }))
  }
  return [...runs].map(([filter, results]) => {
    const p99 = median(results.map(result => result.p99))
    return {
      name: `members page of 200, ${filter}, ${plan.sessions.toLocaleString('en')} known`,
      bar: `p99 <= ${BAR} ms`,
      measured: `p99 ${short(p99)} ms`,
      pass: p99 <= BAR,
      others: `p50 ${short(median(results.map(result => result.p50)))} ms, longest ${short(Math.max(...results.map(result => result.max)))} ms`,
      runs: results,
    }
  })
}
