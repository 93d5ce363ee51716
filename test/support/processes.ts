// The processes below one of ours: which they are, whether they are stopped. Reads /proc; signals only what it was given.

import { readdirSync, readFileSync } from 'node:fs'

/** Processes below `pid` whose command line holds `word`. */
export function descendants(pid: number, word: string): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? stat(Number(name)).parent : null
    if (parent !== null) parents.set(Number(name), parent)
  }
  const isBelow = (id: number): boolean => {
    const parent = parents.get(id)
    return parent === pid || (parent !== undefined && isBelow(parent))
  }
  return [...parents.keys()].filter(id => isBelow(id) && commandLine(id).includes(word))
}

/** Whether a stop signal holds it. */
export function isStopped(pid: number): boolean {
  return stat(pid).state === 'T'
}

/** Whether it is there and nothing holds it. */
export function isRunning(pid: number): boolean {
  const { state } = stat(pid)
  return state !== null && state !== 'T' && state !== 'Z'
}

/** Sends `signal` to each that is still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    if (stat(pid).parent !== null) process.kill(pid, signal)
  }
}

// The name of a program may hold spaces and brackets: what counts stands behind the last bracket.
function stat(pid: number): { state: string | null; parent: number | null } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: state ?? null, parent: Number(parent) }
  } catch {
    return { state: null, parent: null }
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
