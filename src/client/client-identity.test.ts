// Who a tab is to the server: the same after a reload, another one for a copy, and no dead client where the browser has
// no storage or no locks, forbids them, or lets them hang.

import { afterEach, expect, test } from 'bun:test'
import { onlineStage, Stage, strike } from '../../test/support/client-stage.ts'
import { FakeLocks } from '../../test/support/fake-locks.ts'
import { FakePlace, FakeStorage, settle } from '../../test/support/fake-place.ts'

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

const whoOf = ({ line }: Stage) => [line.hello!.instance, line.hello!.epoch] as [string, number]

/** A page of a tab with this storage, in a browser with these locks. */
function page(storage: FakeStorage, locks: FakeLocks | null): FakePlace {
  return new FakePlace({ storage, locks, seed: ++pages })
}
let pages = 0

test('a reload is the same instance with a newer epoch', async () => {
  const [storage, locks] = [new FakeStorage(), new FakeLocks()]
  const first = await onlineStage({ place: page(storage, locks) })
  const [instance] = whoOf(first)
  await first.place.tell('leaving')
  await strike()
  const second = await onlineStage({ place: page(storage, locks) })
  expect(whoOf(second)).toEqual([instance, 2])
})

test('a page that is reloaded lets go of its lock a moment later: the next one waits for it', async () => {
  const [storage, locks] = [new FakeStorage(), new FakeLocks()]
  const first = await onlineStage({ place: page(storage, locks) })
  const [instance] = whoOf(first)
  await strike()
  const letGo = locks.take(`systole ${instance}`)
  const second = new Stage({ place: page(storage, locks) })
  await second.place.advance(500)
  expect([second.client.state, second.way.dials]).toEqual(['connecting', 0])
  letGo()
  await settle()
  expect(whoOf(second)).toEqual([instance, 2])
})

test('a copied tab draws its own', async () => {
  const locks = new FakeLocks()
  const original = await onlineStage({ place: page(new FakeStorage(), locks) })
  const copied = new FakeStorage()
  for (const [key, text] of original.place.storage!.kept) copied.kept.set(key, text)
  const key = [...copied.kept.keys()][0]!
  // as in another process, which knows nothing of this page
  await strikeKeeping(original)
  const letGo = locks.take(`systole ${whoOf(original)[0]}`)
  const copy = new Stage({ place: page(copied, locks) })
  await copy.place.advance(900)
  expect(copy.way.dials).toBe(0)
  await copy.place.advance(300)
  expect(copy.client.state).toBe('online')
  const [instance, epoch] = whoOf(copy)
  expect([instance === whoOf(original)[0], epoch]).toEqual([false, 1])
  expect(copied.kept.get(key)).toContain(instance)
  letGo()
})

test('the server settles what nothing else could: a new instance, once', async () => {
  const stage = new Stage({ place: { locks: null } })
  const refused: unknown[] = []
  stage.server.refuse = ({ instance }) => {
    if (refused.length > 0) return null
    refused.push(instance)
    return { code: 'instance_conflict', close: 4409 }
  }
  await stage.place.advance(1_000)
  expect(stage.client.state).toBe('online')
  expect([whoOf(stage)[0] === refused[0], whoOf(stage)[1]]).toEqual([false, 1])
  expect(stage.told()).toContain('connecting>waiting conflict')
})

test('refused by everybody it stays away', async () => {
  const stage = new Stage()
  stage.server.refuse = () => ({ code: 'instance_conflict', close: 4409 })
  await stage.place.advance(60_000)
  expect([stage.client.state, stage.way.dials, stage.told().at(-1)]).toEqual([
    'closed',
    2,
    'connecting>closed conflict',
  ])
})

test.each(['forbidden', 'full', 'none'] as const)(
  'storage that is %s: said once, and it goes on',
  async storage => {
    const stage = await onlineStage({ place: { storage } })
    for (let round = 0; round < 3; round++) {
      await stage.cut()
      await stage.place.advance(31_000)
    }
    expect([stage.client.state, whoOf(stage)[1]]).toEqual(['online', 4])
    expect(stage.codes().filter(code => code === 'storage').length).toBe(storage === 'none' ? 0 : 1)
  },
)

test('what stands in storage is not trusted', async () => {
  for (const text of [
    '',
    'x',
    'a b',
    '<script> 1',
    `${'a'.repeat(26)} 99999999999`,
    `${'a'.repeat(70)} 1`,
    '{"a":1}',
  ]) {
    const storage = new FakeStorage()
    const first = await onlineStage({ place: page(storage, null) })
    await strike()
    for (const key of storage.kept.keys()) storage.kept.set(key, text)
    const stage = await onlineStage({ place: page(storage, null) })
    expect([text, whoOf(stage)[1], /^[\w-]{20,64}$/.test(whoOf(stage)[0])]).toEqual([text, 1, true])
    expect(whoOf(stage)[0]).not.toBe(whoOf(first)[0])
    await strike()
  }
})

test('two clients of one member on one page are two sessions, and stay the same two', async () => {
  const [storage, locks] = [new FakeStorage(), new FakeLocks()]
  const visits: unknown[][] = []
  for (let visit = 0; visit < 2; visit++) {
    const place = page(storage, locks)
    const both = [new Stage({ place }), new Stage({ place })]
    await place.advance(0)
    visits.push(both.map(stage => whoOf(stage)[0]))
    await strike()
  }
  expect(new Set(visits.flat()).size).toBe(2)
  expect(visits[0]).toEqual(visits[1]!)
})

test.each(['throws', 'rejects', 'hang'] as const)('locks: %s: said, and it goes on', async fault => {
  const locks = new FakeLocks()
  locks.fault = fault
  const stage = new Stage({ place: new FakePlace({ locks }) })
  await stage.place.advance(20_000)
  if (fault === 'hang') locks.fault = 'none'
  await stage.place.advance(60_000)
  expect(stage.client.state).toBe('online')
  if (fault !== 'hang') expect(stage.codes()).toEqual(['locks'])
})

test('a page without locks: said once, and it goes on; a program needs none', async () => {
  const stage = await onlineStage({ place: { locks: null, base: 'https://page.test/' } })
  await stage.cut()
  await stage.place.advance(31_000)
  expect([stage.client.state, stage.codes()]).toEqual(['online', ['locks']])
  const program = await onlineStage({ place: { locks: null, storage: 'none' } })
  expect(program.codes()).toEqual([])
})

test('destroyed, left or put aside while it waits for its lock, it never holds it', async () => {
  for (const end of ['destroy', 'leave', 'cached'] as const) {
    const [storage, locks] = [new FakeStorage(), new FakeLocks()]
    const first = await onlineStage({ place: page(storage, locks) })
    const [instance] = whoOf(first)
    await strike()
    const letGo = locks.take(`systole ${instance}`)
    const stage = new Stage({ place: page(storage, locks) })
    await stage.place.advance(100)
    if (end === 'cached') await stage.place.tell('cached')
    else stage.client[end]()
    letGo()
    await stage.place.advance(100)
    const held = end === 'leave' ? [] : [...locks.held]
    expect([end, held, stage.way.dials]).toEqual([end, [], 0])
    await strike()
  }
})

/** Ends a client, but neither its storage nor what is known of it. */
async function strikeKeeping({ client }: Stage): Promise<void> {
  client.destroy()
  await settle()
}
