// What it costs to tell changes to everybody who watches all, beside a bare publish of as many bytes at the same pace;
// how long the server's loop is blocked meanwhile, and how long it takes until the last one has it.

import type { ChangesResult } from '../load/changes.ts'
import { summary } from '../load/probe.ts'
import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, ratioText, short } from '../report/figure.ts'
import type { Blocks } from '../servers/block-meter.ts'
import { BARE, fanning, WATCHED } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const ONE_BAR = 1.15
const TEN_BAR = 2
const BLOCK_BAR_MS = 15
const BURST = 10
/** Over the 500 ms within which changes are merged, and the time it takes to tell one. */
const SPACING = 800
const WARM_CHANGES = 5
const METERED_CHANGES = 5
const IDLE_SECONDS = 2
/** After the links are open: joins are told, garbage is collected. */
const SETTLE = 2_000

interface Watched {
  readonly one: Told
  readonly ten: Told
  readonly blocks: Blocks
  readonly tenBlocks: Blocks
}

interface Told extends ChangesResult {
  /** Processor time of the server for one burst, ms, what it uses without any subtracted. */
  readonly cpu: number
}

interface Round extends Watched {
  /** us a delivery. */
  readonly own: number
  readonly bare: number
}

async function watched(plan: Plan): Promise<Watched> {
  await using server = await ServerProcess.start(WATCHED)
  await using load = new LoadProcess(server.port)
  await load.open('native-watcher', plan.links)
  await load.open('changer', 1)
  await Bun.sleep(SETTLE)
  await load.changes(1, WARM_CHANGES, SPACING)
  await load.changes(BURST, WARM_CHANGES, SPACING)
  const idle = await idleCpu(server)
  const told = async (count: number): Promise<Told> => {
    const cpu = server.cpuSeconds()
    const result = await load.changes(count, plan.changes, SPACING)
    const used = (server.cpuSeconds() - cpu) * 1_000 - idle * plan.changes * SPACING
    if (result.frames < plan.links * plan.changes)
      throw new Error(`${result.frames} deliveries of ${plan.changes} changes to ${plan.links} watchers`)
    return { ...result, cpu: used / plan.changes }
  }
  const one = await told(1)
  const ten = await told(BURST)
  const blocks = await blocksDuring(server, () => load.changes(1, METERED_CHANGES, SPACING))
  const tenBlocks = await blocksDuring(server, () => load.changes(BURST, METERED_CHANGES, SPACING))
  const { lost } = await load.count()
  if (lost > 0) throw new Error(`${lost} watchers were cut`)
  return { one, ten, blocks, tenBlocks }
}

async function idleCpu(server: ServerProcess): Promise<number> {
  const cpu = server.cpuSeconds()
  await Bun.sleep(IDLE_SECONDS * 1_000)
  return (server.cpuSeconds() - cpu) / IDLE_SECONDS
}

async function blocksDuring(server: ServerProcess, work: () => Promise<unknown>): Promise<Blocks> {
  server.tell('meter')
  await work()
  return (await server.ask('blocks')) as Blocks
}

/** us of a bare publish per delivery. */
async function bare(plan: Plan, bytes: number): Promise<number> {
  await using server = await ServerProcess.start(fanning(BARE))
  await using load = new LoadProcess(server.port)
  await load.open('native-echo', plan.links)
  await Bun.sleep(SETTLE)
  const publish = async (times: number): Promise<void> => {
    let { received } = await load.count()
    for (let i = 0; i < times; i++) {
      const pause = Bun.sleep(SPACING)
      server.tell(`fan ${bytes}`)
      received += plan.links
      await load.awaitReceived(received)
      await pause
    }
  }
  await publish(WARM_CHANGES)
  const cpu = server.cpuSeconds()
  await publish(plan.changes)
  return ((server.cpuSeconds() - cpu) * 1e6) / (plan.links * plan.changes)
}

async function round(plan: Plan): Promise<Round> {
  const found = await watched(plan)
  const { cpu, bytes, frames } = found.one
  return { ...found, own: (cpu * 1e3 * plan.changes) / frames, bare: await bare(plan, bytes) }
}

function costFigure(rounds: readonly Round[], plan: Plan): Figure {
  const ratios = rounds.map(({ own, bare }) => own / bare)
  const { one } = rounds[0]!
  return {
    name: `one change to ${plan.links} watchers of all, CPU per delivery`,
    bar: `<= ${ONE_BAR} x bare publish`,
    measured: `${short(median(rounds.map(({ own }) => own)))} us = ${ratioText(ratios)}`,
    pass: median(ratios) <= ONE_BAR,
    others: `bare ${short(median(rounds.map(({ bare }) => bare)))} us, ${one.bytes} B; ${deliveries(rounds, plan, 'one')}`,
    runs: rounds,
  }
}

function deliveries(rounds: readonly Round[], plan: Plan, which: 'one' | 'ten'): string {
  const { p50, p99 } = summary(rounds.flatMap(round => round[which].times))
  const each = median(rounds.map(round => round[which].frames / (plan.changes * plan.links)))
  return `change to last delivery p50 ${short(p50)}, p99 ${short(p99)} ms; ${short(each)} frames each`
}

function tenFigure(rounds: readonly Round[], plan: Plan): Figure {
  const ratios = rounds.map(({ one, ten }) => ten.cpu / one.cpu)
  return {
    name: `${BURST} changes in one turn to ${plan.links} watchers of all, CPU`,
    bar: `<= ${TEN_BAR} x one`,
    measured: `${short(median(rounds.map(({ ten }) => ten.cpu)))} ms = ${ratioText(ratios)}`,
    pass: median(ratios) <= TEN_BAR,
    others: `one ${short(median(rounds.map(({ one }) => one.cpu)))} ms; ${deliveries(rounds, plan, 'ten')}`,
    runs: rounds.map(({ one, ten }) => [one.cpu, ten.cpu]),
  }
}

function blockFigure(rounds: readonly Round[], plan: Plan): Figure {
  const worst = Math.max(...rounds.map(({ blocks }) => blocks.max))
  const tens = rounds.map(({ tenBlocks }) => tenBlocks.max)
  return {
    name: `longest block of the loop while one change is told to ${plan.links} watchers`,
    bar: `<= ${BLOCK_BAR_MS} ms`,
    measured: `${short(worst)} ms; ${BURST} changes ${short(Math.max(...tens))} ms`,
    pass: worst <= BLOCK_BAR_MS && Math.max(...tens) <= BLOCK_BAR_MS,
    others: `p99 ${short(median(rounds.map(({ blocks }) => blocks.p99)))} ms`,
    runs: rounds.map(({ blocks, tenBlocks }) => [blocks, tenBlocks]),
  }
}

export async function nativeWatch(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const rounds: Round[] = []
  for (let i = 1; i <= plan.rounds; i++) {
    plan.progress.say(`watchers of all, round ${i} of ${plan.rounds}`)
    rounds.push(await round(plan))
  }
  return [costFigure(rounds, plan), tenFigure(rounds, plan), blockFigure(rounds, plan)]
}
