// The Markdown table: every figure with its bar beside what was measured.

import type { Figure } from './figure.ts'

const MARKS = { true: 'pass', false: '**miss**', null: '' } as const

export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, bar, measured, pass, others }) =>
    line([name, bar, measured, MARKS[`${pass}`], others]),
  )
  return [
    line(['figure', 'bar', 'measured', '', 'beside it']),
    line(['---', '---', '---', '---', '---']),
    ...rows,
  ].join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
