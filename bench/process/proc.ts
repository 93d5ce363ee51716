// What Linux says of a process: the processor time it used and the memory it holds.

import { readFileSync } from 'node:fs'

/** Ticks a second in which Linux counts processor time; 100 on every architecture Bun runs on. */
const TICKS = 100

/** Seconds of processor time (user and system, all threads) so far. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // the name may hold blanks and brackets: fields are counted from behind it, utime and stime are 14 and 15
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Proportional set size in KiB: what the process holds, shared pages shared out. */
export function pssKib(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN)
}
