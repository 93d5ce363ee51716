// What every store must do (MUST and MUST NOT of src/stores/store.ts), whatever it is made of.

import { afterEach, describe, expect, test } from 'bun:test'
import { SystoleError } from '../../src/errors.ts'
import type { Opened, Store } from '../../src/stores/store.ts'
import { change, readAll, settled, T0 } from '../support/store-changes.ts'

/** Where the stores of one test keep what they keep. */
export interface StoreStage {
  /** A store over the data of this stage; the one before was closed. */
  store(): Store
  remove(): Promise<void>
}

/** Whether a second store over the same data knows what the first one knew. */
export interface StoreTraits {
  readonly survives: boolean
}

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

export function storeContract(name: string, { survives }: StoreTraits, stageOf: () => StoreStage): void {
  describe(name, () => {
    let stage: StoreStage
    let store: Store
    let opened: Opened | null = null

    const begin = async () => {
      stage = stageOf()
      await open()
    }
    const open = async () => {
      store = stage.store()
      opened = await store.open()
    }
    const reopen = async () => {
      await opened?.close([])
      await open()
    }
    afterEach(async () => {
      await opened?.close([])
      opened = null
      await stage.remove()
    })

    test('a join makes a member; an end makes it offline with its reason', async () => {
      await begin()
      const details = { name: 'Ana', type: 'person', profile: { phone: '1' } }
      const [join] = await store.commit([change('begin', 1, 'ana', { details, lastBeatAt: T0 + 1 })])
      expect(join).toMatchObject({ kind: 'join', member: 'ana', state: 'online', since: T0 + 1, session: 1 })
      const [ana] = await store.lookup(['ana'])
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
      })
      const [leave] = await store.commit([change('end', 1, 'ana', { at: T0 + 9, reason: 'left' })])
      expect(leave!.version).toBeGreaterThan(join!.version)
      const [gone] = await store.lookup(['ana'])
      expect(gone).toMatchObject({
        state: 'offline',
        since: T0 + 9,
        joinedAt: null,
        reason: 'left',
        sessions: 0,
      })
      expect(store.counts).toEqual({ online: 0, away: 0, suspect: 0, offline: 1 })
    })

    test('lookup answers in order, null for the unknown', async () => {
      await begin()
      await store.commit([change('begin', 1, 'b'), change('begin', 2, 'a')])
      const found = await store.lookup(['a', 'nobody', 'b', 'a'])
      expect(found.map(member => member?.id ?? null)).toEqual(['a', null, 'b', 'a'])
    })

    test('versions grow and stand in the epoch', async () => {
      await begin()
      const told = await store.commit([1, 2, 3].map(n => change('begin', n, `m${n}`)))
      const versions = told.map(({ version }) => version)
      expect(versions).toEqual([...versions].sort((a, b) => a - b))
      expect(versions.map(version => Math.floor(version / 2 ** 32))).toEqual(Array(3).fill(opened!.epoch))
    })

    test('pages by id hold everybody once, in order, also by state', async () => {
      await begin()
      const ids = Array.from({ length: 25 }, (_, n) => `m${String((n * 7) % 25).padStart(2, '0')}`)
      await store.commit(ids.map((id, n) => change('begin', n + 1, id)))
      await store.commit([change('end', 1, ids[0]!), change('end', 25, ids[24]!)])
      expect(await idsOf('id', 10)).toEqual([...ids].sort())
      expect(await idsOf('id', 5)).toEqual([...ids].sort())
      expect(await idsOf('id', 1, 'offline')).toEqual([ids[0]!, ids[24]!].sort())
      expect(await idsOf('id', 50, 'suspect')).toEqual([])
    })

    test('the list has members of the listing dialect only, in order of their first beat', async () => {
      await begin()
      await store.commit([
        change('begin', 1, 'z'),
        change('begin', 2, 'quiet', { dialect: 'members' }),
        change('begin', 3, 'a'),
        change('end', 1, 'z'),
        change('begin', 4, 'z'),
      ])
      expect(await idsOf('listed', 1)).toEqual(['z', 'a'])
    })

    test('odd ids and profiles come back as they were', async () => {
      await begin()
      const profile = { __proto__x: [1, 2.5, null, true], s: 'a\u0000b "\'\\ 在线 👩‍👩‍👧', n: { m: {} } }
      await store.commit(
        ODD_IDS.map((id, n) => change('begin', n + 1, id, { details: { name: id, profile } })),
      )
      await settled(store)
      expect((await readAll(store)).map(({ member }) => member)).toEqual(ODD_IDS)
      if (survives) await reopen()
      const found = await store.lookup(ODD_IDS)
      expect(found.map(member => member?.id)).toEqual(ODD_IDS)
      expect(found.map(member => member?.name)).toEqual(ODD_IDS)
      expect(found.map(member => member?.profile)).toEqual(ODD_IDS.map(() => profile))
    })

    test('the log tells every transition once, oldest first, as commit returned it', async () => {
      await begin()
      const told = await store.commit([
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
      await settled(store)
      const all = await store.readLog(null, 100)
      expect(all).toMatchObject({ transitions: told, reset: false })
      const two = await store.readLog(null, 2)
      expect(two.transitions).toEqual(told.slice(0, 2))
      expect((await store.readLog(two.cursor, 100)).transitions).toEqual(told.slice(2))
      expect((await store.readLog(all.cursor, 100)).transitions).toEqual([])
    })

    test('cursors: opaque and short; rubbish is refused, a foreign one is told to start anew', async () => {
      await begin()
      await store.commit([change('begin', 1, 'a')])
      await settled(store)
      const { cursor } = await store.readLog(null, 10)
      expect(cursor).toMatch(/^[\w-]{1,2048}$/)
      for (const rubbish of ['', 'x', '%%', 'a'.repeat(3_000), cursor.slice(4)]) {
        expect(await codeOf(store.readLog(rubbish, 1))).toBe('bad_cursor')
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
      await begin()
      await store.commit([change('begin', 1, 'a')])
      await settled(store)
      const [, log, version] = Buffer.from((await store.readLog(null, 1)).cursor, 'base64url')
        .toString()
        .split(' ')
      const at = (where: number) => Buffer.from(`1 ${log} ${where}`).toString('base64url')
      expect(await codeOf(store.readLog(at(Number(version) + 1), 1))).toBe('cursor_ahead')
      const older = (opened!.epoch - 1) * 2 ** 32 + 5
      expect((await store.readLog(at(older), 1)).reset).toBe(true)
      expect((await store.readLog(at((opened!.epoch + 9) * 2 ** 32), 1)).reset).toBe(true)
    })

    test('nothing is durable that is still pending', async () => {
      await begin()
      const told = await store.commit(
        Array.from({ length: 2_500 }, (_, n) => change('begin', n + 1, `m${n}`)),
      )
      const early = await readAll(store)
      expect(early.length + store.health.pending).toBeGreaterThanOrEqual(told.length)
      await settled(store)
      expect(await readAll(store)).toEqual([...told])
    })

    const survivor = survives ? test : () => {}
    survivor('reopened: a new epoch, open sessions suspect, the log goes on', async () => {
      await begin()
      const first = opened!
      await store.commit([
        change('begin', 1, 'stays', { instance: 'i-1', epoch: 3, lastBeatAt: T0 + 7 }),
        change('begin', 2, 'goes'),
        change('end', 2, 'goes', { reason: 'left' }),
        change('begin', 7, 'stays', { instance: 'i-2' }),
        change('away', 7, 'stays', { instance: 'i-2' }),
      ])
      await settled(store)
      const { cursor } = await store.readLog(null, 100)
      const before = (await store.lookup(['stays', 'goes'])) as object[]
      const evidence = { instance: 'i-1', epoch: 3, dialect: 'heartbeat', lastBeatAt: T0 + 500 }
      await opened!.close([{ id: 1, member: 'stays', lastEvidenceAt: T0 + 900, ...evidence }])
      await open()
      expect(opened!.epoch).toBeGreaterThan(first.epoch)
      expect(opened!.firstSessionId).toBe(8)
      expect(opened!.sessions).toMatchObject([
        { id: 1, member: 'stays', lastEvidenceAt: T0 + 900, ...evidence },
        { id: 7, member: 'stays', instance: 'i-2', lastEvidenceAt: T0 + 7, lastBeatAt: null },
      ])
      const [stays, goes] = await store.lookup(['stays', 'goes'])
      expect(stays).toMatchObject({ state: 'suspect', sessions: 2, lastEvidenceAt: T0 + 900 })
      expect(goes).toEqual(before[1] as typeof goes)
      expect(await store.commit([change('resume', 1, 'stays')])).toEqual([])
      expect((await store.lookup(['stays']))[0]).toMatchObject({
        state: 'online',
        joinedAt: T0 + 1,
        version: stays!.version,
      })
      const told = await store.commit([
        change('end', 7, 'stays', { reason: 'node_lost' }),
        change('end', 1, 'stays', { reason: 'left', at: T0 + 5_000 }),
      ])
      expect(told.map(({ kind, reason }) => [kind, reason])).toEqual([['leave', 'left']])
      await settled(store)
      expect(await store.readLog(cursor, 100)).toMatchObject({ transitions: told, reset: false })
      expect(await idsOf('listed', 10)).toEqual(['stays', 'goes'])
    })

    async function idsOf(
      order: 'id' | 'listed',
      limit: number,
      state?: 'offline' | 'suspect',
    ): Promise<string[]> {
      const ids: string[] = []
      let after: string | null = null
      do {
        const page = await store.page({ order, after, limit, ...(state && { state }) })
        expect(page.members.length).toBeLessThanOrEqual(limit)
        ids.push(...page.members.map(({ id }) => id))
        after = page.next
      } while (after !== null)
      return ids
    }
  })
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return error instanceof SystoleError ? error.code : String(error)
}
