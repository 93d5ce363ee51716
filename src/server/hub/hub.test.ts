import { describe, expect, test } from 'bun:test'
import { HubStage, plain, type StageWatcher } from '../../../test/support/hub-stage.ts'
import type { WatchRequest } from '../../../test/support/watch-model.ts'

const ALL: WatchRequest = { of: 'all' }

/** Frames since the last look, without what time and versions say. */
function heard(watcher: StageWatcher): unknown[] {
  const frames = watcher.sent.splice(0).map(text => {
    const { cursor, entries, now, ...rest } = JSON.parse(text)
    return {
      ...rest,
      ...(entries && { entries: entries.map((entry: object) => short(entry)) }),
      ...(cursor !== undefined && { cursor: true }),
    }
  })
  return frames
}

function short(entry: object): string {
  const { member, state, reason, gone, name } = plain(entry) as Record<string, unknown>
  return [member, state, reason, name, gone && 'gone']
    .filter(word => word !== undefined && word !== false)
    .join(' ')
}

async function watching(stage: HubStage, request: WatchRequest = ALL): Promise<StageWatcher> {
  const watcher = stage.watcher()
  stage.watch(watcher, request)
  await stage.settle()
  return watcher
}

describe('a list of all', () => {
  test('begins with those who are present and goes on with who comes and goes', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    const bob = stage.begin('bob')
    stage.change('end', bob)
    const watcher = await watching(stage)
    expect(heard(watcher)).toEqual([
      { t: 'snapshot', of: 'all', part: 0, entries: ['ana online'], cursor: true },
    ])
    stage.begin('cy')
    await stage.settle()
    expect(heard(watcher)).toEqual([{ t: 'diff', of: 'all', entries: ['cy online'], cursor: true }])
    await stage.advance(600)
    stage.change('end', ana, { reason: 'left' })
    await stage.settle()
    expect(heard(watcher)).toEqual([
      { t: 'diff', of: 'all', entries: ['ana offline left gone'], cursor: true },
    ])
  })

  test('tells the first change at once and merges what follows within half a second', async () => {
    const stage = new HubStage()
    const watcher = await watching(stage)
    heard(watcher)
    stage.begin('a')
    await stage.settle()
    expect(heard(watcher)).toHaveLength(1)
    const b = stage.begin('b')
    stage.begin('c')
    await stage.advance(200)
    stage.change('end', b, { reason: 'left' })
    await stage.advance(200)
    expect(heard(watcher)).toEqual([])
    await stage.advance(100)
    expect(heard(watcher)).toEqual([
      { t: 'diff', of: 'all', entries: ['b offline left gone', 'c online'], cursor: true },
    ])
  })

  test('puts all changes of one turn into one frame', async () => {
    const stage = new HubStage()
    const watcher = await watching(stage)
    heard(watcher)
    for (let n = 0; n < 10; n++) stage.begin(`m${n}`)
    await stage.settle()
    expect(heard(watcher)).toHaveLength(1)
  })

  test('is told in frames of at most 500 entries over several turns, diffs after the last', async () => {
    const stage = new HubStage()
    for (let n = 0; n < 1_200; n++) stage.begin(`m${String(n).padStart(4, '0')}`)
    const watcher = stage.watcher()
    stage.watch(watcher, ALL)
    const frames: number[] = []
    for (let n = 0; n < 40; n++) {
      await stage.turn()
      frames.push(watcher.sent.length)
      if (n === 1) stage.begin('late')
    }
    await stage.settle()
    const kinds = watcher.sent
      .map(text => JSON.parse(text))
      .map(({ t, part, more, entries }) => [t, part, more, entries.length])
    expect(kinds.slice(0, 3)).toEqual([
      ['snapshot', 0, true, 500],
      ['snapshot', 1, true, 500],
      ['snapshot', 2, undefined, 200],
    ])
    expect(new Set(frames.filter(count => count <= 3)).size).toBeGreaterThan(2)
    await stage.advance(600)
    expect(watcher.model.lists.get('all')!.entries.size).toBe(1_201)
  })

  test('says nothing of suspicions to those who did not ask', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    const calm = await watching(stage)
    const keen = await watching(stage, { of: 'all', suspect: true })
    heard(calm)
    heard(keen)
    stage.change('suspect', ana)
    await stage.advance(600)
    stage.change('resume', ana)
    await stage.advance(600)
    expect(heard(calm)).toEqual([])
    expect(heard(keen).map(frame => (frame as { entries: string[] }).entries)).toEqual([
      ['ana suspect lost'],
      ['ana online'],
    ])
    stage.change('suspect', ana)
    const late = await watching(stage)
    expect(heard(late)).toEqual([
      { t: 'snapshot', of: 'all', part: 0, entries: ['ana online'], cursor: true },
    ])
    stage.change('end', ana)
    await stage.advance(600)
    expect(heard(late)).toEqual([{ t: 'diff', of: 'all', entries: ['ana offline lost gone'], cursor: true }])
  })

  test('shows who hides as gone, and nothing of what it does then', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    const watcher = await watching(stage)
    heard(watcher)
    stage.change('update', ana, { details: { status: { visibility: 'hidden', text: null, until: null } } })
    await stage.advance(600)
    expect(heard(watcher)).toEqual([
      { t: 'diff', of: 'all', entries: ['ana offline left gone'], cursor: true },
    ])
    stage.change('away', ana)
    stage.change('back', ana)
    stage.change('end', ana)
    const again = stage.begin('ana')
    await stage.advance(600)
    expect(heard(watcher)).toEqual([])
    stage.change('update', again, { details: { status: null } })
    await stage.advance(600)
    expect(heard(watcher)).toEqual([{ t: 'diff', of: 'all', entries: ['ana online'], cursor: true }])
    expect(watcher.model.lists.get('all')!.entries.get('ana')!.since).toBe(1_700_000_001_200)
  })

  test('that is kept for a moment does not name who left meanwhile', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    await watching(stage)
    stage.begin('bob')
    await stage.settle()
    await watching(stage)
    stage.change('end', ana, { reason: 'left' })
    const late = await watching(stage)
    expect(heard(late)).toEqual([
      { t: 'snapshot', of: 'all', part: 0, entries: ['ana online', 'bob online'], cursor: true },
      { t: 'diff', of: 'all', entries: ['ana offline left gone'], cursor: true },
    ])
  })
})

