import { describe, expect, test } from 'bun:test'
import { stubTransition } from '../../test/support/fake-log.ts'
import type { Transition } from '../core/transition.ts'
import { TRANSITION_KINDS } from '../protocol/words.ts'
import { Sieve, type Wanted } from './sieve.ts'

const all: Wanted = { kinds: TRANSITION_KINDS, type: null, group: null }

/** A sieve for the group `vip` with a history, and what it asked of that. */
function grouped(past: readonly Transition[] = [], wanted: Partial<Wanted> = {}) {
  const asked: string[] = []
  const sieve = new Sieve({ ...all, group: 'vip', ...wanted }, async (member, before) => {
    asked.push(member)
    return {
      transitions: past.filter(one => one.member === member && one.version < before!).slice(-1),
      next: null,
    }
  })
  const wantedOf = async (...transitions: readonly Transition[]) => (await sieve.sift(transitions)).wanted
  const keep = async (...transitions: readonly Transition[]) => (await sieve.sift(transitions)).keep()
  return { sieve, asked, wantedOf, keep }
}

const join = (version: number, member: string, ...groups: string[]) =>
  stubTransition({ version, member, groups })
const leave = (version: number, member: string, previous: number) =>
  stubTransition({ version, member, previous, kind: 'leave', state: 'offline' })

test('by kind and type', async () => {
  const sieve = new Sieve({ kinds: ['join', 'update'], type: 'device', group: null }, () => {
    throw new Error('nothing to ask')
  })
  const { wanted } = await sieve.sift([
    stubTransition({ version: 1, type: 'device' }),
    stubTransition({ version: 2, type: 'person' }),
    stubTransition({ version: 3, type: null }),
    stubTransition({ version: 4, type: 'device', kind: 'leave' }),
    stubTransition({ version: 5, type: 'device', kind: 'update' }),
  ])
  expect(wanted).toEqual([true, false, false, false, true])
})

describe('by group', () => {
  test('a leave is told to those who heard of the join, in the same piece or a later one', async () => {
    const { wantedOf, keep, asked } = grouped()
    expect(
      await wantedOf(join(1, 'a', 'vip'), join(2, 'b', 'x'), leave(3, 'a', 1), leave(4, 'b', 2)),
    ).toEqual([true, false, true, false])
    await keep(join(1, 'a', 'vip', 'x'), join(2, 'b'))
    expect(await wantedOf(leave(3, 'a', 1), leave(4, 'b', 2))).toEqual([true, false])
    expect(asked).toEqual([])
  })

  test('what was sifted and not kept may be sifted again', async () => {
    const { keep, wantedOf } = grouped()
    await keep(join(1, 'a', 'vip'))
    for (let i = 0; i < 3; i++) expect(await wantedOf(leave(2, 'a', 1))).toEqual([true])
    await keep(leave(2, 'a', 1))
    const back = stubTransition({ version: 3, member: 'a', previous: 2 })
    expect(await wantedOf(back)).toEqual([false])
  })

  test('who was in it before the sieve began is asked of the history, once', async () => {
    const { wantedOf, keep, asked } = grouped([join(1, 'a', 'vip'), join(2, 'b', 'x')])
    expect(await wantedOf(leave(5, 'a', 1), leave(6, 'b', 2))).toEqual([true, false])
    expect(asked).toEqual(['a', 'b'])
    await keep(leave(5, 'a', 1), leave(6, 'b', 2))
    const again = [
      stubTransition({ version: 7, member: 'a', previous: 5 }),
      stubTransition({ version: 8, member: 'b', previous: 6 }),
    ]
    const before = asked.length
    expect(await wantedOf(...again)).toEqual([false, false])
    expect(asked.length).toBe(before)
  })

  test('where nothing is kept of what was before, it is told', async () => {
    expect(await grouped().wantedOf(leave(5, 'a', 1))).toEqual([true])
    const first = stubTransition({ version: 5, member: 'never heard of', kind: 'update' })
    expect(await grouped().wantedOf(first)).toEqual([false])
  })

  test('of who was erased only the leave is left: it is told to whoever may have heard of the join', async () => {
    expect(await grouped().wantedOf(leave(5, 'a', 0))).toEqual([true])
    const byType = new Sieve({ kinds: ['leave'], type: 'dev', group: null }, async () => ({
      transitions: [stubTransition({ version: 1, member: 'b', type: 'prod' })],
      next: null,
    }))
    expect((await byType.sift([leave(5, 'a', 0), leave(6, 'b', 1)])).wanted).toEqual([true, false])
  })

  test('by type, the step by which a member is of another is told, and no later one', async () => {
    const sieve = new Sieve({ ...all, type: 'dev' }, async () => ({ transitions: [], next: null }))
    const of = (version: number, type: string | null) =>
      stubTransition({ version, previous: version - 1, kind: 'update', member: 'a', type })
    const { wanted, keep } = await sieve.sift([of(1, 'dev'), of(2, 'prod'), of(3, 'prod'), leave(4, 'a', 3)])
    expect(wanted).toEqual([true, true, false, false])
    keep()
    expect((await sieve.sift([of(5, null), of(6, 'dev')])).wanted).toEqual([false, true])
  })

  test('what was sifted before it forgot says nothing any more', async () => {
    const { sieve, wantedOf } = grouped([join(1, 'a', 'vip')])
    const { keep } = await sieve.sift([join(2, 'b', 'vip')])
    sieve.forget()
    keep()
    expect(await wantedOf(leave(3, 'a', 1))).toEqual([true])
  })

  test('an update that takes it out is told, and what is not asked for is remembered all the same', async () => {
    const { keep, wantedOf } = grouped([], { kinds: ['leave'] })
    await keep(
      join(1, 'a'),
      stubTransition({ version: 2, member: 'a', previous: 1, kind: 'update', groups: ['vip'] }),
    )
    expect(await wantedOf(leave(3, 'a', 2))).toEqual([true])
    const every = grouped()
    await every.keep(join(1, 'a', 'vip'))
    const out = stubTransition({ version: 2, member: 'a', previous: 1, kind: 'update' })
    expect(await every.wantedOf(out)).toEqual([true])
  })

  test('from another place it knows nobody', async () => {
    const { sieve, keep, wantedOf, asked } = grouped()
    await keep(join(5, 'a', 'vip'))
    sieve.forget()
    await wantedOf(join(1, 'b'), leave(6, 'a', 5))
    expect(asked).toEqual([])
    await wantedOf(leave(6, 'a', 5))
    expect(asked).toEqual(['a'])
  })

  test('a history that cannot be read is told', async () => {
    const sieve = new Sieve({ ...all, group: 'vip' }, async () => {
      throw new Error('disk gone')
    })
    await expect(sieve.sift([leave(5, 'a', 1)])).rejects.toThrow('disk gone')
  })
})
