// What every store must do (MUST and MUST NOT of src/stores/store.ts), whatever it is made of.

import { afterEach, describe, expect, test } from 'bun:test'
import { logged } from '../../src/core/transition.ts'
import { SystoleError } from '../../src/errors.ts'
import { change, readAll, settled, T0 } from '../support/store-changes.ts'
import { type StageOf, StoreBench, type StoreTraits } from './store-bench.ts'

const ODD_IDS = [
  '9007199254740993',
  "Robert'); drop table members;--",
  'a "quoted" \\ id',
  'ängström',
  '在线',
  '👩‍👩‍👧 family',
  'é',
  'x'.repeat(256),
  '__proto__',
  ' ',
]

export function storeContract(name: string, { survives }: StoreTraits, stageOf: StageOf): void {
  describe(name, () => {
    const on = new StoreBench(stageOf)
    afterEach(() => on.end())

    test('a join makes a member; an end makes it offline with its reason', async () => {
      await on.begin()
      const details = { name: 'Ana', type: 'person', profile: { phone: '1' } }
      const [join] = await on.store.commit([change('begin', 1, 'ana', { details, lastBeatAt: T0 + 1 })])
      expect(join).toMatchObject({ kind: 'join', member: 'ana', state: 'online', since: T0 + 1, session: 1 })
      const [ana] = await on.store.lookup(['ana'])
      expect(ana).toEqual({
        id: 'ana',
        ...details,
        state: 'online',
        since: T0 + 1,
        joinedAt: T0 + 1,
        lastEvidenceAt: T0 + 1,
        lastBeatAt: T0 + 1,
        reason: null,
        version: join!.version,
        sessions: 1,
        status: null,
        groups: [],
        seenGroups: [],
        settledState: 'online',
        settledSince: T0 + 1,
        unproven: false,
      })
      const [leave] = await on.store.commit([change('end', 1, 'ana', { at: T0 + 9, reason: 'left' })])
      expect(leave!.version).toBeGreaterThan(join!.version)
      const [gone] = await on.store.lookup(['ana'])
      expect(gone).toMatchObject({
        state: 'offline',
        since: T0 + 9,
        joinedAt: null,
        reason: 'left',
        sessions: 0,
      })
      expect(on.store.counts).toEqual({ online: 0, away: 0, suspect: 0, offline: 1 })
    })

    test('lookup answers in order, null for the unknown', async () => {
      await on.begin()
      await on.store.commit([change('begin', 1, 'b'), change('begin', 2, 'a')])
      const found = await on.store.lookup(['a', 'nobody', 'b', 'a'])
      expect(found.map(member => member?.id ?? null)).toEqual(['a', null, 'b', 'a'])
    })

    test('versions grow and stand in the epoch', async () => {
      await on.begin()
      const told = await on.store.commit([1, 2, 3].map(n => change('begin', n, `m${n}`)))
      const versions = told.map(({ version }) => version)
      expect(versions).toEqual([...versions].sort((a, b) => a - b))
      expect(versions.map(version => Math.floor(version / 2 ** 32))).toEqual(Array(3).fill(on.opened.epoch))
    })

    test('what finds nothing of a run before begins above it all the same, also within the hour', async () => {
      let last = 0
      for (const wall of [T0, T0 + 100, T0 + 101]) {
        const stage = stageOf(() => wall)
        const store = stage.store()
        const { epoch, close } = await store.open()
        const { cursor } = await store.readLog('newest', 1)
        const [join] = await store.commit([change('begin', 1, 'a')])
        expect(join!.version).toBeGreaterThan(last)
        expect(Math.floor(join!.version / 2 ** 32)).toBe(epoch)
        await settled(store)
        for (const place of ['oldest', cursor])
          expect((await store.readLog(place, 9)).transitions).toMatchObject([{ version: join!.version }])
        const { transitions } = await store.history('a', null, 9)
        expect(transitions.map(({ version }) => version)).toEqual([join!.version])
        last = join!.version
        await close([])
        await stage.remove()
      }
    })

    const kept = survives ? test : () => {}
    kept('a log in which nothing was told yet goes on after a restart, as does its cursor', async () => {
      await on.begin()
      const { cursor } = await on.store.readLog('newest', 1)
      await on.reopen()
      expect(await on.store.readLog(cursor, 9)).toMatchObject({ transitions: [], reset: false })
      await on.store.commit([change('begin', 1, 'a')])
      await settled(on.store)
      const { transitions, reset } = await on.store.readLog(cursor, 9)
      expect([transitions.map(({ member }) => member), reset]).toEqual([['a'], false])
    })

    test('pages by id hold everybody once, in order, also by state', async () => {
      await on.begin()
      const ids = Array.from({ length: 25 }, (_, n) => `m${String((n * 7) % 25).padStart(2, '0')}`)
      await on.store.commit(ids.map((id, n) => change('begin', n + 1, id)))
      await on.store.commit([change('end', 1, ids[0]!), change('end', 25, ids[24]!)])
      expect(await on.idsOf('id', 10)).toEqual([...ids].sort())
      expect(await on.idsOf('id', 5)).toEqual([...ids].sort())
      expect(await on.idsOf('id', 1, { state: 'offline' })).toEqual([ids[0]!, ids[24]!].sort())
      expect(await on.idsOf('id', 50, { state: 'suspect' })).toEqual([])
    })

    test('the list has members of the listing dialect only, in order of their first beat', async () => {
      await on.begin()
      await on.store.commit([
        change('begin', 1, 'z'),
        change('begin', 2, 'quiet', { dialect: 'members' }),
        change('begin', 3, 'a'),
        change('end', 1, 'z'),
        change('begin', 4, 'z'),
      ])
      expect(await on.idsOf('listed', 1)).toEqual(['z', 'a'])
    })

    test('odd ids and profiles come back as they were', async () => {
      await on.begin()
      const profile = { __proto__x: [1, 2.5, null, true], s: 'a\u0000b "\'\\ 在线 👩‍👩‍👧', n: { m: {} } }
      await on.store.commit(
        ODD_IDS.map((id, n) => change('begin', n + 1, id, { details: { name: id, profile } })),
      )
      await settled(on.store)
      expect((await readAll(on.store)).map(({ member }) => member)).toEqual(ODD_IDS)
      if (survives) await on.reopen()
      const found = await on.store.lookup(ODD_IDS)
      expect(found.map(member => member?.id)).toEqual(ODD_IDS)
      expect(found.map(member => member?.name)).toEqual(ODD_IDS)
      expect(found.map(member => member?.profile)).toEqual(ODD_IDS.map(() => profile))
    })

    test('the log tells every transition once, oldest first, as commit returned it', async () => {
      await on.begin()
      const told = await on.store.commit([
        change('begin', 1, 'a', { details: { name: 'A', profile: [1] } }),
        change('suspect', 1, 'a'),
        change('resume', 1, 'a'),
        change('away', 1, 'a'),
        change('update', 1, 'a', { details: { type: 't' } }),
        change('back', 1, 'a'),
        change('end', 1, 'a', { reason: 'kicked' }),
      ])
      expect(told.map(({ kind }) => kind)).toEqual([
        'join',
        'suspect',
        'resume',
        'away',
        'update',
        'back',
        'leave',
      ])
      await settled(on.store)
      const all = await on.store.readLog('oldest', 100)
      expect(all).toMatchObject({ reset: false })
      expect(all.transitions).toEqual(told.map(logged))
      const two = await on.store.readLog('oldest', 2)
      expect(two.transitions).toEqual(told.slice(0, 2).map(logged))
      expect((await on.store.readLog(two.cursor, 100)).transitions).toEqual(told.slice(2).map(logged))
      expect((await on.store.readLog(all.cursor, 100)).transitions).toEqual([])
    })

    test('cursors: opaque and short; rubbish is refused, a foreign one is told to start anew', async () => {
      await on.begin()
      await on.store.commit([change('begin', 1, 'a')])
      await settled(on.store)
      const { cursor } = await on.store.readLog('oldest', 10)
      expect(cursor).toMatch(/^[\w-]{1,2048}$/)
      for (const rubbish of ['', 'x', '%%', 'a'.repeat(3_000), cursor.slice(4)]) {
        expect(await codeOf(on.store.readLog(rubbish, 1))).toBe('bad_cursor')
      }
      const other = stageOf()
      const foreign = other.store()
      const theirs = await foreign.open()
      const answer = await foreign.readLog(cursor, 10)
      expect(answer).toMatchObject({ transitions: [], reset: true })
      await foreign.commit([change('begin', 1, 'new')])
      await settled(foreign)
      const after = await foreign.readLog(answer.cursor, 10)
      expect(after.transitions.map(({ member }) => member)).toEqual(['new'])
      await theirs.close([])
      await other.remove()
    })

    test('a cursor past the end of this epoch is refused, one of an older epoch starts anew', async () => {
      await on.begin()
      await on.store.commit([change('begin', 1, 'a')])
      await settled(on.store)
      const [, log, version] = Buffer.from((await on.store.readLog('oldest', 1)).cursor, 'base64url')
        .toString()
        .split(' ')
      const at = (where: number) => Buffer.from(`1 ${log} ${where}`).toString('base64url')
      expect(await codeOf(on.store.readLog(at(Number(version) + 1), 1))).toBe('cursor_ahead')
      const older = (on.opened.epoch - 1) * 2 ** 32 + 5
      expect((await on.store.readLog(at(older), 1)).reset).toBe(true)
      expect((await on.store.readLog(at((on.opened.epoch + 9) * 2 ** 32), 1)).reset).toBe(true)
    })

    test('nothing is durable that is still pending', async () => {
      await on.begin()
      const told = await on.store.commit(
        Array.from({ length: 2_500 }, (_, n) => change('begin', n + 1, `m${n}`)),
      )
      const early = await readAll(on.store)
      expect(early.length + on.store.health.pending).toBeGreaterThanOrEqual(told.length)
      await settled(on.store)
      expect(await readAll(on.store)).toEqual(told.map(logged))
    })

    const survivor = survives ? test : () => {}
    survivor('no number of a session is used twice, whatever became of it', async () => {
      await on.begin()
      await on.store.commit([change('begin', 1, 'a'), change('begin', 7, 'a'), change('end', 7, 'a')])
      await settled(on.store)
      await on.reopen()
      expect(on.opened.firstSessionId).toBe(8)
      await on.reopen()
      expect(on.opened.firstSessionId).toBe(8)
    })

    survivor('what was agreed with one session alone is kept as it was last, and makes no step', async () => {
      const timing = { interval: 3_600_000, timeout: 300_001, grace: 300_000 }
      const http = { dialect: 'http', timing: { interval: 60_000, timeout: 15_000, grace: 15_000 } }
      const hourly = { ...http, timing }
      await on.begin()
      await on.store.commit([
        change('begin', 1, 'again', http),
        change('begin', 2, 'anew', hourly),
        change('begin', 3, 'none'),
        change('begin', 4, 'told', http),
      ])
      await settled(on.store)
      expect(await on.store.commit([change('update', 1, 'again', { ...hourly, at: T0 + 9 })])).toEqual([])
      const details = { name: 'Told' }
      await on.store.commit([
        change('update', 3, 'none', { details }),
        change('update', 4, 'told', { ...hourly, details }),
        change('suspect', 4, 'told', hourly),
      ])
      await settled(on.store)
      const kept = [[1, timing, T0 + 900], ...[2, 3, 4].map(id => [id, id === 3 ? null : timing, T0 + id])]
      const said = { instance: null, epoch: 0, dialect: 'http', away: false, groups: [], lastBeatAt: null }
      await on.opened.close([{ id: 1, member: 'again', timing, lastEvidenceAt: T0 + 900, ...said }])
      for (let run = 0; run < 2; run++) {
        await on.open()
        const { sessions, close } = on.opened
        expect(sessions.map(({ id, timing, lastEvidenceAt }) => [id, timing, lastEvidenceAt])).toEqual(kept)
        await close([])
      }
      await on.open()
    })

    survivor('reopened: a new epoch, open sessions suspect, the log goes on', async () => {
      await on.begin()
      const first = on.opened
      await on.store.commit([
        change('begin', 1, 'stays', { instance: 'i-1', epoch: 3, lastBeatAt: T0 + 7 }),
        change('begin', 2, 'goes'),
        change('end', 2, 'goes', { reason: 'left' }),
        change('begin', 7, 'stays', { instance: 'i-2' }),
        change('away', 7, 'stays', { instance: 'i-2' }),
      ])
      await settled(on.store)
      const { cursor } = await on.store.readLog('oldest', 100)
      const before = (await on.store.lookup(['stays', 'goes'])) as object[]
      const said = { instance: 'i-1', epoch: 3, dialect: 'heartbeat', away: false, timing: null, groups: [] }
      const evidence = { ...said, lastBeatAt: T0 + 500 }
      await on.opened.close([{ id: 1, member: 'stays', lastEvidenceAt: T0 + 900, ...evidence }])
      await on.open()
      expect(on.opened.epoch).toBeGreaterThan(first.epoch)
      expect(on.opened.firstSessionId).toBe(8)
      expect(on.opened.sessions).toMatchObject([
        { id: 1, member: 'stays', lastEvidenceAt: T0 + 900, ...evidence },
        { id: 7, member: 'stays', instance: 'i-2', lastEvidenceAt: T0 + 7, lastBeatAt: null, away: true },
      ])
      const [stays, goes] = await on.store.lookup(['stays', 'goes'])
      expect(stays).toMatchObject({ state: 'suspect', sessions: 2, lastEvidenceAt: T0 + 900 })
      expect(goes).toEqual(before[1] as typeof goes)
      expect(await on.store.commit([change('resume', 1, 'stays')])).toEqual([])
      expect((await on.store.lookup(['stays']))[0]).toMatchObject({
        state: 'online',
        joinedAt: T0 + 1,
        version: stays!.version,
      })
      const told = await on.store.commit([
        change('end', 7, 'stays', { reason: 'node_lost' }),
        change('end', 1, 'stays', { reason: 'left', at: T0 + 5_000 }),
      ])
      expect(told.map(({ kind, reason }) => [kind, reason])).toEqual([['leave', 'left']])
      await settled(on.store)
      expect(await on.store.readLog(cursor, 100)).toMatchObject({
        transitions: told.map(logged),
        reset: false,
      })
      expect(await on.idsOf('listed', 10)).toEqual(['stays', 'goes'])
    })
  })
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return error instanceof SystoleError ? error.code : String(error)
}
