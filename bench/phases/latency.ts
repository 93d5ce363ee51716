// How long the loop of a server with many members is blocked by lists: a link pings every millisecond, first alone,
// then while five links ask for GetHeartbeat every second and somebody reads all pages of /v1/members.
// Seen from outside, so the wait for a core is in the figure too.

import type { ProbeResult } from '../load/probe.ts'
import { HUB_IDS } from '../load/scripts.ts'
import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, short } from '../report/figure.ts'
import { SYSTOLE, type Target } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const BAR_MS = 20
const ASKERS = 5
const QUIET_SECONDS = 2
/** With what goes before, less than the 30 s after which members that do not beat are offline. */
const BUSY_SECONDS = 8

interface Measured {
  readonly quiet: ProbeResult
  readonly lists: ProbeResult
  readonly pages: ProbeResult
}

async function readPages(port: number, signal: AbortSignal): Promise<void> {
  let cursor: string | null = null
  while (!signal.aborted) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const response = await fetch(`http://127.0.0.1:${port}/v1/members?limit=200${query}`)
    if (response.status !== 200) throw new Error(`/v1/members answered ${response.status}`)
    cursor = ((await response.json()) as { cursor: string | null }).cursor
  }
}

async function whilePaging(port: number, work: Promise<ProbeResult>): Promise<ProbeResult> {
  const over = new AbortController()
  const [result] = await Promise.all([work.finally(() => over.abort()), readPages(port, over.signal)])
  return result
}

async function measure(target: Target, listed: number): Promise<Measured> {
  await using server = await ServerProcess.start(target)
  await using crowd = new LoadProcess(server.port)
  await using askers = new LoadProcess(server.port)
  await using watch = new LoadProcess(server.port)
  await watch.open('members', 1)
  await watch.probe(1)
  await crowd.open('hub', Math.ceil(listed / HUB_IDS))
  const quiet = await watch.probe(QUIET_SECONDS)
  const pages = await whilePaging(server.port, watch.probe(BUSY_SECONDS))
  await askers.open('asker', ASKERS)
  await askers.driveOpen(ASKERS)
  const lists = await watch.probe(BUSY_SECONDS)
  const { received } = await askers.count()
  if (received < ASKERS) throw new Error(`only ${received} lists came back`)
  return { quiet, lists, pages }
}

function figure(name: string, runs: readonly Measured[], of: (run: Measured) => ProbeResult): Figure {
  const extra = median(runs.map(run => of(run).max - run.quiet.p50))
  const p99 = median(runs.map(run => of(run).p99))
  const quiet = median(runs.map(run => run.quiet.max))
  return {
    name,
    bar: `<= ${BAR_MS} ms`,
    measured: `${short(extra)} ms`,
    pass: extra <= BAR_MS,
    others: `round trips: p99 ${short(p99)} ms; longest without lists ${short(quiet)} ms`,
    runs,
  }
}

export async function latency(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const runs: Measured[] = []
  for (let round = 1; round <= plan.rounds; round++) {
    plan.progress.say(`latency under lists, round ${round} of ${plan.rounds}`)
    runs.push(await measure(SYSTOLE, plan.listed))
  }
  const members = `${plan.listed.toLocaleString('en')} members`
  return [
    figure(`longest wait for a pong while five ask GetHeartbeat, ${members}`, runs, run => run.lists),
    figure(`longest wait for a pong while /v1/members is read, ${members}`, runs, run => run.pages),
  ]
}
