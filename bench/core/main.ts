// The core alone: so many sessions and members in one process, no sockets. Runs on Bun and on Node (--expose-gc) and
// prints one JSON line. `main.ts SESSIONS [instances]`

import { engine, memoryNow } from './engine.ts'
import { beatCost, shuffled, steadyCost } from './measure.ts'
import { emptyPopulation, fill } from './population.ts'

/** What one run found. Bytes are per session with its member and the indexes of both. */
export interface CoreResult {
  readonly engine: string
  readonly sessions: number
  readonly rssBytes: number
  readonly heapBytes: number
  readonly beatNanoseconds: number
  readonly beatAllocated: number
  readonly steadyShare: number
  readonly tickP50: number
  readonly tickP99: number
  readonly tickMax: number
}

const BEAT_ROUNDS = 20
/** Whole rounds of 8 s, so that one measurement goes on where the last one ended. */
const WARM_SECONDS = 24
const SECONDS = 24

async function run(count: number, instances: boolean): Promise<CoreResult> {
  const order = shuffled(count)
  const population = emptyPopulation(count)
  const before = await memoryNow()
  fill(population, instances)
  const after = await memoryNow()
  const beat = beatCost(population, order, BEAT_ROUNDS)
  // the first probes of new sessions pass, and the engines compile what is hot
  steadyCost(population, order, WARM_SECONDS)
  const steady = steadyCost(population, order, SECONDS)
  if (steady.effects > 0) throw new Error(`${steady.effects} effects where everybody beats in time`)
  return {
    engine,
    sessions: count,
    rssBytes: (after.rss - before.rss) / count,
    heapBytes: (after.heap - before.heap) / count,
    beatNanoseconds: beat.nanoseconds,
    beatAllocated: beat.allocated,
    steadyShare: steady.share,
    tickP50: steady.p50,
    tickP99: steady.p99,
    tickMax: steady.max,
  }
}

console.log(JSON.stringify(await run(Number(process.argv[2] ?? 1_000_000), process.argv[3] === 'instances')))