describe('a group', () => {
  test('lists its standing members also while they are offline', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    stage.enter(ana, 'g')
    stage.enter(0, 'g', 'bob')
    const watcher = await watching(stage, { of: 'group', group: 'g' })
    expect(heard(watcher)).toEqual([
      {
        t: 'snapshot',
        of: 'group',
        group: 'g',
        part: 0,
        entries: ['ana online', 'bob offline'],
        cursor: true,
      },
    ])
    const bob = stage.begin('bob')
    await stage.advance(600)
    stage.change('end', bob, { reason: 'left' })
    stage.change('end', ana, { reason: 'left' })
    await stage.advance(600)
    expect(heard(watcher)).toEqual([
      { t: 'diff', of: 'group', group: 'g', entries: ['bob online'], cursor: true },
      {
        t: 'diff',
        of: 'group',
        group: 'g',
        entries: ['bob offline left', 'ana offline left gone'],
        cursor: true,
      },
    ])
  })

  test('is not told of by what happens in another', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    stage.enter(ana, 'g')
    const watcher = await watching(stage, { of: 'group', group: 'g' })
    heard(watcher)
    stage.enter(ana, 'h')
    stage.exit(ana, 'h')
    stage.enter(stage.begin('bob'), 'h')
    await stage.advance(600)
    expect(heard(watcher)).toEqual([])
  })
})

