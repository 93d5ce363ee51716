// Runs cases side by side, a few at a time, long ones first, and notes what became of each. One case never hears of
// another; none can hold up the run.

import { type Case, must, Skipped, Unlike } from './case.ts'
import { Stage, type Target } from './stage.ts'

/** What became of a case. */
export interface Result {
  readonly musts: readonly string[]
  readonly title: string
  readonly outcome: 'pass' | 'fail' | 'skipped'
  /** Of a failure what was seen, of a skip why. */
  readonly why: string
  readonly ms: number
}

const AT_ONCE = 16
/** Beyond that a case hangs. */
const LONGEST = 60_000

/** Results in the order of the cases. */
export async function runAll(
  cases: readonly Case[],
  target: Target,
  told: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = new Array(cases.length)
  const order = [...cases.keys()].sort((a, b) => rank(cases[a]!) - rank(cases[b]!) || a - b)
  const work = async () => {
    for (let index = order.shift(); index !== undefined; index = order.shift()) {
      const result = await runOne(cases[index]!, target)
      results[index] = result
      told(result)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}

async function runOne({ musts, title, run }: Case, target: Target): Promise<Result> {
  const stage = new Stage(target)
  const began = performance.now()
  const result = (outcome: Result['outcome'], why = ''): Result => ({
    musts,
    title,
    outcome,
    why,
    ms: Math.round(performance.now() - began),
  })
  try {
    await Promise.race([run(stage), tooLong()])
    must(stage.odd === 0, `${stage.odd} frames of the server are no JSON objects with a string t`)
    return result('pass')
  } catch (error) {
    if (error instanceof Skipped) return result('skipped', error.message)
    // anything but `Unlike` is a fault of the suite, and has to be seen as well
    return result('fail', error instanceof Unlike ? error.message : String((error as Error)?.stack ?? error))
  } finally {
    stage.close()
  }
}

function tooLong(): Promise<never> {
  return new Promise((_, reject) =>
    setTimeout(() => reject(new Unlike(`no end within ${LONGEST} ms`)), LONGEST).unref(),
  )
}

function rank({ long }: Case): number {
  return long === true ? 0 : 1
}
