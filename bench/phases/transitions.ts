// Transitions on their whole way: made over HTTP, judged, written to disk, read from the log and posted to one webhook
// endpoint, which reads every one of them. The server has its core to itself, with the thread that writes the file.

import type { Subprocess } from 'bun'
import type { ReceiverResult } from '../load/receiver.ts'
import { LOAD_CORE, onCore } from '../process/cores.ts'
import { ServerProcess } from '../process/server-process.ts'
import { type Figure, median, short } from '../report/figure.ts'
import type { Plan } from './plan.ts'

const BAR = 20_000
/** What is asked of it: somewhat more than the bar. */
const RATE = 22_000
const SECONDS = 10
const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const RECEIVER = new URL('../load/receiver.ts', import.meta.url).pathname

type Child = Subprocess<'pipe', 'pipe', 'inherit'>

interface Run extends ReceiverResult {
  /** Share of one core, all threads. */
  readonly cpu: number
}

async function measure(plan: Plan): Promise<Run> {
  const child: Child = Bun.spawn(onCore(LOAD_CORE, [process.execPath, RECEIVER]), {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  try {
    const answers = linesOf(child)
    const { port } = JSON.parse((await answers.next()).value!) as { port: number }
    const command = (own: number, data: string) => [
      ...[process.execPath, MAIN, 'serve', '--port', String(own), '--data', data],
      ...['--webhook', `backend=http://127.0.0.1:${port}/,private=on,kinds=join+leave`],
    ]
    await using server = await ServerProcess.start({ name: 'systole, data on', command })
    const ask = async (rate: number, seconds: number): Promise<ReceiverResult> => {
      child.stdin.write(`${server.port} ${rate} ${seconds}\n`)
      child.stdin.flush()
      return JSON.parse((await answers.next()).value!)
    }
    await ask(RATE, plan.warmSeconds)
    const before = server.cpuSeconds()
    const from = performance.now()
    const result = await ask(RATE, SECONDS)
    const cpu = (server.cpuSeconds() - before) / ((performance.now() - from) / 1_000)
    return { ...result, cpu }
  } finally {
    child.kill('SIGKILL')
    await child.exited
  }
}

async function* linesOf(child: Child): AsyncGenerator<string, undefined> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  return undefined
}

export async function transitions(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const runs: Run[] = []
  for (let round = 1; round <= plan.rounds; round++) {
    plan.progress.say(`transitions to log and webhook, round ${round} of ${plan.rounds}`)
    const run = await measure(plan)
    if (run.lost > 0 || run.disorder > 0)
      throw new Error(`${run.lost} transitions were lost, ${run.disorder} came out of order`)
    runs.push(run)
  }
  const rate = median(runs.map(({ receivedRate }) => receivedRate))
  const of = (key: 'cpu' | 'lagMs' | 'behind') => median(runs.map(run => run[key]))
  return [
    {
      name: `transitions to log and one webhook endpoint, on disk, ${SECONDS} s`,
      bar: `>= ${BAR.toLocaleString('en')}/s`,
      measured: `${short(rate)}/s at the receiver, ${short(of('cpu') * 100)} % of a core`,
      pass: rate >= BAR,
      others: `at the end ${short(of('behind'))} behind, ${short(of('lagMs'))} ms`,
      runs,
    },
  ]
}
