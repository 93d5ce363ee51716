// From the spawn of the process to the first 200 of /healthz, with the files in the page cache.

import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, short } from '../report/figure.ts'
import { SYSTOLE_DATA, SYSTOLE_NODE, type Target } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const BAR_SECONDS = 0.5
const STARTS = 5
const RUNTIMES = [
  { target: SYSTOLE_DATA, name: 'Bun' },
  { target: SYSTOLE_NODE, name: 'Node' },
] as const

async function seconds(target: Target): Promise<number> {
  await using server = await ServerProcess.start(target)
  return server.startSeconds
}

async function figure(target: Target, name: string, plan: Plan): Promise<Figure> {
  const runs: number[] = []
  await seconds(target)
  for (let i = 1; i <= STARTS; i++) {
    plan.progress.say(`start on ${name}: ${i} of ${STARTS}`)
    runs.push(await seconds(target))
  }
  return {
    name: `start to first answer, warm, on ${name}, data on`,
    bar: `<= ${BAR_SECONDS} s`,
    measured: `${short(median(runs))} s`,
    pass: median(runs) <= BAR_SECONDS,
    others: '',
    runs,
  }
}

export async function start(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const figures: Figure[] = []
  for (const { target, name } of RUNTIMES) figures.push(await figure(target, name, plan))
  return figures
}
