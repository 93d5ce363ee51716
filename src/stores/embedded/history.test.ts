import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { change } from '../../../test/support/store-changes.ts'
import { Ledger } from '../../core/ledger.ts'
import { logged, type Transition } from '../../core/transition.ts'
import { historyOf } from './history.ts'
import type { Journal } from './journal.ts'
import { EPOCH } from './log-cursor.ts'

const PIECE = 4

/** A journal that holds the last `recent` of all steps in memory and counts what it is asked for besides. */
function journalOf(steps: readonly Transition[], recent: number, trimmed: number) {
  const asked: number[] = []
  const kept = steps.filter(({ version }) => version > trimmed)
  const memory = recent === 0 ? [] : kept.slice(-recent)
  const find = (version: number) => kept.find(step => step.version === version)
  const journal = {
    bounds: { log: 'x', epoch: 1, end: EPOCH + steps.length, trimmed, ends: new Map() },
    recent: (version: number) => memory.find(step => step.version === version),
    async chain(member: string, from: number, before: number, limit: number) {
      asked.push(from)
      const transitions: Transition[] = []
      let at = from
      for (let looked = 0; looked < PIECE && transitions.length < limit && at > 0; looked++) {
        const step = find(at)
        if (step?.member !== member) return { transitions, at: 0 }
        if (at < before) transitions.push(step)
        at = step.previous
      }
      return { transitions, at }
    },
  }
  return { journal: journal as unknown as Journal, asked, kept }
}

/** Members who join and leave in turn. */
function stepsOf(members: readonly number[]) {
  const ledger = new Ledger({ epoch: 1 })
  const here = new Set<number>()
  const steps = members.flatMap(member => {
    const kind = here.delete(member) ? 'end' : 'begin'
    if (kind === 'begin') here.add(member)
    return ledger.commit([change(kind, member + 1, `m${member}`)])
  })
  return { ledger, steps: steps.map(logged) }
}

test('any pages from any place tell what is kept of the member, wherever it lies', async () => {
  const places = {
    recent: fc.nat(30),
    trimmed: fc.nat(30),
    before: fc.nat(40),
    limit: fc.integer({ min: 1, max: 7 }),
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(2), { maxLength: 30 }), fc.record(places), async (members, at) => {
      const { ledger, steps } = stepsOf(members)
      const { journal, kept } = journalOf(steps, at.recent, EPOCH + at.trimmed)
      const member = ledger.members.get('m0')
      const mine = kept.filter(step => step.member === 'm0').reverse()
      const found: Transition[] = []
      let before: number | null = EPOCH + at.before
      do {
        const page = await historyOf(journal, member, before, at.limit)
        found.push(...page.transitions)
        before = page.next
      } while (before !== null)
      expect(found).toEqual(mine.filter(({ version }) => version < EPOCH + at.before))
      expect((await historyOf(journal, member, null, 1_000)).transitions).toEqual(mine)
    }),
  )
})

test('a page is read from where the one before ended, at the cost of what it tells', async () => {
  const { ledger, steps } = stepsOf(Array.from({ length: 200 }, (_, n) => n % 2))
  const { journal, asked } = journalOf(steps, 0, 0)
  const first = await historyOf(journal, ledger.members.get('m0'), null, 4)
  const second = await historyOf(journal, ledger.members.get('m0'), first.next, 4)
  expect(second.transitions[0]!.version).toBe(first.transitions.at(-1)!.previous)
  expect(asked).toEqual([EPOCH + 199, EPOCH + 191])
  expect(first.next).toBe(EPOCH + 192)
})

test('what is in memory is told without asking', async () => {
  const { ledger, steps } = stepsOf([0, 1, 0, 1, 0])
  const { journal, asked } = journalOf(steps, 5, EPOCH)
  const page = await historyOf(journal, ledger.members.get('m0'), null, 10)
  expect(page).toEqual({ transitions: [steps[4]!, steps[2]!, steps[0]!], next: null })
  expect(asked).toEqual([])
})
