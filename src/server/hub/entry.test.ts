import { describe, expect, test } from 'bun:test'
import { LedgerStore } from '../../../test/support/ledger-store.ts'
import { change, inGroup, T0 } from '../../../test/support/store-changes.ts'
import type { SessionChange, Status } from '../../core/change.ts'
import type { Step } from '../../core/transition.ts'
import { isHeard, isPresent, recordEntry, stepEntry } from './entry.ts'

const HIDDEN: Status = { visibility: 'hidden', text: 'nap', until: null }
const ANA = { member: 'a', name: 'Ana', type: 'person', profile: { phone: '1' } } as const
const DETAILS = { name: 'Ana', type: 'person', profile: { phone: '1' } }

/** Ana joined at 0 and did what `changes` say; the entries of the last step and of her record. */
class Ana {
  readonly #store = new LedgerStore()
  steps: readonly Step[]

  constructor(...changes: SessionChange[]) {
    this.steps = this.#store.commit([change('begin', 1, 'a', { at: T0, details: DETAILS }), ...changes])
  }

  does(...changes: SessionChange[]): this {
    this.steps = this.#store.commit(changes)
    return this
  }

  get last(): Step {
    return this.steps.at(-1)!
  }

  entry(suspect = false, more: { held?: true; unproven?: boolean; lastEvidenceAt?: number } = {}) {
    return recordEntry({ ...this.#store.lookup(['a'])[0]!, ...more }, suspect)
  }

  told(suspect = false, listed = true) {
    return stepEntry(this.last, suspect, listed)
  }
}

const at = (ms: number) => ({ at: T0 + ms })
const says = (ms: number, details: SessionChange['details']) =>
  change('update', 1, 'a', { ...at(ms), lastBeatAt: T0 + ms, details })

describe('a member that is shown', () => {
  test('is seen as it is, by who asks and by who watches', () => {
    const ana = new Ana()
    const entry = {
      ...ANA,
      state: 'online',
      since: T0,
      joinedAt: T0,
      lastEvidenceAt: T0,
      lastBeatAt: null,
      version: ana.last.version,
    } as const
    expect(ana.entry()).toEqual(entry)
    expect(ana.told()).toEqual(entry)
    expect(ana.entry(false, { lastEvidenceAt: T0 + 7 })).toEqual({ ...entry, lastEvidenceAt: T0 + 7 })
  })

  test('has its text and no visibility', () => {
    const status = { visibility: 'shown', text: 'lunch', until: T0 + 90 } as const
    const ana = new Ana(says(10, { status }))
    expect(ana.entry().status).toEqual({ text: 'lunch', until: T0 + 90 })
    expect(ana.entry()).toEqual(ana.told())
  })

  test('suspect: only who asked for suspicions sees it, and only once it was told', () => {
    const ana = new Ana(change('suspect', 1, 'a', at(20)))
    const settled = { state: 'online', since: T0, joinedAt: T0 }
    const suspect = { state: 'suspect', since: T0 + 20, joinedAt: T0, reason: 'lost' }
    expect(ana.entry()).toMatchObject(settled)
    expect(ana.told()).toMatchObject(settled)
    expect([ana.entry().reason, ana.told().reason]).toEqual([undefined, undefined])
    expect(ana.entry(true)).toMatchObject(suspect)
    expect(ana.told(true)).toMatchObject(suspect)
    expect(ana.entry(true, { unproven: true })).toMatchObject(settled)
    expect([isHeard(ana.last, false), isHeard(ana.last, true)]).toEqual([false, true])
  })

  test('held by the breaker says so', () => {
    const ana = new Ana(change('suspect', 1, 'a', at(20)))
    expect(ana.entry(false, { held: true }).held).toBe(true)
    expect('held' in ana.entry()).toBe(false)
  })

  test('offline has no stay, and is gone only from lists it is not in', () => {
    const ana = new Ana(change('end', 1, 'a', at(30)))
    const left = { state: 'offline', since: T0 + 30, reason: 'lost', version: ana.last.version }
    expect(ana.told()).toMatchObject(left)
    expect('joinedAt' in ana.told() || 'gone' in ana.told()).toBe(false)
    expect(ana.told(false, false)).toEqual({ ...ana.told(), gone: true })
    expect(isPresent(ana.last)).toBe(false)
  })
})

describe('a hidden member', () => {
  const hide = says(10, { status: HIDDEN })

  test('is offline since it hid, and nothing it does or says is seen', () => {
    const ana = new Ana(hide)
    const entry = {
      ...ANA,
      state: 'offline',
      since: T0 + 10,
      lastEvidenceAt: T0 + 10,
      lastBeatAt: T0 + 10,
      reason: 'left',
      version: ana.last.version,
    } as const
    expect([isHeard(ana.last, false), isPresent(ana.last)]).toEqual([true, false])
    expect(ana.told()).toEqual(entry)
    const doings = [
      says(20, { name: 'Bo', type: 'robot', profile: { phone: '2' } }),
      says(30, { status: { ...HIDDEN, text: 'deep', until: T0 + 900 } }),
      change('suspect', 1, 'a', at(40)),
      change('end', 1, 'a', at(50)),
      change('begin', 2, 'a', { ...at(60), lastBeatAt: T0 + 60, details: { name: 'Cy' } }),
    ]
    for (const doing of doings) {
      ana.does(doing)
      for (const step of ana.steps) {
        expect([isHeard(step, false), isHeard(step, true)]).toEqual([false, false])
        expect([stepEntry(step, false, true), stepEntry(step, true, true)]).toEqual([entry, entry])
      }
      const late = { held: true, lastEvidenceAt: T0 + 99 } as const
      expect([ana.entry(), ana.entry(true), ana.entry(true, late)]).toEqual([entry, entry, entry])
    }
  })

  test('what the hiding change itself says is seen', () => {
    const ana = new Ana(says(10, { name: 'Bo', status: HIDDEN }))
    expect(ana.told()).toMatchObject({ name: 'Bo', type: 'person' })
    expect(ana.entry()).toEqual(ana.told())
  })

  test('that never beat and never said a thing has nothing else', () => {
    const [step] = new LedgerStore().commit([
      change('begin', 1, 'b', { ...at(5), details: { status: HIDDEN } }),
    ])
    expect(stepEntry(step!, false, true)).toEqual({
      member: 'b',
      state: 'offline',
      since: T0 + 5,
      lastEvidenceAt: T0 + 5,
      lastBeatAt: null,
      reason: 'left',
      version: step!.version,
    })
  })

  test('shown again is seen as it is by then, in a new stay', () => {
    const ana = new Ana(hide, says(20, { name: 'Bo' })).does(says(30, { type: 'robot', status: null }))
    const entry = {
      ...ANA,
      name: 'Bo',
      type: 'robot',
      state: 'online',
      since: T0 + 30,
      joinedAt: T0 + 30,
      lastEvidenceAt: T0 + 30,
      lastBeatAt: T0 + 30,
      version: ana.last.version,
    } as const
    expect(isHeard(ana.last, false)).toBe(true)
    expect([ana.told(), ana.entry()]).toEqual([entry, entry])
  })

  test('taken out of a group is gone by a version that is newer than the one held', () => {
    const ana = new Ana(inGroup('enter', 0, 'a', 'g'), hide)
    const held = ana.told()
    ana.does(inGroup('exit', 0, 'a', 'g'))
    expect(ana.last.exited).toEqual(['g'])
    expect(ana.told(false, false)).toEqual({ ...held, gone: true, version: ana.last.version })
    expect(ana.last.version).toBeGreaterThan(held.version!)
    expect(ana.entry()).toEqual(held)
  })
})
