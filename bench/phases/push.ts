// Processor time of the server per delivery of a push to one group that everybody is in, beside a bare `publish` to a topic
// of as many links.

import { type Side, sideBySide } from '../process/sides.ts'
import { type Figure, median, ratioText, short } from '../report/figure.ts'
import { BARE, fanning, PUSHING } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const BAR = 1.15

/** Links of whom all are in the group. */
async function prepare({ target, server, load }: Side, { links }: Plan): Promise<void> {
  await load.open(target === PUSHING ? 'members' : 'members-echo', links)
  if (target !== PUSHING) return
  server.tell('group')
  while ((await server.ask('grouped')) !== links) await Bun.sleep(100)
}

/** Microseconds per delivery; the next message goes out when the last one has reached all. */
async function window({ server, load }: Side, links: number, seconds: number): Promise<number> {
  const { received } = await load.count()
  const cpu = server.cpuSeconds()
  const until = performance.now() + seconds * 1_000
  let expected = received
  while (performance.now() < until) {
    expected += links
    server.tell('fan')
    await load.awaitReceived(expected)
  }
  return ((server.cpuSeconds() - cpu) * 1e6) / (expected - received)
}

export async function push(plan: Plan): Promise<Figure[]> {
  const bare = fanning(BARE)
  const samples = await sideBySide(
    'push to a group',
    plan.baselines ? [bare] : [bare, PUSHING],
    plan,
    side => prepare(side, plan),
    (side, seconds) => window(side, plan.links, seconds),
  )
  const ratios = plan.baselines ? [] : samples.ratios(PUSHING, bare)
  return [
    {
      name: `CPU per delivery, push to a group of ${plan.links}, 100 B`,
      bar: `<= ${BAR.toFixed(2)} x bare publish`,
      measured: plan.baselines ? '' : `${short(samples.median(PUSHING))} us = ${ratioText(ratios)}`,
      pass: plan.baselines ? null : median(ratios) <= BAR,
      others: `bare ${short(samples.median(bare))} us`,
      runs: samples.byTarget,
    },
  ]
}
