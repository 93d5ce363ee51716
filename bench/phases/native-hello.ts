// From hello to welcome where everybody says hello at once. A whole wave comes and goes before and is not counted, as
// where connections are timed.

import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, short } from '../report/figure.ts'
import { interleave } from '../report/rounds.ts'
import { BARE, SYSTOLE, SYSTOLE_DATA, type Target } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const BAR_SECONDS = 2
/** The members of the first wave leave when their grace of 10 s is over. */
const SETTLED = 12_000

async function wave(server: ServerProcess, target: Target, links: number): Promise<readonly number[]> {
  await using load = new LoadProcess(server.port)
  await load.openQuietly(target === BARE ? 'native-echo' : 'native', links)
  return await load.greet()
}

export async function nativeHello(plan: Plan): Promise<Figure[]> {
  const targets = plan.baselines ? [BARE] : [BARE, SYSTOLE, SYSTOLE_DATA]
  const middles = new Map<Target, number[]>(targets.map(target => [target, []]))
  const samples = await interleave('hello', targets, plan.rounds, plan.progress, async target => {
    await using server = await ServerProcess.start(target)
    await wave(server, target, plan.links)
    await Bun.sleep(SETTLED)
    const seconds = await wave(server, target, plan.links)
    middles.get(target)!.push(median(seconds))
    return Math.max(...seconds)
  })
  const text = (target: Target): string =>
    `${target.name} ${short(samples.median(target))} s (half of them ${short(median(middles.get(target)!))})`
  const worst = plan.baselines ? Number.NaN : Math.max(...samples.byTarget[SYSTOLE_DATA.name]!)
  return [
    {
      name: `hello to welcome, ${plan.links} at once, the last one`,
      bar: `<= ${BAR_SECONDS} s`,
      measured: plan.baselines ? '' : `${text(SYSTOLE_DATA)}, longest ${short(worst)} s; ${text(SYSTOLE)}`,
      pass: plan.baselines ? null : worst <= BAR_SECONDS,
      others: text(BARE),
      runs: samples.byTarget,
    },
  ]
}
