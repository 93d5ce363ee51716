import { describe, expect, test } from 'bun:test'
import { ALL, heard, watching } from '../../../test/support/hub-heard.ts'
import { HubStage, type StageWatcher } from '../../../test/support/hub-stage.ts'
import type { WatchRequest } from '../../../test/support/watch-model.ts'

describe('who comes back', () => {
  test('is told what it missed, then goes on', async () => {
    const stage = new HubStage()
    const watcher = await watching(stage)
    stage.begin('a')
    await stage.advance(600)
    stage.cut(watcher)
    heard(watcher)
    const b = stage.begin('b')
    await stage.advance(600)
    stage.change('end', b, { reason: 'left' })
    stage.begin('c')
    await stage.advance(600)
    watcher.linked = true
    stage.watch(watcher, ALL, true)
    await stage.settle()
    expect(heard(watcher)).toEqual([
      { t: 'diff', of: 'all', entries: [], resumed: true, cursor: true },
      { t: 'diff', of: 'all', entries: ['b online'], cursor: true },
      { t: 'diff', of: 'all', entries: ['b offline left gone', 'c online'], cursor: true },
    ])
    stage.begin('d')
    await stage.advance(600)
    expect(heard(watcher)).toEqual([{ t: 'diff', of: 'all', entries: ['d online'], cursor: true }])
  })

  test('after too long is given a new list', async () => {
    const stage = new HubStage()
    const watcher = await watching(stage)
    stage.cut(watcher)
    heard(watcher)
    for (let n = 0; n < 5; n++) {
      stage.begin(`m${n}`)
      await stage.advance(60_000)
    }
    watcher.linked = true
    stage.watch(watcher, ALL, true)
    await stage.settle()
    expect(heard(watcher)).toEqual([
      {
        t: 'snapshot',
        of: 'all',
        part: 0,
        reset: true,
        entries: ['m0 online', 'm1 online', 'm2 online', 'm3 online', 'm4 online'],
        cursor: true,
      },
    ])
  })

  test('with named members hears only of those that changed', async () => {
    const stage = new HubStage()
    const request: WatchRequest = { of: 'members', members: ['a', 'b', 'c'] }
    stage.begin('a')
    const watcher = await watching(stage, request)
    stage.cut(watcher)
    heard(watcher)
    stage.begin('b')
    await stage.advance(600)
    watcher.linked = true
    stage.watch(watcher, request, true)
    await stage.settle()
    expect(heard(watcher)).toEqual([
      { t: 'diff', of: 'members', entries: ['b online'], resumed: true, cursor: true },
    ])
  })

  test('is refused with what is no cursor, and given a new list for one of another run', async () => {
    const stage = new HubStage()
    const watcher = stage.watcher()
    const past = `run.${(2 ** 32 + 5).toString(36)}`
    for (const cursor of ['', 'x', 'run.', 'run.!', `run.${'z'.repeat(60)}`, past])
      stage.watch(watcher, ALL, cursor)
    await stage.settle()
    expect(watcher.model.errors).toEqual([
      'bad_cursor',
      'bad_cursor',
      'bad_cursor',
      'bad_cursor',
      'bad_cursor',
      'cursor_ahead',
    ])
    expect(watcher.topics.size).toBe(0)
    stage.watch(watcher, ALL, 'another-run.1')
    await stage.settle()
    expect(heard(watcher).at(-1)).toEqual({
      t: 'snapshot',
      of: 'all',
      part: 0,
      reset: true,
      entries: [],
      cursor: true,
    })
  })
})

describe('a cursor of named members', () => {
  test('does not stand for what was still to be told when it was given', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    const watcher = await watching(stage, { of: 'members', members: ['ana'] })
    stage.change('away', ana)
    await stage.settle()
    stage.change('end', ana, { reason: 'left' })
    stage.watch(watcher, { of: 'members', members: ['bob'] })
    await stage.settle()
    stage.cut(watcher)
    heard(watcher)
    watcher.linked = true
    stage.watch(watcher, { of: 'members', members: ['ana', 'bob'] }, true)
    await stage.settle()
    expect(heard(watcher)).toEqual([
      { t: 'diff', of: 'members', entries: ['ana offline left'], resumed: true, cursor: true },
    ])
  })
})

describe('many', () => {
  test('watchers are told over several turns, none of which is long', async () => {
    const stage = new HubStage()
    const watchers: StageWatcher[] = []
    for (let n = 0; n < 2_000; n++) watchers.push(await watching(stage))
    stage.most = 0
    stage.published = 0
    stage.begin('a')
    await stage.settle()
    expect(stage.published).toBe(8)
    expect(stage.most).toBeLessThanOrEqual(512)
    for (const watcher of watchers) expect(watcher.model.lists.get('all')!.entries.size).toBe(1)
  })

  test('who comes while a round is under way is told nothing twice and misses nothing', async () => {
    const stage = new HubStage()
    for (let n = 0; n < 1_000; n++) await watching(stage)
    stage.begin('a')
    await stage.turn()
    const late = stage.watcher()
    stage.watch(late, ALL)
    stage.begin('b')
    await stage.settle()
    await stage.advance(600)
    expect(late.model.lists.get('all')!.entries.size).toBe(2)
    expect(late.sent.map(text => JSON.parse(text).t)).toEqual(['snapshot', 'diff'])
  })

  test('slow readers are waited for, not filled up', async () => {
    const stage = new HubStage()
    for (let n = 0; n < 1_500; n++) stage.begin(`m${n}`)
    const watcher = stage.watcher()
    watcher.queued = 2 ** 19
    stage.watch(watcher, ALL)
    await stage.advance(1_000)
    expect(watcher.sent).toEqual([])
    watcher.queued = 0
    await stage.advance(200)
    expect(watcher.sent).toHaveLength(3)
  })
})

describe('a large list under change', () => {
  test('is told once to a slow reader, and then what happened meanwhile', async () => {
    const stage = new HubStage()
    const profile = { text: 'x'.repeat(2_000) }
    const ids: number[] = []
    for (let n = 0; n < 1_500; n++) ids.push(stage.begin(`m${n}`, { profile }))
    const watcher = stage.watcher()
    stage.watch(watcher, ALL)
    for (let n = 0; n < 20; n++) await stage.turn()
    watcher.queued = 2 ** 20
    // over 2 MiB of diffs, and over two minutes, while it takes its parts
    for (let round = 0; round < 300; round++) {
      for (let n = 0; n < 10; n++)
        stage.change('update', ids[n]!, { details: { profile: { round, n, ...profile } } })
      await stage.advance(600)
    }
    watcher.queued = 0
    await stage.advance(2_000)
    const kinds = watcher.sent.map(text => JSON.parse(text)).filter(({ t }) => t === 'snapshot')
    expect(kinds.map(({ part, reset }) => [part, reset])).toEqual([
      [0, undefined],
      [1, undefined],
      [2, undefined],
    ])
    expect(watcher.model.lists.get('all')!.entries.get('m0')!.profile).toEqual({
      round: 299,
      n: 0,
      ...profile,
    })
  })
})
