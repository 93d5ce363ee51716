import { describe, expect, test } from 'bun:test'
import type { SessionChange } from '../core/change.ts'
import { NEVER } from '../core/clock.ts'
import type { Step } from '../core/transition.ts'
import type { Store } from '../stores/store.ts'
import { Committer } from './committer.ts'
import { WallTime } from './monotonic.ts'

function change(session: number, at = 100): SessionChange {
  return {
    kind: 'begin',
    session,
    member: `m${session}`,
    at,
    since: at,
    lastEvidenceAt: at,
    lastBeatAt: NEVER,
    reason: null,
    dialect: 'heartbeat',
    instance: null,
    epoch: 0,
    timing: null,
    details: null,
    membership: null,
  }
}

/** A store that answers each commit with one transition per change, at once or when `answer` is called. */
function setUp(later: boolean) {
  const commits: (readonly SessionChange[])[] = []
  const told: number[][] = []
  const waiting: (() => void)[] = []
  const commit = (changes: readonly SessionChange[]) => {
    commits.push(changes)
    const result = changes.map(({ session }) => ({ session }) as Step)
    return later ? new Promise<Step[]>(resolve => waiting.push(() => resolve(result))) : result
  }
  const time = new WallTime({ now: () => 0 }, () => 1_000_000)
  const committer = new Committer({ commit } as unknown as Store, time, transitions =>
    told.push(transitions.map(({ session }) => session)),
  )
  const answer = async () => {
    waiting.shift()!()
    await Promise.resolve()
    await Promise.resolve()
  }
  return { committer, commits, told, answer }
}

describe('a store that answers at once', () => {
  test('has answered when flush returns; nothing is committed for nothing', () => {
    const { committer, commits, told } = setUp(false)
    committer.add(change(1))
    committer.add(change(2))
    expect(commits).toEqual([])
    committer.flush()
    committer.flush()
    expect(told).toEqual([[1, 2]])
    expect(commits.length).toBe(1)
  })

  test('gets what gathered in a turn without being asked', async () => {
    const { committer, told } = setUp(false)
    committer.add(change(1))
    committer.add(change(2))
    await new Promise(resolve => setImmediate(resolve))
    committer.add(change(3))
    await new Promise(resolve => setImmediate(resolve))
    expect(told).toEqual([[1, 2], [3]])
  })

  test('is given wall time, and NEVER as it is', () => {
    const { committer, commits } = setUp(false)
    committer.add({ ...change(1, 100), lastEvidenceAt: -50 })
    committer.flush()
    expect(commits[0]![0]).toMatchObject({
      at: 1_000_100,
      since: 1_000_100,
      lastEvidenceAt: 999_950,
      lastBeatAt: NEVER,
    })
  })
})

describe('a store that answers later', () => {
  test('has one commit at a time, and what gathers meanwhile goes in order', async () => {
    const { committer, commits, told, answer } = setUp(true)
    committer.add(change(1))
    committer.flush()
    committer.add(change(2))
    committer.flush()
    committer.add(change(3))
    committer.flush()
    expect(commits.length).toBe(1)
    await answer()
    expect(told).toEqual([[1]])
    expect(commits.length).toBe(2)
    await answer()
    expect(told).toEqual([[1], [2, 3]])
  })

  test('settle waits for all of it', async () => {
    const { committer, told, answer } = setUp(true)
    committer.add(change(1))
    committer.flush()
    committer.add(change(2))
    let settled = false
    const settling = committer.settle().then(() => {
      settled = true
    })
    await answer()
    expect(settled).toBe(false)
    await answer()
    await settling
    expect(told).toEqual([[1], [2]])
  })
})
