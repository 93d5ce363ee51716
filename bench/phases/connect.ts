// Connections a second until every link is identified. A whole wave comes and goes before and is not counted: the
// engine compiles some sixty functions of the way in, 0.2 s of work in all, on the same core.

import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, ratioText, short } from '../report/figure.ts'
import { interleave, type Samples } from '../report/rounds.ts'
import { BARE, SYSTOLE, SYSTOLE_DATA, type Target } from '../servers/targets.ts'
import { openingScript } from './opening-script.ts'
import type { Plan } from './plan.ts'

/** After a wave is gone, Systole's members leave when their grace of 6 s is over: then nothing is left to do. */
const SETTLED = 8_000
const BARS = [
  { target: SYSTOLE, name: 'data off', bar: 0.7 },
  { target: SYSTOLE_DATA, name: 'data on', bar: 0.45 },
] as const

interface Measured {
  readonly perSecond: number
  /** Processor time of the server per link, us: what is left when somebody else used the cores too. */
  readonly microseconds: number
}

async function measure(target: Target, links: number): Promise<Measured> {
  await using server = await ServerProcess.start(target)
  const script = openingScript(target)
  await warmUp(server, script, links)
  await using load = new LoadProcess(server.port)
  const cpu = server.cpuSeconds()
  const seconds = await load.open(script, links)
  return { perSecond: links / seconds, microseconds: ((server.cpuSeconds() - cpu) * 1e6) / links }
}

async function warmUp(
  server: ServerProcess,
  script: ReturnType<typeof openingScript>,
  links: number,
): Promise<void> {
  {
    await using load = new LoadProcess(server.port)
    await load.open(script, links)
  }
  await Bun.sleep(SETTLED)
}

function figure(
  samples: Samples,
  cpu: ReadonlyMap<Target, readonly number[]>,
  { target, name, bar }: (typeof BARS)[number],
  plan: Plan,
): Figure {
  const ratios = samples.ratios(target, BARE)
  const used = (who: Target): string => `${short(median(cpu.get(who)!))} us of CPU each`
  const own = (): string => `${short(samples.median(target))} = ${ratioText(ratios)}, ${used(target)}`
  return {
    name: `identified connections a second, ${plan.links} links, ${name}`,
    bar: `>= ${bar} x bare`,
    measured: plan.baselines ? '' : own(),
    pass: plan.baselines ? null : median(ratios) >= bar,
    others: `bare ${short(samples.median(BARE))}, ${used(BARE)}`,
    runs: { perSecond: samples.byTarget, cpu: [...cpu].map(([who, values]) => [who.name, values]) },
  }
}

export async function connect(plan: Plan): Promise<Figure[]> {
  const targets = plan.baselines ? [BARE] : [BARE, SYSTOLE, SYSTOLE_DATA]
  const cpu = new Map<Target, number[]>(targets.map(target => [target, []]))
  const samples = await interleave('connections', targets, plan.rounds, plan.progress, async target => {
    const { perSecond, microseconds } = await measure(target, plan.links)
    cpu.get(target)!.push(microseconds)
    return perSecond
  })
  return BARS.map(bar => figure(samples, cpu, bar, plan))
}
