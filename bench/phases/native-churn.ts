// Many watchers while members change all the time: what it costs, how late the changes are, and that every list is
// the server's own in the end.

import type { ListsResult } from '../load/lists.ts'
import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, short } from '../report/figure.ts'
import type { Blocks } from '../servers/block-meter.ts'
import { WATCHED } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const RATE = 200
/** `hub` links: with 64 members each, everybody changes less than once a second. */
const HUBS = 7
const SETTLE = 1_000

interface Churn extends ListsResult {
  /** Of one core. */
  readonly share: number
  readonly blocks: Blocks
  /** Every watcher holds what the server answers. */
  readonly same: boolean
}

async function churn(plan: Plan): Promise<Churn> {
  await using server = await ServerProcess.start(WATCHED)
  await using load = new LoadProcess(server.port)
  await load.openLists(plan.watchers)
  await load.open('hub', HUBS)
  await Bun.sleep(SETTLE)
  server.tell('meter')
  const cpu = server.cpuSeconds()
  const result = await load.runLists(RATE, plan.churnSeconds)
  const share = (server.cpuSeconds() - cpu) / plan.churnSeconds
  const blocks = (await server.ask('blocks')) as Blocks
  const own = (await members(server.port)).join('\n')
  const same = result.lists.length === 1 && result.lists[0]!.join('\n') === own
  return { ...result, share, blocks, same }
}

async function members(port: number): Promise<string[]> {
  const lines: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const response = await fetch(`http://127.0.0.1:${port}/v1/members?limit=200${query}`)
    const page = (await response.json()) as {
      members: { id: string; state: string; name: string | null }[]
      cursor: string | null
    }
    for (const { id, state, name } of page.members)
      if (state !== 'offline') lines.push(`${id} ${state} ${name}`)
    cursor = page.cursor
  } while (cursor !== null)
  return lines.sort()
}

export async function nativeChurn(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const runs: Churn[] = []
  for (let round = 1; round <= plan.rounds; round++) {
    plan.progress.say(`${RATE} changes a second, round ${round} of ${plan.rounds}`)
    runs.push(await churn(plan))
  }
  const middle = (of: (run: Churn) => number): string => short(median(runs.map(of)))
  const blocked = Math.max(...runs.map(({ blocks }) => blocks.max))
  const same = runs.every(run => run.same && run.missing === 0)
  return [
    {
      name: `${RATE} changes a second to ${plan.watchers} watchers of all, ${plan.churnSeconds} s`,
      bar: 'every list is the server’s; no block over 15 ms',
      measured: `${same ? 'all lists the same' : 'LISTS DIFFER'}; longest block ${short(blocked)} ms`,
      pass: same && blocked <= 15,
      others: `${middle(({ share }) => share * 100)} % of a core; lag p50 ${middle(({ lag }) => lag.p50)}, p99 ${middle(({ lag }) => lag.p99)}, longest ${middle(({ lag }) => lag.max)} ms`,
      runs: runs.map(({ lists, ...run }) => ({ ...run, lists: lists.length })),
    },
  ]
}
