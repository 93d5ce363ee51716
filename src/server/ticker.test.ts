import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test'
import { Ticker } from './ticker.ts'

const time = { at: 10_000 }
let fire: () => void
let turns: (() => void)[]
let cleared = 0
const spies: { mockRestore(): void }[] = []

beforeEach(() => {
  time.at = 10_000
  turns = []
  cleared = 0
  spies.push(
    spyOn(globalThis, 'setInterval').mockImplementation(((run: () => void) => {
      fire = run
      return 1
    }) as never),
    spyOn(globalThis, 'clearInterval').mockImplementation((() => void cleared++) as never),
    spyOn(globalThis, 'setImmediate').mockImplementation(
      ((run: () => void) => void turns.push(run)) as never,
    ),
  )
})

afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore()
})

function setUp() {
  const seen: string[] = []
  const ticker = new Ticker(
    100,
    { now: () => time.at },
    {
      stalled: (ms, at) => void seen.push(`stalled ${ms} at ${at}`),
      tick: at => void seen.push(`tick ${at}`),
    },
  )
  ticker.start()
  const after = (ms: number) => {
    time.at += ms
    fire()
    return seen.splice(0)
  }
  const turn = () => {
    for (const run of turns.splice(0)) run()
    return seen.splice(0)
  }
  return { ticker, after, turn }
}

describe('a tick', () => {
  test('on time, early, or late by up to a tick is only a tick', () => {
    const { after } = setUp()
    expect(after(100)).toEqual(['tick 10100'])
    expect(after(40)).toEqual(['tick 10140'])
    expect(after(200)).toEqual(['tick 10340'])
  })

  test('later than that says for how long nobody listened, reads two turns, and only then judges', () => {
    const { after, turn } = setUp()
    expect(after(201)).toEqual(['stalled 101 at 10201'])
    expect(turn()).toEqual([])
    time.at += 7
    expect(turn()).toEqual(['tick 10208'])
    expect(after(100)).toEqual(['tick 10308'])
  })

  test('after 30 s of standstill counts once, also when the timer fires again while it still reads', () => {
    const { after, turn } = setUp()
    expect(after(30_000)).toEqual(['stalled 29900 at 40000'])
    expect(after(50)).toEqual([])
    turn()
    expect(turn()).toEqual(['tick 40050'])
  })

  test('never comes after stop, not even the one that was waiting', () => {
    const { ticker, after, turn } = setUp()
    after(5_000)
    ticker.stop()
    turn()
    expect(turn()).toEqual([])
    expect(cleared).toBe(1)
    ticker.stop()
    expect(cleared).toBe(1)
  })
})
