// KiB a server holds per native link: members that said hello and watch nothing.

import { type Figure, short } from '../report/figure.ts'
import { interleave } from '../report/rounds.ts'
import { BARE, SYSTOLE } from '../servers/targets.ts'
import { kibPerLink } from './memory.ts'
import type { Plan } from './plan.ts'

const BAR_KIB = 3.8

export async function nativeMemory(plan: Plan): Promise<Figure[]> {
  const targets = plan.baselines ? [BARE] : [BARE, SYSTOLE]
  const samples = await interleave('native memory', targets, plan.rounds, plan.progress, target =>
    kibPerLink(target, target === BARE ? 'native-echo' : 'native', plan.links),
  )
  const own = plan.baselines ? Number.NaN : samples.median(SYSTOLE)
  return [
    {
      name: `memory per native link, ${plan.links} links, data off`,
      bar: `<= ${BAR_KIB} KiB`,
      measured: plan.baselines ? '' : `${short(own)} KiB`,
      pass: plan.baselines ? null : own <= BAR_KIB,
      others: `bare ${short(samples.median(BARE))}`,
      runs: samples.byTarget,
    },
  ]
}
