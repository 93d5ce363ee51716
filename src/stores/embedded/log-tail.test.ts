import { expect, test } from 'bun:test'
import { change } from '../../../test/support/store-changes.ts'
import type { SessionChange } from '../../core/change.ts'
import { Ledger } from '../../core/ledger.ts'
import { logged, type Step } from '../../core/transition.ts'
import { EPOCH } from './log-cursor.ts'
import { LogTail } from './log-tail.ts'

const ROOMY = { most: 1_000, bytes: 1e9 }

/** Steps of members, each of whom joins and leaves in turn: `0`, `0`, `1` are a join and a leave of one, a join of two. */
function stepsOf(...members: number[]): Step[] {
  const ledger = new Ledger({ epoch: 1 })
  const here = new Set<number>()
  const changes = members.map((member): SessionChange => {
    const kind = here.delete(member) ? 'end' : 'begin'
    if (kind === 'begin') here.add(member)
    return change(kind, member + 1, `m${member}`, { details: kind === 'begin' ? { name: 'x' } : null })
  })
  return changes.flatMap(one => ledger.commit([one]))
}

function versions(tail: LogTail, after = tail.floor, limit = 1_000): number[] {
  return tail.read(after, limit).map(({ version }) => version - EPOCH)
}

test('it holds what is above its floor, and tells it from any place', () => {
  const tail = new LogTail(ROOMY)
  tail.begin(EPOCH)
  const steps = stepsOf(0, 1, 2, 3, 4)
  tail.append(steps.slice(0, 3), [])
  tail.append(steps.slice(3), [])
  expect(tail.read(EPOCH, 10)).toEqual(steps.map(logged))
  expect(versions(tail, EPOCH + 2, 2)).toEqual([3, 4])
  expect(versions(tail, EPOCH + 5)).toEqual([])
  expect(tail.get(EPOCH + 3)).toEqual(logged(steps[2]!))
  expect(tail.get(EPOCH + 6)).toBeUndefined()
})

test('beyond its number the oldest go, a batch larger than that too', () => {
  const tail = new LogTail({ most: 4, bytes: 1e9 })
  tail.begin(EPOCH)
  const steps = stepsOf(...Array.from({ length: 40 }, (_, n) => n))
  for (let i = 0; i < 12; i += 3) {
    tail.append(steps.slice(i, i + 3), [])
    expect(versions(tail)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].slice(Math.max(0, i - 1), i + 3))
    expect(tail.floor).toBe(EPOCH + Math.max(0, i - 1))
  }
  tail.append(steps.slice(12), [])
  expect(versions(tail)).toEqual([37, 38, 39, 40])
  expect(tail.get(EPOCH + 36)).toBeUndefined()
})

test('beyond its bytes the oldest go; one that is larger than all of them is not held', () => {
  const tail = new LogTail({ most: 1_000, bytes: 100 })
  tail.begin(EPOCH)
  const steps = stepsOf(0, 1, 2, 3, 4)
  tail.append(steps.slice(0, 3), [40, 40, 40])
  expect(versions(tail)).toEqual([2, 3])
  tail.append(steps.slice(3, 4), [101])
  expect(versions(tail)).toEqual([])
  expect(tail.floor).toBe(EPOCH + 4)
  tail.append(steps.slice(4), [100])
  expect(versions(tail)).toEqual([5])
})

test('an erased member leaves its last step, which says nothing of it; others keep theirs', () => {
  const tail = new LogTail(ROOMY)
  tail.begin(EPOCH)
  const steps = stepsOf(0, 1, 0, 0, 1, 0)
  tail.append(steps, [])
  tail.erase(EPOCH + 6)
  expect(versions(tail)).toEqual([2, 5, 6])
  const nothing = { name: null, type: null, profile: null, status: null, groups: [], previous: 0 }
  expect(tail.get(EPOCH + 6)).toEqual({ ...logged(steps[5]!), ...nothing })
  expect(tail.get(EPOCH + 2)).toEqual(logged(steps[1]!))
  tail.erase(EPOCH + 99)
  expect(versions(tail)).toEqual([2, 5, 6])
})

test('what is too old or too much goes on demand', () => {
  const tail = new LogTail(ROOMY)
  tail.begin(EPOCH)
  const steps = stepsOf(0, 1, 2, 3, 4).map((step, n) => ({ ...step, at: n }))
  tail.append(steps, [])
  tail.dropOlder(2, 100)
  expect(versions(tail)).toEqual([3, 4, 5])
  tail.dropOlder(0, 1)
  expect(versions(tail)).toEqual([5])
  tail.dropOlder(0, 0)
  expect(versions(tail)).toEqual([])
  expect(tail.floor).toBe(EPOCH + 5)
})
