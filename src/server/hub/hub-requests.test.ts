import { describe, expect, test } from 'bun:test'
import { ALL, heard, watching } from '../../../test/support/hub-heard.ts'
import { HubStage } from '../../../test/support/hub-stage.ts'

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
