import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { change } from '../../test/support/store-changes.ts'
import { catalogued, recatalogued } from '../../test/support/store-recount.ts'
import type { MemberState } from '../protocol/words.ts'
import type { SessionChange } from './change.ts'
import { Ledger } from './ledger.ts'
import { Member } from './member.ts'
import { putSession, shownState } from './member-sessions.ts'
import { HERE } from './roll.ts'

const WHOLE = 3_000
const idOf = (no: number) => `m${no}`

const step = fc.tuple(
  fc.constantFrom(
    'begin',
    'suspect',
    'away',
    'back',
    'end',
    'enter',
    'exit',
    'type',
    'forget',
    'hide',
    'new',
  ),
  fc.nat(WHOLE),
  fc.nat(3),
)

function changeOf(what: string, no: number, more: number): SessionChange {
  const id = idOf(no)
  const session = no * 4 + more
  const base = { session, at: 1_000 + no }
  if (what === 'enter' || what === 'exit')
    return change(what, more === 0 ? 0 : session, id, { membership: { group: `g${no % 3}`, until: null } })
  if (what === 'type') return change('update', 0, id, { details: { type: `t${more}` } })
  if (what === 'hide') {
    const visibility = more === 0 ? 'shown' : 'hidden'
    return change('update', 0, id, { details: { status: { visibility, text: null, until: null } } })
  }
  return change(what as SessionChange['kind'], session, id, base)
}

test('lists and counts equal a recount, whatever happens', () => {
  fc.assert(
    fc.property(fc.nat(WHOLE), fc.boolean(), fc.array(step, { maxLength: 200 }), (filled, inOrder, steps) => {
      const ledger = new Ledger({ epoch: 1 })
      for (let i = 0; i < filled; i++) {
        const no = inOrder ? i : (i * 7_919) % WHOLE
        if (ledger.members.has(idOf(no))) continue
        const member = new Member(idOf(no), no)
        if (no % 3 === 0) putSession(member, no * 4, 'online', no % 2 === 0)
        if (no % 3 === 0) member.state = 'online'
        ledger.restore(member)
      }
      ledger.restored()
      for (const [what, no, more] of steps) {
        if (what === 'forget') ledger.forget(10_000, 0, no)
        else if (what === 'new') ledger.commit([changeOf('begin', WHOLE + no, more)])
        else ledger.commit([changeOf(what, no, more)])
      }
      expect(catalogued(ledger.catalog)).toEqual(recatalogued(ledger.members.values()))
      expect(ledger.catalog.all.size).toBe(ledger.members.size)
    }),
    { numRuns: 60 },
  )
})

test('a list goes on from any id, there or not, and from the id itself where that is asked for', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.stringMatching(/^[ab]{1,3}$/), fc.constantFrom(0, 1, 2, 3)), { maxLength: 14 }),
      fc.option(fc.stringMatching(/^[ab]{1,3}$/), { nil: null }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      (members, from, limit, at) => {
        const ledger = new Ledger({ epoch: 1 })
        for (const [id, sessions] of members)
          for (let s = 1; s <= sessions; s++) ledger.commit([change(s === 3 ? 'suspect' : 'begin', s, id)])
        for (const [id] of members) ledger.commit([change('exit', 0, id), change('update', 0, id)])
        const all = [...ledger.members.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
        const lists: [readonly MemberState[] | null, ReturnType<Ledger['catalog']['find']>][] = [
          [null, ledger.catalog.find({})],
          [HERE, ledger.catalog.find({ here: true })],
          [['suspect'], ledger.catalog.find({ state: 'suspect' })],
          [['offline'], ledger.catalog.find({ state: 'offline' })],
        ]
        for (const [states, list] of lists) {
          const naive = all.filter(member => states === null || states.includes(shownState(member)))
          const rest = naive.filter(({ id }) => from === null || id > from || (at && id === from))
          expect(list!.after(from, limit, at).map(({ id }) => id)).toEqual(
            rest.slice(0, limit).map(({ id }) => id),
          )
        }
      },
    ),
  )
})

test('the shortest list is taken, and none where nobody is all that is wanted', () => {
  const ledger = new Ledger({ epoch: 1 })
  for (let no = 0; no < 20; no++) ledger.commit([change('begin', no + 1, idOf(no))])
  ledger.commit([
    change('suspect', 1, 'm0'),
    changeOf('type', 0, 1),
    changeOf('type', 1, 1),
    change('enter', 0, 'm1', { membership: { group: 'g', until: null } }),
    change('enter', 0, 'm2', { membership: { group: 'g', until: null } }),
    change('enter', 0, 'm3', { membership: { group: 'g', until: null } }),
  ])
  const { catalog } = ledger
  expect(catalog.find({ state: 'suspect', type: 't1' })!.size).toBe(1)
  expect(catalog.find({ state: 'online', type: 't1' })!.size).toBe(2)
  expect(catalog.find({ state: 'online', group: 'g' })!.size).toBe(3)
  expect(catalog.find({ state: 'suspect', group: 'g' })).toBeNull()
  expect(catalog.find({ group: 'nobody' })).toBeNull()
  expect(catalog.find({ type: 'nobody' })).toBeNull()
  expect(catalog.groupsAfter(null, 10).map(({ name }) => name)).toEqual(['g'])
})
