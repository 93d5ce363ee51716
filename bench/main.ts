// `npm run bench`: Systole beside a bare echo, `ws` and Socket.IO, each server alone on one core, the load on another.
// Prints a Markdown table, writes every single run to bench/results/ as JSON, and says on stderr what it does.

import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from './phases/connect.ts'
import { core } from './phases/core.ts'
import { cpu } from './phases/cpu.ts'
import { fanout } from './phases/fanout.ts'
import { helloToken } from './phases/hello-token.ts'
import { httpBeats } from './phases/http-beats.ts'
import { latency } from './phases/latency.ts'
import { lookup } from './phases/lookup.ts'
import { membersPage } from './phases/members-page.ts'
import { memory } from './phases/memory.ts'
import { nativeAsk } from './phases/native-ask.ts'
import { nativeChurn } from './phases/native-churn.ts'
import { nativeCpu } from './phases/native-cpu.ts'
import { nativeHello } from './phases/native-hello.ts'
import { nativeMemory } from './phases/native-memory.ts'
import { nativeWatch } from './phases/native-watch.ts'
import { FULL, LEAST_LINKS, PHASES, type Phase, type Plan, QUICK } from './phases/plan.ts'
import { push } from './phases/push.ts'
import { sseCpu } from './phases/sse-cpu.ts'
import { start } from './phases/start.ts'
import { transitions } from './phases/transitions.ts'
import { takeLoadCore } from './process/cores.ts'
import type { Figure } from './report/figure.ts'
import { Progress } from './report/progress.ts'
import { table } from './report/table.ts'

const HELP = `npm run bench -- [options]
  --quick        4,000 links and short windows: about ten minutes instead of twenty-two
  --only PHASE   one of ${PHASES.join(', ')}; may be given more than once;
                 'native' means all that begin so
  --rounds N     interleaved rounds, 3 unless said
  --links N      links in every phase, 10,000 unless said (4,000 to 18,000)
  --baselines    leave Systole out`

const QUICK_NOTE = '\nThe bars were set for the full sizes: what a quick run misses says only where to look.'

/** Load average above which somebody else is using the cores too. */
const QUIET = 0.5

const RUN: Record<Phase, (plan: Plan) => Promise<Figure[]>> = {
  cpu,
  memory,
  connect,
  fanout,
  latency,
  start,
  core,
  'native-cpu': nativeCpu,
  'native-memory': nativeMemory,
  'native-hello': nativeHello,
  'hello-token': helloToken,
  'native-watch': nativeWatch,
  'native-ask': nativeAsk,
  'native-churn': nativeChurn,
  'sse-cpu': sseCpu,
  'http-beats': httpBeats,
  lookup,
  'members-page': membersPage,
  push,
  transitions,
}

interface Request {
  readonly plan: Plan
  readonly phases: readonly Phase[]
}

function parse(): Request {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      baselines: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      links: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    process.exit(0)
  }
  const sizes = values.quick ? QUICK : FULL
  const plan = {
    ...sizes,
    rounds: whole('--rounds', values.rounds, sizes.rounds, 1, 100),
    links: whole('--links', values.links, sizes.links, LEAST_LINKS, 18_000),
    baselines: values.baselines,
    progress: new Progress(),
  }
  return { plan, phases: phasesOf(values.only) }
}

function phasesOf(names: readonly string[]): readonly Phase[] {
  const means = (name: string, phase: Phase): boolean => phase === name || phase.startsWith(`${name}-`)
  for (const name of names)
    if (!PHASES.some(phase => means(name, phase)))
      throw new Error(`--only ${name}: no such phase; choose from native, ${PHASES.join(', ')}`)
  return names.length === 0 ? PHASES : PHASES.filter(phase => names.some(name => means(name, phase)))
}

function whole(
  option: string,
  text: string | undefined,
  standard: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return standard
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`${option} ${text}: give a whole number from ${least} to ${most}`)
}

function save(figures: readonly Figure[], load: number): string {
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const at = new Date().toISOString()
  const file = join(folder, `${at.replaceAll(':', '-')}.json`)
  writeFileSync(file, `${JSON.stringify({ at, bun: Bun.version, load, figures }, null, 2)}\n`)
  return file
}

async function main(): Promise<number> {
  const { plan, phases } = parse()
  takeLoadCore()
  const busy = loadavg()[0]!
  if (busy > QUIET) plan.progress.say(`the machine is busy (load ${busy.toFixed(1)}): figures will be off`)
  const figures: Figure[] = []
  let failed = 0
  for (const phase of phases) {
    try {
      figures.push(...(await RUN[phase](plan)))
    } catch (error) {
      failed++
      plan.progress.say(`${phase} failed: ${error instanceof Error ? error.message : error}`)
    }
  }
  console.log(table(figures))
  if (plan.sessions < FULL.sessions) console.log(QUICK_NOTE)
  plan.progress.say(`every run is in ${save(figures, busy)}`)
  return failed === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
