// Deliveries a second of one message to every link: the next message goes out when the last one has reached all.

import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, ratioText, short } from '../report/figure.ts'
import { interleave } from '../report/rounds.ts'
import { BARE, fanning, SOCKET_IO, SYSTOLE, type Target, WS } from '../servers/targets.ts'
import { openingScript } from './opening-script.ts'
import type { Plan } from './plan.ts'

async function fan(
  server: ServerProcess,
  load: LoadProcess,
  links: number,
  seconds: number,
): Promise<number> {
  const start = await load.count()
  const until = performance.now() + seconds * 1_000
  let expected = start.received
  while (performance.now() < until) {
    expected += links
    server.tell('fan')
    await load.awaitReceived(expected)
  }
  const end = await load.count()
  return ((end.received - start.received) * 1_000) / (end.at - start.at)
}

async function deliveriesPerSecond(target: Target, plan: Plan): Promise<number> {
  await using server = await ServerProcess.start(fanning(target))
  await using load = new LoadProcess(server.port)
  await load.open(openingScript(target), plan.links)
  await fan(server, load, plan.links, plan.warmSeconds)
  return await fan(server, load, plan.links, plan.seconds)
}

export async function fanout(plan: Plan): Promise<Figure[]> {
  const targets = plan.baselines ? [BARE, WS, SOCKET_IO] : [BARE, WS, SOCKET_IO, SYSTOLE]
  const samples = await interleave('fan-out', targets, plan.rounds, plan.progress, target =>
    deliveriesPerSecond(target, plan),
  )
  const others = [BARE, WS, SOCKET_IO].map(target => `${target.name} ${short(samples.median(target))}`)
  const own = (): string =>
    `${short(samples.median(SYSTOLE))} = ${ratioText(samples.ratios(SYSTOLE, BARE))} bare publish`
  return [
    {
      name: `push to all, deliveries a second, ${plan.links} links, 100 B`,
      bar: '',
      measured: plan.baselines ? '' : own(),
      pass: null,
      others: others.join(', '),
      runs: samples.byTarget,
    },
  ]
}
