import { describe, expect, test } from 'bun:test'
import { heard } from '../../../test/support/hub-heard.ts'
import { HubStage } from '../../../test/support/hub-stage.ts'

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
