// Nobody watches or asks beyond their right, also while members come into it and go out of it.

import { describe, expect, test } from 'bun:test'
import { reach } from '../../../test/support/fake-authority.ts'
import { heard } from '../../../test/support/hub-heard.ts'
import { HubStage, type StageWatcher } from '../../../test/support/hub-stage.ts'
import type { WatchRequest } from '../../../test/support/watch-model.ts'
import { EVERYBODY } from '../../auth/authority.ts'
import { Sight, sameSight, sightOf } from './sight.ts'

function setUp(members: readonly string[], groups: readonly string[] = [], self: string | null = 'me') {
  const stage = new HubStage({ guarded: true })
  const watcher = stage.watcher()
  see(watcher, members, groups, self)
  return { stage, watcher }
}

function see(
  watcher: StageWatcher,
  members: readonly string[],
  groups: readonly string[],
  self: string | null,
) {
  watcher.sight = sightOf(reach(members, groups), self)
  watcher.asks = watcher.sight
}

const roster = (...members: string[]): WatchRequest => ({ of: 'members', members })

describe('a sight', () => {
  test('of everybody is none', () => {
    expect(sightOf(EVERYBODY, '7')).toBeNull()
  })

  test('is of itself, of whom it names, and of whoever is found in its groups', () => {
    const sight = new Sight(reach(['a'], ['g']), 'me')
    const seen = (id: string, ...seenGroups: string[]) => sight.sees({ id, seenGroups })
    expect([seen('me'), seen('a'), seen('b', 'h', 'g'), seen('b', 'h'), seen('b')]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
    expect([sight.seesGroup('g'), sight.seesGroup('a')]).toEqual([true, false])
  })

  test('is the same where it reaches the same, in whatever order it was said', () => {
    const one = sightOf(reach(['a', 'b'], ['g']), 'me')
    expect(sameSight(one, sightOf(reach(['b', 'a'], ['g']), 'me'))).toBe(true)
    for (const other of [
      sightOf(reach(['a'], ['g']), 'me'),
      sightOf(reach(['a', 'b', 'g']), 'me'),
      sightOf(reach(['a', 'b'], ['g']), 'you'),
      null,
    ])
      expect(sameSight(one, other)).toBe(false)
    expect(sameSight(null, null)).toBe(true)
  })
})

describe('named members', () => {
  test('beyond the right are unknown, as are those there are not; oneself never is', async () => {
    const { stage, watcher } = setUp(['a'])
    for (const member of ['a', 'b', 'me']) stage.begin(member)
    stage.watch(watcher, roster('a', 'b', 'me', 'nobody'))
    await stage.settle()
    expect(heard(watcher)).toMatchObject([
      { entries: ['a online', 'b unknown', 'me online', 'nobody unknown'] },
    ])
  })

  test('beyond the right do nothing that is told', async () => {
    const { stage, watcher } = setUp(['a'])
    stage.begin('a')
    stage.watch(watcher, roster('a', 'b'))
    await stage.settle()
    heard(watcher)
    const b = stage.begin('b')
    stage.change('away', b)
    stage.enter(b, 'other')
    stage.exit(b, 'other')
    stage.change('end', b)
    await stage.advance(2_000)
    expect(heard(watcher)).toEqual([])
  })

  test('show no sign where the host puts them into groups beyond it, hidden or not', async () => {
    const { stage, watcher } = setUp(['a', 'b', 'c'], ['g'])
    const hidden = { status: { visibility: 'hidden', text: null, until: null } } as const
    for (const member of ['a', 'b']) stage.begin(member)
    stage.change('update', 2, { details: hidden })
    stage.enter(0, 'g', 'c')
    stage.watch(watcher, roster('a', 'b', 'c'))
    await stage.settle()
    heard(watcher)
    for (const member of ['a', 'b', 'c']) {
      stage.enter(0, 'secret', member)
      await stage.advance(1_000)
      stage.exit(0, 'secret', member)
      await stage.advance(1_000)
    }
    expect(heard(watcher)).toEqual([])
    stage.enter(0, 'secret', 'd')
    stage.enter(0, 'g', 'b')
    await stage.advance(1_000)
    expect(heard(watcher)).toEqual([])
  })

  test('out of it and back within one diff are told as they are', async () => {
    const { stage, watcher } = setUp([], ['g'])
    const b = stage.begin('b')
    stage.watch(watcher, roster('b'))
    await stage.settle()
    heard(watcher)
    stage.enter(b, 'g')
    stage.exit(b, 'g')
    await stage.advance(1_000)
    expect(heard(watcher)).toEqual([])
    stage.enter(b, 'g')
    await stage.advance(1_000)
    heard(watcher)
    stage.exit(b, 'g')
    stage.enter(b, 'g')
    stage.enter(b, 'other')
    stage.exit(b, 'g')
    await stage.advance(1_000)
    expect(heard(watcher)).toMatchObject([{ entries: ['b unknown'] }])
  })

  test('come into it with a group, go out of it once, and come back', async () => {
    const { stage, watcher } = setUp([], ['g'])
    const b = stage.begin('b', { name: 'Bea' })
    stage.watch(watcher, roster('b'))
    await stage.settle()
    expect(heard(watcher)).toMatchObject([{ t: 'snapshot', entries: ['b unknown'] }])
    stage.enter(b, 'g')
    await stage.advance(1_000)
    expect(heard(watcher)).toMatchObject([{ t: 'diff', entries: ['b online Bea'] }])
    stage.exit(b, 'g')
    await stage.advance(1_000)
    stage.change('away', b)
    await stage.advance(1_000)
    expect(heard(watcher)).toMatchObject([{ t: 'diff', entries: ['b unknown'] }])
    stage.enter(b, 'g')
    await stage.advance(1_000)
    expect(heard(watcher)).toMatchObject([{ entries: ['b away Bea'] }])
    stage.change('end', b)
    await stage.advance(1_000)
    expect(heard(watcher)).toMatchObject([{ entries: ['b unknown'] }])
  })

  test('who hides is out of sight as one who left is', async () => {
    const { stage, watcher } = setUp([], ['g'])
    const b = stage.begin('b')
    stage.enter(b, 'g')
    stage.watch(watcher, roster('b'))
    await stage.settle()
    heard(watcher)
    stage.change('update', b, { details: { status: { visibility: 'hidden', text: null, until: null } } })
    await stage.advance(1_000)
    expect(heard(watcher)).toMatchObject([{ entries: ['b unknown'] }])
    stage.enter(0, 'g', 'b')
    await stage.advance(1_000)
    expect(heard(watcher)).toMatchObject([{ entries: ['b offline left'] }])
  })

  test('gone and come within one diff are told as they are by then', async () => {
    const { stage, watcher } = setUp([], ['g'])
    const b = stage.begin('b')
    stage.watch(watcher, roster('b'))
    await stage.advance(1_000)
    heard(watcher)
    stage.enter(b, 'g')
    stage.exit(b, 'g')
    await stage.advance(1_000)
    expect(heard(watcher)).toEqual([])
  })
})

test('asks go by their own right', async () => {
  const { stage, watcher } = setUp([])
  watcher.asks = sightOf(reach(['a'], ['g']), 'me')
  for (const member of ['a', 'b', 'c']) stage.begin(member)
  stage.enter(2, 'g')
  stage.hub.request(watcher, { t: 'ask', members: ['a', 'b', 'c', 'd'], id: 1 })
  await stage.settle()
  expect(heard(watcher)).toMatchObject([{ entries: ['a online', 'b online', 'c unknown', 'd unknown'] }])
})

describe('lists and counts', () => {
  test('beyond the right are forbidden; the connection goes on, what it watches too', async () => {
    const { stage, watcher } = setUp([], ['g'])
    stage.enter(stage.begin('a'), 'g')
    stage.watch(watcher, { of: 'group', group: 'g' })
    await stage.settle()
    expect(heard(watcher)).toMatchObject([{ t: 'snapshot', entries: ['a online'] }])
    for (const [id, scope] of [
      { of: 'group', group: 'h' },
      { of: 'all' },
      { of: 'counts', group: 'h' },
      { of: 'counts', group: null },
    ].entries())
      stage.hub.request(watcher, { t: 'watch', scope: scope as never, suspect: false, cursor: null, id })
    await stage.settle()
    expect(heard(watcher)).toMatchObject([
      { code: 'forbidden', re: 'watch', id: 0, field: 'group' },
      { code: 'forbidden', re: 'watch', id: 1, field: 'all' },
      { code: 'forbidden', re: 'watch', id: 2, field: 'counts' },
      { code: 'forbidden', re: 'watch', id: 3, field: 'counts' },
    ])
    stage.hub.request(watcher, {
      t: 'watch',
      scope: { of: 'counts', group: 'g' },
      suspect: false,
      cursor: null,
    })
    await stage.settle()
    expect(heard(watcher)).toMatchObject([{ t: 'counts', group: 'g', states: { online: 1 } }])
  })

  test('of a group nothing is told of who left it but that it did', async () => {
    const { stage, watcher } = setUp([], ['g'])
    const a = stage.begin('a', { name: 'Ana' })
    stage.enter(a, 'g')
    stage.watch(watcher, { of: 'group', group: 'g' })
    await stage.settle()
    heard(watcher)
    stage.exit(a, 'g')
    await stage.advance(1_000)
    const [{ entries }] = watcher.sent.map(text => JSON.parse(text))
    expect(entries).toEqual([{ member: 'a', state: 'unknown', version: expect.any(Number), gone: true }])
    expect(watcher.model.lists.get('group g')!.entries.size).toBe(0)
  })
})

describe('a right that changes', () => {
  test('ends the lists beyond it: each is told empty, and then no more', async () => {
    const { stage, watcher } = setUp([], ['g', 'h'])
    const a = stage.begin('a')
    for (const group of ['g', 'h']) stage.enter(a, group)
    for (const group of ['g', 'h']) stage.watch(watcher, { of: 'group', group })
    stage.hub.request(watcher, {
      t: 'watch',
      scope: { of: 'counts', group: 'h' },
      suspect: false,
      cursor: null,
    })
    await stage.settle()
    heard(watcher)
    see(watcher, [], ['g'], 'me')
    stage.hub.resighted(watcher)
    expect(heard(watcher)).toEqual([
      {
        t: 'error',
        code: 'forbidden',
        message: 'the token does not let you watch group "h"',
        re: 'watch',
        field: 'group',
      },
      { t: 'snapshot', of: 'group', group: 'h', part: 0, entries: [], cursor: true },
      {
        t: 'error',
        code: 'forbidden',
        message: 'the token does not let you watch group "h"',
        re: 'watch',
        field: 'counts',
      },
      { t: 'counts', group: 'h', states: { online: 0, away: 0, suspect: 0, offline: 0 }, types: {} },
    ])
    stage.change('away', a)
    await stage.advance(2_000)
    expect(heard(watcher)).toMatchObject([{ t: 'diff', group: 'g', entries: ['a away'] }])
    expect([...watcher.topics]).toHaveLength(1)
  })

  test('tells the named members anew', async () => {
    const { stage, watcher } = setUp(['a', 'b'])
    for (const member of ['a', 'b', 'c']) stage.begin(member)
    stage.watch(watcher, roster('a', 'b', 'c'))
    await stage.settle()
    heard(watcher)
    see(watcher, ['b', 'c'], [], 'me')
    stage.hub.resighted(watcher)
    await stage.settle()
    expect(heard(watcher)).toMatchObject([{ t: 'snapshot', entries: ['a unknown', 'b online', 'c online'] }])
    watcher.sight = null
    stage.hub.resighted(watcher)
    await stage.settle()
    expect(heard(watcher)).toMatchObject([{ t: 'snapshot', entries: ['a online', 'b online', 'c online'] }])
  })

  test('makes cursors of named members worthless for those who see something else', async () => {
    const { stage, watcher } = setUp(['a'])
    for (const member of ['a', 'b']) stage.begin(member)
    const back = async (...members: string[]) => {
      stage.cut(watcher)
      watcher.linked = true
      if (members[0] === 'everybody') watcher.sight = null
      else see(watcher, members, [], 'me')
      heard(watcher)
      stage.watch(watcher, roster('a', 'b'), true)
      await stage.settle()
      return heard(watcher)
    }
    stage.watch(watcher, roster('a', 'b'))
    await stage.settle()
    expect(await back('a')).toMatchObject([{ t: 'diff', resumed: true, entries: ['b unknown'] }])
    expect(await back('a', 'b')).toMatchObject([
      { t: 'snapshot', reset: true, entries: ['a online', 'b online'] },
    ])
    expect(await back('everybody')).toMatchObject([{ t: 'snapshot', reset: true }])
    expect(await back('everybody')).toMatchObject([{ t: 'diff', resumed: true, entries: [] }])
    expect(await back('b')).toMatchObject([
      { t: 'snapshot', reset: true, entries: ['a unknown', 'b online'] },
    ])
  })
})
