import { describe, expect, test } from 'bun:test'
import { ALL, heard, watching } from '../../../test/support/hub-heard.ts'
import { HubStage } from '../../../test/support/hub-stage.ts'

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
