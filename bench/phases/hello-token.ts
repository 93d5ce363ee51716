// What it costs the server to know somebody by a token: CPU of a wave of hellos with one, less that of a wave without.
// A whole wave comes and goes before and is not counted.

import { LoadProcess } from '../process/load-process.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, short } from '../report/figure.ts'
import { interleave } from '../report/rounds.ts'
import { SYSTOLE, SYSTOLE_TOKENS, type Target } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const BAR = 30
/** The members of the first wave leave when their grace of 10 s is over. */
const SETTLED = 12_000

async function wave(server: ServerProcess, target: Target, links: number): Promise<number> {
  await using load = new LoadProcess(server.port)
  await load.openQuietly(target === SYSTOLE ? 'native' : 'native-token', links)
  const before = server.cpuSeconds()
  await load.greet()
  return ((server.cpuSeconds() - before) / links) * 1e6
}

export async function helloToken(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const targets = [SYSTOLE, SYSTOLE_TOKENS]
  const samples = await interleave('hello by token', targets, plan.rounds, plan.progress, async target => {
    await using server = await ServerProcess.start(target)
    await wave(server, target, plan.links)
    await Bun.sleep(SETTLED)
    // the server ends with this block
    return await wave(server, target, plan.links)
  })
  const [open, token] = targets.map(target => samples.median(target)) as [number, number]
  return [
    {
      name: 'HS256 hello, CPU over one without a token',
      bar: `<= ${BAR} us`,
      measured: `${short(token - open)} us (${short(token)} - ${short(open)})`,
      pass: token - open <= BAR,
      others: '',
      runs: samples.byTarget,
    },
  ]
}
