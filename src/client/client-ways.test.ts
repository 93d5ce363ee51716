// Ways to the server: the second after two failed upgrades where the first never worked, remembered for the visit; what
// does not speak the protocol, and transports that throw.

import { afterEach, expect, test } from 'bun:test'
import { Stage, strike } from '../../test/support/client-stage.ts'
import { FakePlace, FakeStorage } from '../../test/support/fake-place.ts'
import { FakeWay } from '../../test/support/fake-way.ts'

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

/** Two ways: `first` is blocked as long as it says so. */
class Crossroads {
  readonly place: FakePlace
  readonly stage: Stage
  readonly first: FakeWay
  readonly second: FakeWay
  isBlocked = true

  constructor(storage = new FakeStorage()) {
    this.place = new FakePlace({ storage, locks: null })
    this.first = new FakeWay(null, 'first')
    this.second = new FakeWay(null, 'second', false)
    this.stage = new Stage({ place: this.place, transports: [this.first, this.second] })
    const { server } = this.stage
    this.second.far = server
    this.first.far = {
      dialed: line => (this.isBlocked ? queueMicrotask(() => line.cut()) : server.dialed(line)),
      heard: (line, frame) => server.heard(line, frame),
    }
  }

  get dials(): [number, number] {
    return [this.first.dials, this.second.dials]
  }
}

test('blocked twice, the second is tried', async () => {
  const { stage, place, dials: none } = new Crossroads()
  expect(none).toEqual([0, 0])
  await place.advance(31_000)
  expect(stage.client.state).toBe('online')
})

test('the second is remembered for the visit, and only there', async () => {
  const storage = new FakeStorage()
  const one = new Crossroads(storage)
  await one.place.advance(31_000)
  // before it is taken for good, the first is asked once more
  expect(one.dials).toEqual([3, 2])
  await strike()
  const reloaded = new Crossroads(storage)
  await reloaded.place.advance(0)
  expect([reloaded.dials, reloaded.stage.client.state]).toEqual([[0, 1], 'online'])
  await strike()
  const other = new Crossroads()
  await other.place.advance(0)
  expect(other.dials[0]).toBe(1)
})

test('an outage at the begin is over for the first way too', async () => {
  const roads = new Crossroads()
  while (roads.second.dials === 0) {
    roads.isBlocked = roads.first.dials < 2
    await roads.place.advance(100)
  }
  await roads.place.advance(10_000)
  expect([roads.stage.client.state, roads.dials]).toEqual(['online', [3, 1]])
  expect(roads.first.line.lives).toBe(true)
  expect(roads.second.living).toBe(0)
})

test('where the first has worked, a server that is away does not change the way', async () => {
  const storage = new FakeStorage()
  const roads = new Crossroads(storage)
  roads.isBlocked = false
  await roads.place.advance(1_000)
  expect(roads.stage.client.state).toBe('online')
  roads.isBlocked = true
  roads.first.line.cut()
  await roads.place.advance(300_000)
  expect(roads.second.dials).toBe(0)
  await strike()
  const reloaded = new Crossroads(storage)
  await reloaded.place.advance(300_000)
  expect(reloaded.second.dials).toBe(0)
})

test('neither works: both are tried in turn for ever', async () => {
  const roads = new Crossroads()
  roads.second.far = roads.first.far
  await roads.place.advance(400_000)
  expect(Math.min(...roads.dials)).toBeGreaterThan(2)
})

test('what is given up by the program is no failed upgrade', async () => {
  const roads = new Crossroads()
  roads.isBlocked = false
  roads.stage.server.mute = true
  for (let round = 0; round < 4; round++) {
    await roads.place.advance(100)
    roads.stage.client.leave()
    roads.stage.client.connect()
  }
  await roads.place.advance(100)
  expect(roads.second.dials).toBe(0)
})

test('over a way without pings it beats also when hidden', async () => {
  const roads = new Crossroads()
  await roads.place.advance(31_000)
  await roads.place.tell('hidden')
  const { sent } = roads.second.line
  const beats = sent.length
  await roads.place.advance(40_000)
  expect(sent.slice(beats).filter(({ t }) => t === 'beat').length).toBeGreaterThanOrEqual(4)
})

test('a transport that throws: said, and tried again', async () => {
  const stage = new Stage()
  stage.way.fault = new Error('not here')
  await stage.place.advance(20_000)
  expect([new Set(stage.codes()), stage.client.state === 'closed']).toEqual([new Set(['transport']), false])
  stage.way.fault = null
  await stage.place.advance(31_000)
  expect(stage.client.state).toBe('online')
})

test('what answers in another language is said and left', async () => {
  const stage = new Stage({ quiet: true })
  await stage.place.advance(0)
  for (const protocol of ['', 'mqtt']) {
    const { line } = stage
    line.opened(protocol)
    await stage.place.advance(0)
    expect([stage.codes(), line.sent, line.closedWith, stage.client.state]).toEqual([
      ['unsupported'],
      [],
      4000,
      'waiting',
    ])
    await stage.place.advance(31_000)
    if (stage.client.state === 'waiting') await stage.place.advance(31_000)
  }
})

test('a way that knows why it failed is heard', async () => {
  const stage = new Stage({ quiet: true })
  await stage.place.advance(0)
  await stage.cut(1006)
  expect(stage.codes()).toEqual([])
  await stage.place.advance(2_000)
  stage.line.cut(1006, 'answered 502 text/html: no event stream')
  expect(stage.problems.map(({ code, message }) => [code, message])).toEqual([
    ['transport', 'answered 502 text/html: no event stream'],
  ])
})
