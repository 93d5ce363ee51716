// A million sessions without sockets, on both runtimes, each run in a process of its own on the server's core.

import { join } from 'node:path'
import type { CoreResult } from '../core/main.ts'
import { onCore, SERVER_CORE } from '../process/cores.ts'
import { type Figure, median, short } from '../report/figure.ts'
import { BUN, NODE } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const MAIN = join(import.meta.dirname, '..', 'core', 'main.ts')
const RUNTIMES = [
  { name: 'Bun', command: [BUN, MAIN] },
  { name: 'Node', command: [NODE, '--expose-gc', MAIN] },
] as const

/** An upper bar on one field of the results. */
interface Bar {
  readonly name: string
  readonly most: number
  readonly unit: string
  readonly of: (result: CoreResult) => number
  readonly beside: (result: CoreResult) => string
}

const BARS: readonly Bar[] = [
  {
    name: 'one beat, random session',
    most: 60,
    unit: 'ns',
    of: result => result.beatNanoseconds,
    beside: result => `heap grows ${result.beatAllocated.toFixed(2)} B a beat`,
  },
  {
    name: 'steady state, I = 10 s, a beat every 8 s',
    most: 3,
    unit: '% of a core',
    of: result => result.steadyShare * 100,
    beside: () => '',
  },
  {
    name: 'tick p99',
    most: 8,
    unit: 'ms',
    of: result => result.tickP99,
    beside: result => `p50 ${short(result.tickP50)}, max ${short(result.tickMax)} ms`,
  },
  {
    name: 'memory per session with member and indexes',
    most: 700,
    unit: 'B',
    of: result => result.rssBytes,
    beside: result => `live objects ${short(result.heapBytes)} B`,
  },
]

async function run(command: readonly string[], sessions: number): Promise<CoreResult> {
  const child = Bun.spawn(onCore(SERVER_CORE, [...command, String(sessions)]), {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, problem, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`the core bench ended with exit code ${code}\n${problem.slice(-1_500)}`)
  return JSON.parse(out) as CoreResult
}

function figure(bar: Bar, results: readonly (readonly CoreResult[])[], sessions: number): Figure {
  const values = results.map(runs => median(runs.map(bar.of)))
  const texts = RUNTIMES.map(({ name }, i) => `${name} ${short(values[i]!)}`)
  const beside = RUNTIMES.map(({ name }, i) => `${name} ${bar.beside(results[i]!.at(-1)!)}`)
  return {
    name: `core, ${sessions.toLocaleString('en')} sessions: ${bar.name}`,
    bar: `<= ${bar.most} ${bar.unit}`,
    measured: `${texts.join(', ')} ${bar.unit}`,
    pass: values.every(value => value <= bar.most),
    others: bar.beside(results[0]![0]!) === '' ? '' : beside.join('; '),
    runs: results.map(runs => runs.map(bar.of)),
  }
}

export async function core(plan: Plan): Promise<Figure[]> {
  const results: CoreResult[][] = RUNTIMES.map(() => [])
  for (let round = 1; round <= plan.rounds; round++) {
    for (const [i, { name, command }] of RUNTIMES.entries()) {
      plan.progress.say(`core: ${name}, round ${round} of ${plan.rounds}`)
      results[i]!.push(await run(command, plan.sessions))
    }
  }
  return BARS.map(bar => figure(bar, results, plan.sessions))
}
