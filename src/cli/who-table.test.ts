// The table of `systole who`: aligned in columns, also where characters take two of them.

import { expect, test } from 'bun:test'
import { fit, textWidth } from './text-width.ts'
import { ago, type WhoMember, whoTable } from './who-table.ts'

const NOW = 1_700_000_000_000
const base: WhoMember = {
  id: '7',
  name: 'Ana(7)',
  type: null,
  state: 'online',
  since: NOW - 185_000,
  lastEvidenceAt: NOW - 1_500,
  reason: null,
  sessions: 2,
}

test('golden table', () => {
  const members: WhoMember[] = [
    base,
    { ...base, id: '张伟', name: '张伟老师', type: 'teacher', state: 'suspect', reason: 'lost', sessions: 1 },
    {
      ...base,
      id: 'm'.repeat(256),
      name: null,
      state: 'offline',
      reason: 'closed',
      lastEvidenceAt: null,
      sessions: 0,
    },
    { ...base, id: '\u001b[2Jx', name: 'a\u202eb', type: 'z\u0301\u0301\u0301\u0301\u0301', held: true },
  ]
  expect(whoTable(members, NOW)).toBe(
    `ID                                NAME        TYPE        STATE             SINCE      LAST EVIDENCE  SESSIONS
7                                 Ana(7)      -           online            3 min ago  1 s ago        2
张伟                              张伟老师    teacher     suspect (lost)    3 min ago  1 s ago        1
mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm…  -           -           offline (closed)  3 min ago  never          0
<U+001B>[2Jx                      a<U+202E>b  z\u0301\u0301\u0301<2 marks>  online (held)     3 min ago  1 s ago        2

4 members: 2 online, 1 suspect, 1 offline
`,
  )
})

test('no column for what is not known', () => {
  const { sessions: _, ...rest } = base
  const table = whoTable([{ ...rest, state: 'unknown', since: null }], NOW)
  expect(table).toBe(`ID  NAME    TYPE  STATE    SINCE  LAST EVIDENCE
7   Ana(7)  -     unknown  -      1 s ago

1 member: 1 unknown
`)
})

test('nobody', () => {
  expect(whoTable([], NOW)).toBe('nobody\n')
})

test.each([
  [0, 'just now'],
  [-5_000, 'just now'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [3_600_000, '1 h ago'],
  [86_400_000 * 3, '3 d ago'],
])('%p ms ago', (ms, words) => {
  expect(ago(NOW - ms, NOW)).toBe(words)
})

test('widths', () => {
  expect(['abc', '汉字', 'カナ', '한글', '😀', '👨‍👩‍👧', 'é', '❤️', ''].map(textWidth)).toEqual([
    3, 4, 4, 4, 2, 2, 1, 2, 0,
  ])
  expect([fit('汉字', 5), fit('汉字汉', 5), fit('汉字汉', 4), fit('abc', 3)]).toEqual([
    '汉字 ',
    '汉字…',
    '汉… ',
    'abc',
  ])
})
