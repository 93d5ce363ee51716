import { expect, test } from 'bun:test'
import { change, T0 } from '../../../test/support/store-changes.ts'
import type { Details } from '../../core/change.ts'
import { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import type { Step } from '../../core/transition.ts'
import { COLUMNS, type Value } from './columns.ts'
import { memberAt, pushMember, pushTransition, transitionsIn } from './rows.ts'

const STATUS = COLUMNS.members.length - 2
const HIDDEN = { visibility: 'hidden', text: null, until: null } as const

/** Ana said each of `said` in turn, at 0, 1, …. */
function ana(...said: Details[]): { member: Member; last: Step } {
  const ledger = new Ledger({ epoch: 1 })
  const steps = ledger.commit(said.map((details, at) => change('begin', 1, 'ana', { at: T0 + at, details })))
  return { member: ledger.members.get('ana')!, last: steps.at(-1)! }
}

function rowOf(member: Member): Value[] {
  const row: Value[] = []
  pushMember(row, member)
  return row
}

test('a row keeps what others see of a hidden member', () => {
  const { member } = ana({ name: 'Ana', type: 't' }, { status: HIDDEN }, { name: 'Bo', type: 'u' })
  const read = memberAt(rowOf(member), 0)
  expect(read).toMatchObject({ name: 'Bo', type: 'u' })
  expect(read.status).toEqual(member.status)
  expect(read.status!.shownAs).toMatchObject({ name: 'Ana', type: 't' })
})

test('where an older file does not say what others see of it, they see what the file knows', () => {
  const { member } = ana({ name: 'Ana' }, { status: HIDDEN }, { name: 'Bo', type: 'u' })
  const { shownAs, ...status } = member.status!
  const row = rowOf(member)
  row[STATUS] = JSON.stringify(status)
  const seen = { name: 'Bo', type: 'u', profile: null, lastEvidenceAt: T0 + 1 }
  expect(memberAt(row, 0).status).toMatchObject({ ...status, shownAs: seen })
  row[STATUS] = JSON.stringify({ ...status, visibility: 'shown' })
  expect(memberAt(row, 0).status).toEqual({ ...status, visibility: 'shown', shownAs: null })
})

test('the log is true and does not say what others saw', () => {
  const { last } = ana({ name: 'Ana' }, { status: HIDDEN }, { name: 'Bo' })
  const rows: Value[] = []
  pushTransition(rows, last)
  const { shownAs, ...status } = last.status!
  expect(transitionsIn(rows)).toMatchObject([{ name: 'Bo', status }])
  expect(transitionsIn(rows)[0]!.status).toEqual(status)
})
