// KiB a server holds per identified link: PSS before and after, some seconds later, when what the handshakes left
// behind is collected. A few links are there before, so that code compiled once is not charged to the links.

import type { ScriptName } from '../load/scripts.ts'
import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, short } from '../report/figure.ts'
import { interleave } from '../report/rounds.ts'
import { BARE, SOCKET_IO, SYSTOLE, type Target, WS } from '../servers/targets.ts'
import { openingScript } from './opening-script.ts'
import type { Plan } from './plan.ts'

const WARM_LINKS = 200
const SETTLE = 4_000

export async function kibPerLink(target: Target, script: ScriptName, links: number): Promise<number> {
  await using server = await ServerProcess.start(target)
  await using load = new LoadProcess(server.port)
  await load.open(script, WARM_LINKS)
  await Bun.sleep(SETTLE / 2)
  const before = server.pssKib()
  await load.open(script, links - WARM_LINKS)
  await Bun.sleep(SETTLE)
  const { lost } = await load.count()
  if (lost > 0) throw new Error(`${target.name} lost ${lost} of ${links} links`)
  return (server.pssKib() - before) / (links - WARM_LINKS)
}

async function atSize(links: number, barKib: number, plan: Plan): Promise<Figure> {
  const targets = plan.baselines ? [BARE, WS, SOCKET_IO] : [BARE, WS, SOCKET_IO, SYSTOLE]
  const samples = await interleave(`memory, ${links} links`, targets, plan.rounds, plan.progress, target =>
    kibPerLink(target, openingScript(target), links),
  )
  const own = plan.baselines ? Number.NaN : samples.median(SYSTOLE)
  return {
    name: `memory per identified link, ${links} links, data off`,
    bar: `<= ${barKib.toFixed(1)} KiB`,
    measured: plan.baselines ? '' : `${short(own)} KiB`,
    pass: plan.baselines ? null : own <= barKib,
    others: [BARE, WS, SOCKET_IO].map(target => `${target.name} ${short(samples.median(target))}`).join(', '),
    runs: samples.byTarget,
  }
}

export async function memory(plan: Plan): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { links, barKib } of plan.memoryLinks) figures.push(await atSize(links, barKib, plan))
  return figures
}
