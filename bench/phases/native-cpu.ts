// Processor time of the server per native beat, as fast as answers come, beside a server that does nothing but echo.

import { type Figure, median, ratioText, short } from '../report/figure.ts'
import { interleave } from '../report/rounds.ts'
import { BARE, SYSTOLE_DATA, type Target } from '../servers/targets.ts'
import { CLOSED_BAR, measure } from './cpu.ts'
import type { Plan } from './plan.ts'

export async function nativeCpu(plan: Plan): Promise<Figure[]> {
  const targets = plan.baselines ? [BARE] : [BARE, SYSTOLE_DATA]
  const rates = new Map<Target, number[]>(targets.map(target => [target, []]))
  const name = `native beat, ${plan.links} links`
  const samples = await interleave(`CPU, ${name}`, targets, plan.rounds, plan.progress, async target => {
    const script = target === BARE ? 'native-echo' : 'native'
    const { microseconds, perSecond } = await measure(target, script, 0, plan)
    rates.get(target)!.push(perSecond)
    return microseconds
  })
  const ratios = samples.ratios(SYSTOLE_DATA, BARE)
  const rate = (target: Target): string => `${short(median(rates.get(target)!))} a second`
  const own = (): string => `${short(samples.median(SYSTOLE_DATA))} us = ${ratioText(ratios)}`
  return [
    {
      name: `CPU per ${name}, data on`,
      bar: `<= ${CLOSED_BAR.toFixed(2)} x bare`,
      measured: plan.baselines ? '' : `${own()}, ${rate(SYSTOLE_DATA)}`,
      pass: plan.baselines ? null : median(ratios) <= CLOSED_BAR,
      others: `bare ${short(samples.median(BARE))} us, ${rate(BARE)}`,
      runs: samples.byTarget,
    },
  ]
}
