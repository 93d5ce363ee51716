// Kills processes in the middle of their work, on both runtimes, and reads what their file holds.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Transition } from '../../src/core/transition.ts'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import type { MemberRecord, Opened, Store } from '../../src/stores/store.ts'
import { readAll } from '../support/store-changes.ts'
import { StoreChild } from '../support/store-child.ts'

const RATE = 20_000
/** How much each run is told at least before it is killed. */
const RUNS = [1, 3_000, 9_000, 13_000]
let folder = ''
let path = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-crash-'))
  path = join(folder, 'systole.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe.each(['bun', 'node'] as const)('on %s', runtime => {
  test('kill -9 at any moment loses nothing the log told, and leaves members and sessions in step', async () => {
    const told = new Set<number>()
    let epoch = 0
    let noted = 0
    for (const least of RUNS) {
      const child = new StoreChild(runtime, path, RATE)
      await child.hasTold(least)
      await child.end('SIGKILL')
      expect(child.epoch).toBeGreaterThan(epoch)
      epoch = child.epoch
      noted = Math.max(noted, child.noted)
      // the last line may have been cut in the middle
      for (const version of child.told.slice(0, -1)) told.add(version)
    }
    const { store, opened } = await opening(path)
    const log = await readAll(store)
    const kept = new Set(log.map(({ version }) => version))
    expect([...told].filter(version => !kept.has(version))).toEqual([])
    expect(kept.size).toBeGreaterThan(12_000)
    await expectWhole(store, opened, log)
    expect(noted).toBeGreaterThan(0)
    await expectNotes(store, noted)
    await expectErased(store, log)
    await opened.close([])
  }, 60_000)

  test('SIGTERM ends no session and writes everything', async () => {
    const child = new StoreChild(runtime, path, RATE)
    await child.hasTold(2_000)
    const asked = Date.now()
    expect(await child.end('SIGTERM')).toBe(0)
    expect(Date.now() - asked).toBeLessThan(2_000)
    const { store, opened } = await opening(path)
    expect(opened.sessions.length).toBe(child.closedWith)
    expect(Math.min(...opened.sessions.map(({ lastEvidenceAt }) => lastEvidenceAt))).toBeGreaterThanOrEqual(
      asked,
    )
    await expectWhole(store, opened, await readAll(store))
    await opened.close([])
  }, 60_000)
})

test('epochs grow although the wall clock jumped back', async () => {
  const epochs: number[] = []
  for (const year of [2027, 2026, 2020]) {
    const store = embeddedStore({ path, now: () => Date.UTC(year, 5) })
    const opened = await store.open()
    epochs.push(opened.epoch)
    await opened.close([])
  }
  expect(epochs).toEqual([epochs[0]!, epochs[0]! + 1, epochs[0]! + 2])
})

// The one that was told last, or the next of each run that nobody was told of; a deleted one is not there again.
async function expectNotes({ notebook }: Store, told: number): Promise<void> {
  const last = Number(await notebook.get('webhooks', 'last'))
  expect(last).toBeGreaterThanOrEqual(told)
  expect(last).toBeLessThanOrEqual(told + 2 * RUNS.length)
  const found = (await notebook.scan('webhooks', null, 100)).filter(({ key }) => key !== 'last')
  for (const { key, value } of found) expect(key).toBe(`note ${value}`)
  const numbers = found.map(({ value }) => Number(value))
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(told)
  expect(Math.max(...numbers)).toBeGreaterThanOrEqual(last)
}

async function opening(file: string): Promise<{ store: Store; opened: Opened }> {
  const store = embeddedStore({ path: file, now: Date.now })
  return { store, opened: await store.open() }
}

// The last transition of each member is the member as it was told; who has sessions is who is not offline.
async function expectWhole(store: Store, opened: Opened, log: readonly Transition[]): Promise<void> {
  const last = new Map(log.filter(lasts).map(transition => [transition.member, transition]))
  const sessions = Map.groupBy(opened.sessions, ({ member }) => member)
  const { members } = await store.page({ order: 'id', after: null, limit: 100_000 })
  const found = members.filter(({ id }) => lasts({ member: id }))
  expect(found.length).toBe(last.size)
  const wrong = found.filter(
    member => !isWhole(member, last.get(member.id), sessions.get(member.id)?.length ?? 0),
  )
  expect(wrong).toEqual([])
  const highest = Math.max(...log.map(({ session }) => session))
  expect(opened.firstSessionId).toBeGreaterThan(Math.max(...opened.sessions.map(({ id }) => id)))
  expect(opened.firstSessionId).toBeGreaterThan(highest)
}

// Of those who are erased one after the other: all or nothing, and the log is in step with the members.
async function expectErased(store: Store, log: readonly Transition[]): Promise<void> {
  const others = Map.groupBy(
    log.filter(transition => !lasts(transition)),
    ({ member }) => member,
  )
  let erased = 0
  for (const [id, steps] of others) {
    const [known] = await store.lookup([id])
    if (known === null) erased++
    expect(steps.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      known === null ? ['leave null'] : ['join somebody', 'leave somebody'],
    )
  }
  expect(erased).toBeGreaterThan(10)
  // of each run at most the last one
  expect(others.size - erased).toBeLessThanOrEqual(4)
}

function lasts({ member }: { readonly member: string }): boolean {
  return member.startsWith('m')
}

function isWhole(member: MemberRecord, last: Transition | undefined, sessions: number): boolean {
  const present = sessions > 0
  const state = present ? 'suspect' : 'offline'
  if (member.version !== last?.version || member.sessions !== sessions || member.state !== state) return false
  return (last.state !== 'offline') === present
}
