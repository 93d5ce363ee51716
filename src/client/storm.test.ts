// Ten thousand clients whose server goes away: how many are back in the busiest second. The machine is the real one, the
// clock is not, and each seed draws the same storm again.

import { expect, test } from 'bun:test'
import { mulberry } from '../../test/support/fake-place.ts'
import { IDLE, type Input, type Machine, step } from './machine.ts'

const CLIENTS = 10_000
const SPREAD = 50
const SEEDS = [1, 2, 3, 4, 5]

interface Storm {
  readonly seed: number
  /** ms without a server. */
  readonly outage: number
  readonly window: { readonly min: number; readonly max: number } | null
}

/** Clients by the millisecond of their deadline. */
class Deadlines {
  readonly #slots: number[][] = []

  add(at: number, client: number): void {
    this.#slots[at] ??= []
    this.#slots[at].push(client)
  }

  /** From the first to the last; what is added at that moment or later comes too. */
  *all(): Generator<readonly [at: number, client: number]> {
    for (let at = 0; at < this.#slots.length; at++)
      for (let index = 0; index < (this.#slots[at]?.length ?? 0); index++)
        yield [at, this.#slots[at]![index]!]
  }
}

/** When each client is back, in ms since the server went away; sorted. */
function storm({ seed, outage, window }: Storm): number[] {
  const random = mulberry(seed)
  const back: number[] = []
  const deadlines = new Deadlines()
  const machines: Machine[] = []

  const give = (client: number, input: Input, at: number): void => {
    const made = step(machines[client] ?? IDLE, input, at, random())
    machines[client] = made.machine
    if (!made.effects.includes('open')) return
    if (at < outage) return give(client, { type: 'closed', code: 1006 }, at)
    give(client, { type: 'welcome', interval: 10_000, timeout: 5_000, always: false }, at)
    back.push(at)
  }

  const lose = (client: number, at: number): void => {
    if (window !== null) give(client, { type: 'moved', window }, at)
    give(client, { type: 'closed', code: window === null ? 1006 : 1012 }, at)
  }

  for (let client = 0; client < CLIENTS; client++) {
    machines[client] = online(-60_000 - Math.floor(random() * 10_000))
    deadlines.add(Math.floor(random() * SPREAD), client)
  }
  const lost = new Set<number>()
  for (const [at, client] of deadlines.all()) {
    if (lost.has(client)) give(client, { type: 'timer' }, at)
    else lose(client, at)
    lost.add(client)
    const { state, due } = machines[client]!
    if (state === 'waiting') deadlines.add(Math.ceil(due), client)
  }
  return back.sort((one, other) => one - other)
}

/** Somebody who has been there for a while, and whose beats were answered. */
function online(since: number): Machine {
  const inputs: readonly Input[] = [
    { type: 'connect' },
    { type: 'welcome', interval: 10_000, timeout: 5_000, always: false },
    { type: 'heard', beat: true },
  ]
  return inputs.reduce((machine, input) => step(machine, input, since, 0).machine, IDLE)
}

/** Most within any so many ms. */
function peak(times: readonly number[], ms = 1_000): number {
  let most = 0
  let first = 0
  for (let last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! >= ms) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

test.each(SEEDS)('30 s without a server, seed %d: at most 700 are back in any second', seed => {
  const back = storm({ seed, outage: 30_000, window: null })
  const most = peak(back)
  console.log(`outage of 30 s, seed ${seed}: ${most} in the busiest second, the last after ${back.at(-1)} ms`)
  expect(back.length).toBe(CLIENTS)
  expect(most).toBeLessThanOrEqual(700)
})

test.each(SEEDS)('moved over 10 s, seed %d: at most 1,300 are back in any second', seed => {
  const back = storm({ seed, outage: 0, window: { min: 0, max: 10_000 } })
  const most = peak(back)
  console.log(`window of 10 s, seed ${seed}: ${most} in the busiest second, the last after ${back.at(-1)} ms`)
  expect(back.length).toBe(CLIENTS)
  expect(back.at(-1)).toBeLessThanOrEqual(10_000 + SPREAD + 1)
  expect(most).toBeLessThanOrEqual(1_300)
  // spread over all of the window: about 100 are expected
  expect(peak(back, 100)).toBeLessThanOrEqual(200)
})
