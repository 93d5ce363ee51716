// What every store must tell of groups, statuses and the settled view, and how it must count them.

import { afterEach, describe, expect, test } from 'bun:test'
import { NEVER } from '../../src/core/clock.ts'
import { logged } from '../../src/core/transition.ts'
import { change, inGroup, readAll, settled, T0 } from '../support/store-changes.ts'
import { plainTally } from '../support/store-recount.ts'
import { type StageOf, StoreBench, type StoreTraits } from './store-bench.ts'

const NOBODY = { online: 0, away: 0, suspectOnline: 0, suspectAway: 0, offline: 0 }

export function storeSeenContract(name: string, { survives }: StoreTraits, stageOf: StageOf): void {
  describe(`${name}: what others see`, () => {
    const on = new StoreBench(stageOf)
    afterEach(() => on.end())

    test('groups: by session and standing, in pages and in the log', async () => {
      await on.begin()
      const steps = await on.store.commit([
        change('begin', 1, 'b'),
        change('begin', 2, 'a'),
        inGroup('enter', 1, 'b', 'g'),
        inGroup('enter', 2, 'a', 'g'),
        inGroup('enter', 2, 'a', 'h'),
        inGroup('enter', 0, 'absent', 'g', T0 + 60_000),
        inGroup('enter', 1, 'b', 'g'),
        inGroup('exit', 2, 'a', 'g'),
        change('end', 1, 'b', { reason: 'left' }),
      ])
      expect(steps.map(step => [step.kind, step.member, step.entered, step.exited, step.groups])).toEqual([
        ['join', 'b', [], [], []],
        ['join', 'a', [], [], []],
        ['update', 'b', ['g'], [], ['g']],
        ['update', 'a', ['g'], [], ['g']],
        ['update', 'a', ['h'], [], ['g', 'h']],
        ['update', 'absent', ['g'], [], ['g']],
        ['update', 'a', [], ['g'], ['h']],
        ['leave', 'b', [], ['g'], []],
      ])
      expect(steps.map(({ detailed }) => detailed)).toEqual(steps.map(() => false))
      expect(await on.idsOf('id', 1, { group: 'g' })).toEqual(['absent'])
      expect(await on.idsOf('id', 10, { group: 'h' })).toEqual(['a'])
      expect(await on.idsOf('id', 10, { group: 'nobody' })).toEqual([])
      const [absent] = await on.store.lookup(['absent'])
      expect(absent).toMatchObject({ state: 'offline', groups: ['g'], lastEvidenceAt: null, sessions: 0 })
      await settled(on.store)
      expect(await readAll(on.store)).toEqual(steps.map(logged))
    })

    test('pages of a group go on from any id, also when it changes meanwhile', async () => {
      await on.begin()
      const ids = Array.from({ length: 25 }, (_, n) => `m${String((n * 7) % 25).padStart(2, '0')}`)
      await on.store.commit(ids.map(id => inGroup('enter', 0, id, 'g')))
      await on.store.commit([inGroup('enter', 0, 'other', 'h')])
      expect(await on.idsOf('id', 4, { group: 'g' })).toEqual([...ids].sort())
      const first = await on.store.page({ order: 'id', after: null, limit: 3, group: 'g' })
      await on.store.commit(['m00', 'm02', 'm03'].map(id => inGroup('exit', 0, id, 'g')))
      const second = await on.store.page({ order: 'id', after: first.next, limit: 2, group: 'g' })
      expect(second.members.map(({ id }) => id)).toEqual(['m04', 'm05'])
    })

    test('the settled view stays as it was through a suspicion', async () => {
      await on.begin()
      const steps = await on.store.commit([
        change('begin', 1, 'a', { at: T0 }),
        change('suspect', 1, 'a', { at: T0 + 10 }),
        change('resume', 1, 'a', { at: T0 + 20 }),
        change('away', 1, 'a', { at: T0 + 30 }),
        change('suspect', 1, 'a', { at: T0 + 40 }),
        change('resume', 1, 'a', { at: T0 + 50 }),
        change('suspect', 1, 'a', { at: T0 + 60 }),
      ])
      expect(steps.map(s => [s.state, s.settledState, s.settledSince - T0, s.settledChanged])).toEqual([
        ['online', 'online', 0, true],
        ['suspect', 'online', 0, false],
        ['online', 'online', 0, false],
        ['away', 'away', 30, true],
        ['suspect', 'away', 30, false],
        ['online', 'online', 50, true],
        ['suspect', 'online', 50, false],
      ])
      const suspect = { state: 'suspect', since: T0 + 60, settledState: 'online', settledSince: T0 + 50 }
      expect((await on.store.lookup(['a']))[0]).toMatchObject({ ...suspect, unproven: false })
      const [leave] = await on.store.commit([change('end', 1, 'a', { at: T0 + 70 })])
      const gone = { settledState: 'offline', settledSince: T0 + 70, settledChanged: true } as const
      expect(leave).toMatchObject(gone)
    })

    test('hidden members are not present, and keep since when; the status outlives the session', async () => {
      await on.begin()
      const hide = { status: { visibility: 'hidden', text: 'nap', until: T0 + 5_000 } } as const
      const steps = await on.store.commit([
        change('begin', 1, 'a', { at: T0 }),
        change('begin', 2, 'b', { at: T0 }),
        change('update', 1, 'a', { at: T0 + 10, details: hide }),
        change('end', 1, 'a', { at: T0 + 20 }),
        change('begin', 3, 'a', { at: T0 + 30 }),
      ])
      const shownAs = { name: null, type: null, profile: null, lastEvidenceAt: T0 + 10, lastBeatAt: NEVER }
      const status = { ...hide.status, since: T0 + 10, version: steps[2]!.version, shownAs }
      expect(steps.map(step => [step.status, step.detailed])).toEqual([
        [null, false],
        [null, false],
        [status, true],
        [status, false],
        [status, false],
      ])
      expect((await on.store.lookup(['a']))[0]).toMatchObject({ state: 'online', status })
      expect(await on.idsOf('id', 1, { present: true })).toEqual(['b'])
      expect(on.store.tally.seen).toEqual({ ...NOBODY, online: 1, offline: 1 })
      const [back] = await on.store.commit([change('update', 0, 'a', { at: T0 + 5_000 })])
      const shown = { visibility: 'shown', text: null, until: null, since: T0 + 5_000 } as const
      expect(back).toMatchObject({ kind: 'update', status: { ...shown, version: back!.version } })
      expect(await on.idsOf('id', 10, { present: true })).toEqual(['a', 'b'])
    })

    test('the tally counts by state, type and group, and holds nothing of nobody', async () => {
      await on.begin()
      const typed = (type: string) => ({ details: { type } })
      await on.store.commit([
        change('begin', 1, 'a', typed('person')),
        change('begin', 2, 'b', typed('device')),
        change('begin', 3, 'c'),
        inGroup('enter', 1, 'a', 'g'),
        inGroup('enter', 2, 'b', 'g'),
        inGroup('enter', 3, 'c', 'h'),
        change('away', 1, 'a'),
        change('suspect', 1, 'a'),
        change('suspect', 2, 'b'),
      ])
      const { tally } = on.store
      expect(plainTally(tally)).toEqual({
        all: { ...NOBODY, online: 1, suspectAway: 1, suspectOnline: 1 },
        'all type person': { ...NOBODY, suspectAway: 1 },
        'all type device': { ...NOBODY, suspectOnline: 1 },
        'group g': { ...NOBODY, suspectAway: 1, suspectOnline: 1 },
        'group g type person': { ...NOBODY, suspectAway: 1 },
        'group g type device': { ...NOBODY, suspectOnline: 1 },
        'group h': { ...NOBODY, online: 1 },
      })
      await on.store.commit([
        change('end', 1, 'a'),
        change('end', 2, 'b'),
        change('update', 3, 'c', typed('person')),
        inGroup('exit', 3, 'c', 'h'),
      ])
      // the view that was taken before is kept up
      expect(plainTally(tally)).toEqual({
        all: { ...NOBODY, online: 1, offline: 2 },
        'all type person': { ...NOBODY, online: 1, offline: 1 },
        'all type device': { ...NOBODY, offline: 1 },
      })
    })

    const survivor = survives ? test : () => {}
    survivor('reopened: groups, statuses and what will lapse are as they were', async () => {
      await on.begin()
      const hide = { status: { visibility: 'hidden', text: null, until: T0 + 9_000 } } as const
      await on.store.commit([
        change('begin', 1, 'a', { details: { type: 't' } }),
        inGroup('enter', 1, 'a', 'g'),
        inGroup('enter', 1, 'a', 'left'),
        inGroup('exit', 1, 'a', 'left'),
        inGroup('enter', 0, 'a', 's', T0 + 60_000),
        change('begin', 2, 'a'),
        inGroup('enter', 2, 'a', 'ended'),
        change('end', 2, 'a'),
        inGroup('enter', 0, 'b', 's'),
        change('begin', 3, 'c', { details: hide }),
        change('begin', 4, 'd'),
        change('suspect', 4, 'd'),
      ])
      const before = await on.store.lookup(['a', 'b', 'c'])
      const tally = plainTally(on.store.tally)
      await settled(on.store)
      const log = await readAll(on.store)
      // the groups of what is closed with are those of the changes
      const who = { id: 1, member: 'a', instance: null, epoch: 0, dialect: 'heartbeat' }
      const open1 = { ...who, away: false, timing: null, groups: [] }
      await on.opened.close([{ ...open1, lastEvidenceAt: T0 + 900, lastBeatAt: null }])
      await on.open()
      expect(on.opened.sessions.map(({ id, groups }) => [id, groups])).toEqual([
        [1, ['g']],
        [3, []],
        [4, []],
      ])
      expect(on.opened.sessions[0]).toMatchObject({ lastEvidenceAt: T0 + 900, lastBeatAt: null })
      expect([...on.opened.lapses].sort((x, y) => x.until - y.until)).toEqual([
        { what: 'status', member: 'c', until: T0 + 9_000 },
        { what: 'membership', member: 'a', group: 's', until: T0 + 60_000 },
      ])
      const after = await on.store.lookup(['a', 'b', 'c'])
      expect(after.map(member => member!.groups.toSorted())).toEqual([['g', 's'], ['s'], []])
      expect(after.map(member => member!.status)).toEqual(before.map(member => member!.status))
      expect(after.map(member => member!.unproven)).toEqual([true, false, true])
      expect(after[0]).toMatchObject({ state: 'suspect', settledState: 'online', settledSince: T0 + 1 })
      expect(plainTally(on.store.tally)).toEqual(tally)
      expect(await readAll(on.store)).toEqual(log)
      expect(await on.idsOf('id', 10, { group: 's' })).toEqual(['a', 'b'])
      expect(await on.idsOf('id', 10, { present: true })).toEqual(['a', 'd'])
      const [leave] = await on.store.commit([change('end', 1, 'a', { at: T0 + 5_000, reason: 'node_lost' })])
      expect(leave).toMatchObject({ kind: 'leave', exited: ['g'], groups: ['s'] })
      const [exit] = await on.store.commit([inGroup('exit', 0, 'a', 's')])
      expect(exit).toMatchObject({ kind: 'update', state: 'offline', exited: ['s'], groups: [] })
    })
  })
}
