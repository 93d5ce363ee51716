// Whoever watches a member that is erased is told that nothing is known of it, and its name is told to nobody again.

import { expect, test } from 'bun:test'
import { reach } from '../../../test/support/fake-authority.ts'
import { ALL, heard, watching } from '../../../test/support/hub-heard.ts'
import { HubStage, type StageWatcher } from '../../../test/support/hub-stage.ts'
import type { WatchRequest } from '../../../test/support/watch-model.ts'
import { sightOf } from './sight.ts'

const BY_NAME: WatchRequest = { of: 'members', members: ['ana', 'bo'] }
const GROUP: WatchRequest = { of: 'group', group: 'g' }

/** Ana stands in `g`, and has a name. */
function setUp() {
  const stage = new HubStage()
  stage.begin('bo')
  const ana = stage.begin('ana', { name: 'Ana' })
  stage.enter(0, 'g', 'ana')
  stage.enter(ana, 'h')
  return { stage, ana }
}

const texts = (watcher: StageWatcher) => watcher.sent.join('\n')

test('one that is offline is told as unknown to who named it, and as gone from its groups', async () => {
  const { stage, ana } = setUp()
  stage.change('end', ana)
  const watchers = await Promise.all([BY_NAME, GROUP, ALL].map(request => watching(stage, request)))
  const [byName, group, all] = watchers as [StageWatcher, StageWatcher, StageWatcher]
  for (const watcher of watchers) heard(watcher)
  stage.erase('ana')
  await stage.advance(1_000)
  expect(JSON.parse(byName.sent[0]!)).toMatchObject({ entries: [{ member: 'ana', state: 'unknown' }] })
  expect(heard(byName)).toEqual([{ t: 'diff', of: 'members', entries: ['ana unknown'], cursor: true }])
  expect(heard(group)).toEqual([
    { t: 'diff', of: 'group', group: 'g', entries: ['ana unknown gone'], cursor: true },
  ])
  expect(heard(all)).toEqual([])
})

test('one that was here is told so in place of its leave, which would still name it', async () => {
  const { stage, ana } = setUp()
  const h: WatchRequest = { of: 'group', group: 'h' }
  const watchers = await Promise.all([BY_NAME, GROUP, ALL, h].map(request => watching(stage, request)))
  for (const watcher of watchers) heard(watcher)
  stage.change('end', ana)
  stage.erase('ana')
  await stage.advance(1_000)
  expect(watchers.map(texts).join()).not.toContain('Ana')
  expect(watchers.map(watcher => heard(watcher))).toMatchObject([
    [{ entries: ['ana unknown'] }],
    [{ entries: ['ana unknown gone'] }],
    [{ entries: ['ana unknown gone'] }],
    [{ entries: ['ana unknown gone'] }],
  ])
})

test('numbers are told anew', async () => {
  const { stage, ana } = setUp()
  stage.change('end', ana)
  await stage.advance(1_000)
  const watcher = stage.watcher()
  stage.hub.request(watcher, {
    t: 'watch',
    scope: { of: 'counts', group: 'g' },
    suspect: false,
    cursor: null,
  })
  await stage.settle()
  expect(heard(watcher)).toMatchObject([{ states: { offline: 1 } }])
  stage.erase('ana')
  await stage.advance(1_000)
  expect(heard(watcher)).toMatchObject([{ states: { offline: 0 } }])
})

test('who comes back with a cursor of before is told it too, or is given a list without its name', async () => {
  const { stage } = setUp()
  const requests = [BY_NAME, GROUP, ALL]
  const watchers = await Promise.all(requests.map(request => watching(stage, request)))
  for (const watcher of watchers) stage.cut(watcher)
  const other = stage.begin('cy')
  stage.change('update', 2, { details: { name: 'Anna' } })
  stage.change('end', 2)
  await stage.advance(1_000)
  stage.erase('ana')
  await stage.advance(1_000)
  for (const [i, watcher] of watchers.entries()) {
    watcher.sent.length = 0
    watcher.linked = true
    stage.watch(watcher, requests[i]!, true)
  }
  await stage.settle()
  expect(watchers.map(texts).join()).not.toMatch(/Ann?a/)
  expect(watchers.map(watcher => heard(watcher))).toMatchObject([
    [{ t: 'diff', resumed: true, entries: ['ana unknown'] }],
    [{ t: 'snapshot', reset: true, entries: [] }],
    [{ t: 'snapshot', reset: true, entries: ['bo online', 'cy online'] }],
  ])
  const [byName] = watchers as [StageWatcher]
  stage.cut(byName)
  byName.linked = true
  stage.watch(byName, { of: 'members', members: ['ana', 'bo', 'nobody'] }, true)
  stage.change('end', other)
  await stage.settle()
  expect(heard(byName)).toMatchObject([{ resumed: true, entries: [] }])
})

test('a diff that was told meanwhile is gone on from, where it does not name the erased', async () => {
  const { stage } = setUp()
  const group = await watching(stage, GROUP)
  stage.change('end', 2)
  await stage.advance(1_000)
  const before = group.model.lists.get('group g')!.cursor
  stage.erase('ana')
  await stage.advance(1_000)
  stage.enter(1, 'g')
  await stage.advance(1_000)
  stage.cut(group)
  heard(group)
  group.model.lists.get('group g')!.cursor = before
  group.linked = true
  stage.watch(group, GROUP, true)
  await stage.settle()
  expect(heard(group)).toMatchObject([
    { resumed: true },
    { entries: ['ana unknown gone'] },
    { entries: ['bo online'] },
  ])
})

test('who never saw it hears nothing of it; who did hears it once', async () => {
  const { stage } = setUp()
  const [sees, blind] = [stage.watcher(), stage.watcher()]
  sees.sight = sightOf(reach(['ana']), 'me')
  blind.sight = sightOf(reach(['bo']), 'me')
  for (const watcher of [sees, blind]) stage.watch(watcher, BY_NAME)
  await stage.settle()
  for (const watcher of [sees, blind]) heard(watcher)
  stage.change('end', 2)
  stage.erase('ana')
  await stage.advance(1_000)
  expect([heard(sees), heard(blind)]).toMatchObject([[{ entries: ['ana unknown'] }], []])
})

test('one of the same name that comes at once is another', async () => {
  const { stage, ana } = setUp()
  const [byName, group] = [await watching(stage, BY_NAME), await watching(stage, GROUP)]
  for (const watcher of [byName, group]) heard(watcher)
  stage.change('end', ana)
  stage.erase('ana')
  stage.begin('ana')
  await stage.advance(1_000)
  expect(heard(byName)).toMatchObject([{ entries: ['ana online'] }])
  expect(heard(group)).toMatchObject([{ entries: ['ana unknown gone'] }])
  stage.enter(0, 'g', 'ana')
  await stage.advance(1_000)
  expect(heard(group)).toMatchObject([{ entries: ['ana online'] }])
  const held = group.model.lists.get('group g')!.entries
  expect([...held.keys()]).toEqual(['ana'])
})
