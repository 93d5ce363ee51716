// The three questions to a population: what a beat costs, what a second of steady state costs, how long a tick takes.

import { memoryUsage } from 'node:process'
import { collect } from './engine.ts'
import { advance, type Population } from './population.ts'

const TICKS_A_SECOND = 10
/** The SDK beats every 0.8 x I. */
const BEAT_EVERY_SECONDS = 8

export interface BeatCost {
  readonly nanoseconds: number
  /** Growth of the heap per beat, bytes. */
  readonly allocated: number
}

export interface SteadyCost {
  /** Share of one core. */
  readonly share: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** None is due where everybody beats in time. */
  readonly effects: number
}

/** Numbers 0 to count-1 in random order, the same in every run. */
export function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  let seed = 12_345
  for (let i = count - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    const j = seed % (i + 1)
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}

/** Beats on random sessions. */
export function beatCost(population: Population, order: Uint32Array, rounds: number): BeatCost {
  beatAll(population, order)
  collect()
  const heap = memoryUsage().heapUsed
  const start = performance.now()
  for (let round = 0; round < rounds; round++) beatAll(population, order)
  const spent = performance.now() - start
  const beats = rounds * order.length
  return { nanoseconds: (spent * 1e6) / beats, allocated: (memoryUsage().heapUsed - heap) / beats }
}

/** Every session beats every 8 s, time is driven as fast as it goes; beats and ticks are both counted. */
export function steadyCost(population: Population, order: Uint32Array, seconds: number): SteadyCost {
  const perTick = order.length / (BEAT_EVERY_SECONDS * TICKS_A_SECOND)
  const times: number[] = []
  let effects = 0
  const before = process.cpuUsage()
  for (let tick = 0; tick < seconds * TICKS_A_SECOND; tick++) {
    const from = Math.floor(tick * perTick) % order.length
    beatSome(population, order, from, Math.ceil(perTick))
    const start = performance.now()
    effects += advance(population)
    times.push(performance.now() - start)
  }
  const { user, system } = process.cpuUsage(before)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!
  return { share: (user + system) / (seconds * 1e6), p50: at(0.5), p99: at(0.99), max: at(1), effects }
}

function beatAll(population: Population, order: Uint32Array): void {
  beatSome(population, order, 0, order.length)
}

function beatSome(
  { detector, sessions, now }: Population,
  order: Uint32Array,
  from: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) detector.beat(sessions[order[(from + i) % order.length]!]!, now)
}