describe('named members', () => {
  test('each has an answer, also the unknown, and later changes come in one diff', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    const watcher = await watching(stage, { of: 'members', members: ['bob', 'ana'] })
    expect(heard(watcher)).toEqual([
      { t: 'snapshot', of: 'members', part: 0, entries: ['bob unknown', 'ana online'], cursor: true },
    ])
    stage.begin('bob')
    stage.begin('somebody')
    stage.change('end', ana, { reason: 'left' })
    await stage.settle()
    expect(heard(watcher)).toEqual([
      { t: 'diff', of: 'members', entries: ['bob online', 'ana offline left'], cursor: true },
    ])
  })

  test('add up to ten thousand and no further', async () => {
    const stage = new HubStage()
    const ids = Array.from({ length: 9_999 }, (_, n) => `m${n}`)
    const watcher = await watching(stage, { of: 'members', members: ids })
    await stage.settle()
    expect(watcher.model.lists.get('members')!.entries.size).toBe(9_999)
    stage.watch(watcher, { of: 'members', members: ['x', 'm1'] })
    await stage.settle()
    expect(watcher.model.errors).toEqual([])
    stage.watch(watcher, { of: 'members', members: ['y'] })
    await stage.settle()
    expect(watcher.model.errors).toEqual(['too_many'])
  })

  test('struck off are not heard of any more, also when their snapshot is still under way', async () => {
    const stage = new HubStage()
    const watcher = stage.watcher()
    stage.watch(watcher, { of: 'members', members: ['a', 'b'] })
    stage.hub.request(watcher, { t: 'unwatch', scope: { of: 'members', members: ['a'] } })
    await stage.settle()
    expect(heard(watcher)).toEqual([
      { t: 'snapshot', of: 'members', part: 0, entries: ['b unknown'], cursor: true },
    ])
    stage.begin('a')
    await stage.settle()
    expect(heard(watcher)).toEqual([])
    stage.hub.request(watcher, { t: 'unwatch', scope: { of: 'members', members: true } })
    stage.begin('b')
    await stage.advance(600)
    expect(heard(watcher)).toEqual([])
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

describe('numbers', () => {
  test('are told at once and again when they change', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana', { type: 'vip' })
    stage.enter(ana, 'g')
    const watcher = stage.watcher()
    stage.hub.request(watcher, {
      t: 'watch',
      scope: { of: 'counts', group: null },
      suspect: true,
      cursor: null,
      id: 7,
    })
    await stage.settle()
    const one = { online: 1, away: 0, suspect: 0, offline: 0 }
    expect(heard(watcher)).toEqual([
      { t: 'ack', id: 7 },
      { t: 'counts', states: one, types: { vip: one }, groups: { g: one } },
    ])
    stage.change('suspect', ana)
    stage.change('update', ana, { details: { name: 'Ana' } })
    await stage.settle()
    const suspect = { online: 0, away: 0, suspect: 1, offline: 0 }
    expect(heard(watcher)).toEqual([
      { t: 'counts', states: suspect, types: { vip: suspect }, groups: { g: suspect } },
    ])
    await stage.advance(600)
    stage.change('update', ana, { details: { name: 'A' } })
    await stage.advance(600)
    expect(heard(watcher)).toEqual([])
  })

  test('of a group, with suspects as what they were', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana', { type: 'vip' })
    const watcher = stage.watcher()
    const request = { t: 'watch', scope: { of: 'counts', group: 'g' }, suspect: false, cursor: null } as const
    stage.hub.request(watcher, request)
    await stage.settle()
    const none = { online: 0, away: 0, suspect: 0, offline: 0 }
    expect(heard(watcher)).toEqual([{ t: 'counts', group: 'g', states: none, types: {} }])
    stage.enter(ana, 'g')
    stage.change('suspect', ana)
    await stage.settle()
    const one = { ...none, online: 1 }
    expect(heard(watcher)).toEqual([{ t: 'counts', group: 'g', states: one, types: { vip: one } }])
  })

  test('are not counted anew with every step that changes none of them', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    const watcher = stage.watcher()
    stage.hub.request(watcher, {
      t: 'watch',
      scope: { of: 'counts', group: null },
      suspect: false,
      cursor: null,
    })
    await stage.settle()
    const { tally } = stage.store
    let counted = 0
    Object.defineProperty(stage.store, 'tally', {
      get: () => {
        counted++
        return tally
      },
    })
    for (let n = 0; n < 10; n++) {
      stage.change('update', ana, { details: { name: `Ana ${n}` } })
      await stage.settle()
    }
    expect(counted).toBe(1)
    await stage.advance(600)
    expect(counted).toBe(2)
  })
})

