// Processor time of the server per beat: `members` ping and pong as fast as answers come, and `heartbeat` beats that
// nobody answers, at a fixed rate, beside servers that do nothing but echo.

import type { ScriptName } from '../load/scripts.ts'
import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, ratioText, short } from '../report/figure.ts'
import { interleave, type Samples } from '../report/rounds.ts'
import { BARE, SOCKET_IO, SYSTOLE_DATA, type Target, WS } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

export const CLOSED_BAR = 1.1
const OPEN_BAR = 0.9

export interface Measured {
  readonly microseconds: number
  readonly perSecond: number
}

/** `rate` 0: closed loop. */
export async function measure(
  target: Target,
  script: ScriptName,
  rate: number,
  plan: Plan,
): Promise<Measured> {
  await using server = await ServerProcess.start(target)
  await using load = new LoadProcess(server.port)
  await load.open(script, plan.links)
  await (rate === 0 ? load.driveClosed() : load.driveOpen(rate))
  await Bun.sleep(plan.warmSeconds * 1_000)
  const cpu = server.cpuSeconds()
  const before = await load.count()
  await Bun.sleep(plan.seconds * 1_000)
  const used = server.cpuSeconds() - cpu
  const after = await load.count()
  if (after.lost > 0) throw new Error(`${target.name} lost ${after.lost} links or frames under load`)
  const beats = rate === 0 ? after.received - before.received : after.sent - before.sent
  return { microseconds: (used * 1e6) / beats, perSecond: (beats * 1_000) / (after.at - before.at) }
}

function closedScript(target: Target): ScriptName {
  if (target === SOCKET_IO) return 'socket-io'
  return target === SYSTOLE_DATA ? 'members' : 'members-echo'
}

async function closedLoop(plan: Plan): Promise<Figure[]> {
  const targets = plan.baselines ? [BARE, WS, SOCKET_IO] : [BARE, WS, SOCKET_IO, SYSTOLE_DATA]
  const rates = new Map<Target, number[]>(targets.map(target => [target, []]))
  const name = `members ping/pong, ${plan.links} links`
  const samples = await interleave(`CPU, ${name}`, targets, plan.rounds, plan.progress, async target => {
    const { microseconds, perSecond } = await measure(target, closedScript(target), 0, plan)
    rates.get(target)!.push(perSecond)
    return microseconds
  })
  return [cpuFigure(name, samples, plan), throughput(name, rates)]
}

function cpuFigure(name: string, samples: Samples, plan: Plan): Figure {
  const others = [BARE, WS, SOCKET_IO].map(target => `${target.name} ${short(samples.median(target))} us`)
  const ratios = samples.ratios(SYSTOLE_DATA, BARE)
  const own = plan.baselines ? Number.NaN : samples.median(SYSTOLE_DATA)
  const below = own < samples.median(WS) && own < samples.median(SOCKET_IO)
  return {
    name: `CPU per beat, ${name}, data on`,
    bar: `<= ${CLOSED_BAR.toFixed(2)} x bare; below ws and socket.io`,
    measured: plan.baselines ? '' : `${short(own)} us = ${ratioText(ratios)}`,
    pass: plan.baselines ? null : median(ratios) <= CLOSED_BAR && below,
    others: others.join(', '),
    runs: samples.byTarget,
  }
}

function throughput(name: string, rates: ReadonlyMap<Target, readonly number[]>): Figure {
  const text = (target: Target): string => `${target.name} ${short(median(rates.get(target)!))}`
  const others = [...rates.keys()].filter(target => target !== SYSTOLE_DATA)
  const own = rates.get(SYSTOLE_DATA)
  return {
    name: `beats a second, ${name}, data on`,
    bar: '',
    measured: own === undefined ? '' : short(median(own)),
    pass: null,
    others: others.map(text).join(', '),
    runs: Object.fromEntries([...rates].map(([target, values]) => [target.name, values])),
  }
}

async function openLoop(plan: Plan): Promise<Figure> {
  const targets = plan.baselines ? [BARE] : [BARE, SYSTOLE_DATA]
  const name = `heartbeat, ${plan.openRate} beats/s on ${plan.links} links`
  const samples = await interleave(`CPU, ${name}`, targets, plan.rounds, plan.progress, async target => {
    const script = target === BARE ? 'heartbeat-echo' : 'heartbeat'
    const { microseconds, perSecond } = await measure(target, script, plan.openRate, plan)
    if (perSecond < 0.95 * plan.openRate)
      throw new Error(`the load reached only ${short(perSecond)} of ${plan.openRate} beats/s`)
    return microseconds
  })
  const ratios = samples.ratios(SYSTOLE_DATA, BARE)
  return {
    name: `CPU per beat, ${name}, data on`,
    bar: `<= ${OPEN_BAR.toFixed(2)} x bare`,
    measured: plan.baselines ? '' : `${short(samples.median(SYSTOLE_DATA))} us = ${ratioText(ratios)}`,
    pass: plan.baselines ? null : median(ratios) <= OPEN_BAR,
    others: `bare ${short(samples.median(BARE))} us`,
    runs: samples.byTarget,
  }
}

export async function cpu(plan: Plan): Promise<Figure[]> {
  return [...(await closedLoop(plan)), await openLoop(plan)]
}
