// Many sessions with their members in one process, without sockets: made the way the server makes them, by a begin to
// the detector whose change the ledger commits.

import type { SessionChange } from '../../src/core/change.ts'
import { Detector } from '../../src/core/detector.ts'
import { Ledger } from '../../src/core/ledger.ts'
import type { Session } from '../../src/core/session.ts'
import { makeTerms } from '../../src/core/terms.ts'
import { PRESETS } from '../../src/core/timing.ts'
import { collect } from './engine.ts'

/** Stands for a connection; the detector only compares it. */
type Socketless = object

export interface Population {
  readonly detector: Detector<Socketless>
  readonly ledger: Ledger
  readonly sessions: readonly Session<Socketless>[]
  /** Simulated time, ms. */
  now: number
}

const TICK = 100
const WALL = Date.UTC(2026, 10, 1)
const EPOCH = 7_800
const START = 100_000
/** Begins leave garbage, and its holes would be counted as memory of the sessions made after it. */
const COLLECT_EVERY = 100_000

/** A population to come; `fill` makes it. Apart, so that memory can be looked at in between. */
export function emptyPopulation(count: number): Population {
  return {
    detector: new Detector<Socketless>({}, START),
    ledger: new Ledger({ epoch: EPOCH }),
    sessions: new Array<Session<Socketless>>(count),
    now: START,
  }
}

/** Begins one session per member, spread evenly over one interval of 10 s. `instances`: each has one of 22 letters. */
export function fill(population: Population, instances: boolean): void {
  const { detector, ledger } = population
  const sessions = population.sessions as Session<Socketless>[]
  const terms = makeTerms('native', PRESETS.web)
  const perTick = Math.ceil((sessions.length * TICK) / terms.timing.interval)
  const link = {}
  for (let i = 0; i < sessions.length; i++) {
    if (i % perTick === 0) advance(population)
    if (i % COLLECT_EVERY === 0) collect()
    const { id, name, instance } = parsed(i, sessions.length, instances)
    const request = { member: id, instance, epoch: 0, terms, link, details: { name } }
    for (const effect of detector.apply({ type: 'begin', request }, population.now)) {
      if (effect.type === 'begun') sessions[i] = effect.session
      else if (effect.type === 'change') ledger.commit([onTheWall(effect.change)])
    }
  }
}

// The ledger keeps wall-clock times, which engines store in more bytes than small numbers.
function onTheWall(change: SessionChange): SessionChange {
  const { at, since, lastEvidenceAt } = change
  return { ...change, at: at + WALL, since: since + WALL, lastEvidenceAt: lastEvidenceAt + WALL }
}

/** One tick of simulated time; returns how many effects it had. */
export function advance(population: Population): number {
  population.now += TICK
  return population.detector.apply({ type: 'tick' }, population.now).length
}

// Out of JSON, as they come in: strings put together in place would be another kind of string in memory. Members come
// in no order, so the ids do not either.
function parsed(
  i: number,
  count: number,
  instances: boolean,
): { id: string; name: string; instance: string | null } {
  const no = (i * 7_919) % count
  const instance = instances ? `"instance-${String(no).padStart(13, '0')}"` : 'null'
  return JSON.parse(`{"id":"m${no}","name":"Name ${no}","instance":${instance}}`)
}
