// Servers that stand side by side, all started before any is measured: warmed one after the other and measured by turns, so
// that what the machine does meanwhile, and what the engine has compiled by then, hits neighbours alike.

import type { Plan } from '../phases/plan.ts'
import { interleave, type Samples } from '../report/rounds.ts'
import type { Target } from '../servers/targets.ts'
import { LoadProcess } from './load-process.ts'
import { ServerProcess } from './server-process.ts'

/** A server with its load; idle but for what `window` makes it do. */
export interface Side {
  readonly target: Target
  readonly server: ServerProcess
  readonly load: LoadProcess
}

/** `prepare` opens what the load needs; `window` works so many seconds and answers microseconds of processor time. */
export async function sideBySide(
  what: string,
  targets: readonly Target[],
  plan: Plan,
  prepare: (side: Side) => Promise<void>,
  window: (side: Side, seconds: number) => Promise<number>,
): Promise<Samples> {
  const sides: Side[] = []
  try {
    for (const target of targets) {
      const server = await ServerProcess.start(target)
      const side = { target, server, load: new LoadProcess(server.port) }
      sides.push(side)
      await prepare(side)
    }
    for (const side of [...sides, ...sides]) await window(side, plan.warmSeconds)
    return await interleave(what, targets, plan.rounds, plan.progress, target =>
      window(sides.find(side => side.target === target)!, plan.seconds),
    )
  } finally {
    for (const { server, load } of sides) {
      await load[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    }
  }
}
