import { expect, test } from 'bun:test'
import { Member } from '../../core/member.ts'
import { COLUMNS } from './columns.ts'
import { Gathered } from './gathered.ts'
import { Parcel, PIECE } from './parcel.ts'
import { memberAt } from './rows.ts'

function gathered(count: number): { batch: Gathered; members: Member[] } {
  const batch = new Gathered()
  const members = Array.from({ length: count }, (_, n) => new Member(`m${n}`, n))
  for (const [n, member] of members.entries()) {
    member.row = n + 1
    batch.members.add(member)
  }
  return { batch, members }
}

function cutAll(parcel: Parcel): Member[] {
  const found: Member[] = []
  while (parcel.open) {
    const { members } = parcel.next()
    expect(members.length / COLUMNS.members.length).toBeLessThanOrEqual(PIECE + 1)
    for (let i = 0; i < members.length; i += COLUMNS.members.length) found.push(memberAt(members, i))
  }
  return found
}

test('every row once, in pieces of bounded size', () => {
  const { batch, members } = gathered(2_500)
  const found = cutAll(new Parcel(batch))
  expect(found.map(({ id }) => id)).toEqual(members.map(({ id }) => id))
})

test('a member that changes while its batch is cut is written as it was', () => {
  const { batch, members } = gathered(2_500)
  const parcel = new Parcel(batch)
  const first = parcel.next()
  for (const member of [members[0]!, members[2_400]!]) {
    parcel.keep(member)
    member.name = 'later'
  }
  const rest = cutAll(parcel)
  expect(first.members[2]).toBeNull()
  expect(rest.filter(({ name }) => name !== null)).toEqual([])
  expect(rest.length).toBe(1_500)
})

test('what failed is whole again, with what came later on top', () => {
  const { batch, members } = gathered(1_500)
  batch.sessions.set(1, [1, 1, null, 0, 'uid', 'online', 5, null])
  batch.sessions.set(2, [2, 2, null, 0, 'uid', 'online', 5, null])
  const parcel = new Parcel(batch)
  parcel.next()
  parcel.keep(members[1_200]!)
  const later = new Gathered()
  later.members.add(members[1_200]!)
  later.end(2)
  later.forget(members[3]!)
  members[4]!.version = 7
  later.erase(members[4]!)
  const again = parcel.undo()
  again.absorb(later)
  expect(again.members.size).toBe(1_498)
  expect(again.members.has(members[3]!)).toBe(false)
  expect([...again.sessions.keys()]).toEqual([1])
  expect([...again.ended]).toEqual([2])
  expect(again.erased).toEqual([7])
  expect([...again.forgotten]).toEqual([members[3]!, members[4]!])
})

test('members are erased after everything of them was written, one piece or another', () => {
  const { batch, members } = gathered(1_500)
  for (const [n, member] of members.entries()) member.version = n + 1
  const erased = members.slice(0, 1_200)
  for (const member of erased) batch.erase(member)
  const parcel = new Parcel(batch)
  const pieces = []
  while (parcel.open) pieces.push(parcel.next())
  expect(pieces.flatMap(piece => piece.erased)).toEqual(erased.map(({ version }) => version))
  const first = pieces.findIndex(piece => piece.erased.length > 0)
  expect(
    pieces.slice(first + 1).every(({ members, transitions }) => members.length + transitions.length === 0),
  ).toBe(true)
  expect(pieces.map(({ last }) => last)).toEqual([false, false, true])
})