describe('very many groups', () => {
  test('are counted over several turns, and the largest are named', async () => {
    const stage = new HubStage()
    for (let n = 0; n < 5_000; n++) stage.enter(0, `g${n}`, `m${n % 60}`)
    for (let n = 0; n < 50; n++) stage.enter(0, 'large', `m${n}`)
    const watcher = stage.watcher()
    const request = {
      t: 'watch',
      scope: { of: 'counts', group: null },
      suspect: false,
      cursor: null,
    } as const
    stage.hub.request(watcher, request)
    await stage.turn()
    expect(watcher.sent).toEqual([])
    await stage.settle()
    const { groups } = JSON.parse(watcher.sent[0]!)
    expect(Object.keys(groups)).toHaveLength(100)
    expect(groups.large.offline).toBe(50)
  })
})

describe('an ask', () => {
  test('is answered for each id, in frames of a thousand', async () => {
    const stage = new HubStage()
    stage.begin('m1')
    const watcher = stage.watcher()
    stage.hub.request(watcher, { t: 'ask', members: ['m1', 'x'], id: 'q' })
    await stage.settle()
    expect(heard(watcher)).toEqual([{ t: 'answer', id: 'q', entries: ['m1 online', 'x unknown'] }])
    stage.hub.request(watcher, { t: 'ask', members: Array.from({ length: 2_500 }, (_, n) => `m${n}`) })
    await stage.settle()
    const frames = watcher.sent.map(text => JSON.parse(text))
    expect(frames.map(({ entries, more }) => [entries.length, more])).toEqual([
      [1_000, true],
      [1_000, true],
      [500, undefined],
    ])
  })

  test('has to wait its turn, and too many are refused', async () => {
    const stage = new HubStage()
    const watcher = stage.watcher()
    for (let n = 0; n < 70; n++) stage.hub.request(watcher, { t: 'ask', members: ['a'], id: n })
    await stage.settle()
    const answers = watcher.model.others.length
    expect(answers).toBe(64)
    expect(watcher.model.errors).toEqual(Array.from({ length: 6 }, () => 'too_many'))
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

describe('limits and ends', () => {
  test('a hundred groups, and one more is refused', async () => {
    const stage = new HubStage()
    const watcher = stage.watcher()
    for (let n = 0; n < 101; n++) {
      stage.watch(watcher, { of: 'group', group: `g${n}` })
      await stage.settle()
    }
    expect(watcher.model.errors).toEqual(['too_many'])
    stage.unwatch(watcher, { of: 'group', group: 'g1' })
    stage.watch(watcher, { of: 'group', group: 'g100' })
    await stage.settle()
    expect(watcher.model.errors).toEqual(['too_many'])
  })

  test('after an unwatch nothing more comes, whatever was under way', async () => {
    const stage = new HubStage()
    for (let n = 0; n < 1_200; n++) stage.begin(`m${n}`)
    const watcher = stage.watcher()
    stage.watch(watcher, ALL)
    for (let n = 0; n < 6; n++) await stage.turn()
    stage.unwatch(watcher, ALL)
    heard(watcher)
    stage.begin('x')
    await stage.advance(1_000)
    expect(heard(watcher)).toEqual([])
    expect(watcher.topics.size).toBe(0)
  })

  test('who watches anew what it watches already gets a new list, once', async () => {
    const stage = new HubStage()
    const ana = stage.begin('ana')
    const watcher = await watching(stage)
    heard(watcher)
    stage.watch(watcher, { of: 'all', suspect: true })
    stage.watch(watcher, { of: 'all', suspect: true })
    await stage.settle()
    expect(heard(watcher)).toHaveLength(1)
    expect(watcher.topics.size).toBe(1)
    stage.change('suspect', ana)
    await stage.settle()
    expect(heard(watcher)).toHaveLength(1)
  })

  test('who is gone leaves nothing behind', async () => {
    const stage = new HubStage()
    const watcher = await watching(stage, { of: 'members', members: ['a', 'b'] })
    stage.watch(watcher, ALL)
    stage.watch(watcher, { of: 'group', group: 'g' })
    await stage.settle()
    stage.cut(watcher)
    stage.begin('a')
    await stage.advance(200_000)
    expect(watcher.watcher).toBeNull()
    expect(stage.hub.load).toEqual({ lists: 0, members: 0 })
  })
})
