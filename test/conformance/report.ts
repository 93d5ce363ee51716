// The table of a run, for people, and the same as JSON. Only words; the verdict is the command's.

import type { Result } from './runner.ts'

/** A demand that no case tries, and why. */
export interface Untried {
  readonly must: string
  readonly why: string
}

const WORDS = { pass: 'pass', fail: 'FAIL', skipped: 'skipped' } as const

export function tableOf(results: readonly Result[], untried: readonly Untried[]): string {
  const rows = results.map(({ musts, title, outcome, why, ms }) => [
    musts.join(' '),
    title,
    why === '' ? WORDS[outcome] : `${WORDS[outcome]}: ${why}`,
    String(ms),
  ])
  const rest = untried.map(({ must, why }) => [must, why, 'not observable', ''])
  const all = [['must', 'what', 'verdict', 'ms'], ...rows, ...rest]
  const first = width(all, 0, 18)
  const second = width(all, 1, 84)
  return all
    .map(([must = '', what = '', verdict = '', ms = '']) =>
      `${must.padEnd(first)}  ${what.padEnd(second)}  ${ms.padStart(6)}  ${verdict}`.trimEnd(),
    )
    .join('\n')
}

/** One line that says it all. */
export function sumOf(results: readonly Result[], untried: readonly Untried[], ms: number): string {
  const count = (outcome: Result['outcome']) => results.filter(result => result.outcome === outcome).length
  return `${count('pass')} passed, ${count('fail')} failed, ${count('skipped')} skipped, ${untried.length} not observable, ${(ms / 1_000).toFixed(1)} s`
}

export function jsonOf(results: readonly Result[], untried: readonly Untried[], ms: number): string {
  return JSON.stringify({ ms, results, untried }, null, 2)
}

function width(rows: readonly string[][], column: number, most: number): number {
  return Math.min(most, Math.max(...rows.map(row => row[column]?.length ?? 0)))
}
