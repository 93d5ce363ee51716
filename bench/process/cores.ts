// Which core does what: the server under test has one to itself, load and bench share the other. Without that a
// figure says more about the scheduler than about the server.

import { spawnSync } from 'node:child_process'
import { availableParallelism, platform } from 'node:os'

export const SERVER_CORE = 0
export const LOAD_CORE = 1

/** A command line that runs `command` on one core. The process id stays the same. */
export function onCore(core: number, command: readonly string[]): string[] {
  return ['taskset', '-c', String(core), ...command]
}

/** Moves this process to the core of the load; throws a readable error where the machine cannot do this. */
export function takeLoadCore(): void {
  if (platform() !== 'linux')
    throw new Error(`the bench reads /proc and pins cores: it needs Linux, not ${platform()}`)
  if (availableParallelism() < 2)
    throw new Error('the bench needs two cores: one for the server, one for the load')
  const { status, error } = spawnSync('taskset', ['-cp', String(LOAD_CORE), String(process.pid)])
  if (status !== 0) throw new Error('taskset is missing or failed: install util-linux', { cause: error })
}
