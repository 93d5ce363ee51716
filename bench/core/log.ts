// The log of the embedded store on disk: so many transitions a second committed while one reader follows at its end by
// batches of 500 and puts its cursor into the notebook, as a webhook does. Runs on Bun and on Node, prints one JSON line.
// `log.ts PER_SECOND [SECONDS] [FOLDER]`; 0 a second: as many as the file takes.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionChange } from '../../src/core/change.ts'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import type { Store } from '../../src/stores/store.ts'
import { BlockMeter } from '../servers/block-meter.ts'
import { engine } from './engine.ts'

/** What one run found. */
export interface LogResult {
  readonly engine: string
  readonly committed: number
  readonly perSecond: number
  readonly read: number
  /** Most transitions that were durable and not yet read. */
  readonly behind: number
  /** Milliseconds from commit to reader: half and all but a hundredth of them. */
  readonly delayP50: number
  readonly delayP99: number
  /** Milliseconds a note takes. */
  readonly noteP50: number
  readonly noteP99: number
  /** Milliseconds the loop was blocked. */
  readonly blockP99: number
  readonly blockMax: number
  /** Microseconds of processor time per transition, of the main thread and of all threads. */
  readonly cpuMain: number
  readonly cpuAll: number
}

const MEMBERS = 100_000
const STEP = 5
const BATCH = 500
/** Beyond so many waiting ones, nothing is committed where the rate is whatever the file takes. */
const WAITING = 20_000
const CHUNK = 100

async function run(perSecond: number, seconds: number, folder: string): Promise<LogResult> {
  const store = embeddedStore({ path: join(folder, 'bench.db'), now: Date.now })
  const opened = await store.open()
  const load = new Load(store)
  await load.commitAndWait(MEMBERS)
  const reader = new Reader(store, () => load.committed - MEMBERS - store.health.pending)
  await reader.start()
  const meter = new BlockMeter()
  const cpu = { main: mainThread(), all: process.cpuUsage() }
  const before = load.committed
  meter.start()
  const spent = await load.drive(perSecond, seconds)
  const { p99, max } = meter.stop()
  const main = mainThread() - cpu.main
  const { user, system } = process.cpuUsage(cpu.all)
  const committed = load.committed - before
  while (reader.read < committed) await later(20)
  await opened.close([])
  return {
    engine,
    committed,
    perSecond: Math.round(committed / spent),
    read: reader.read,
    behind: reader.behind,
    delayP50: at(reader.delays, 0.5),
    delayP99: at(reader.delays, 0.99),
    noteP50: at(reader.notes, 0.5),
    noteP99: at(reader.notes, 0.99),
    blockP99: p99,
    blockMax: max,
    cpuMain: main / 1e3 / committed,
    cpuAll: (user + system) / committed,
  }
}

/** Members come and go in turn, each by a session of its own. */
class Load {
  committed = 0
  readonly #store: Store
  readonly #open = new Map<string, number>()

  constructor(store: Store) {
    this.#store = store
  }

  async commitAndWait(count: number): Promise<void> {
    for (let i = 0; i < count; i += CHUNK) {
      this.#commit(CHUNK)
      if (this.#store.health.pending > WAITING) await later(STEP)
    }
    while (this.#store.health.pending > 0) await later(STEP)
  }

  /** Seconds it took. */
  async drive(perSecond: number, seconds: number): Promise<number> {
    const start = performance.now()
    const from = this.committed
    for (;;) {
      const passed = (performance.now() - start) / 1_000
      if (passed >= seconds) return passed
      const due = perSecond === 0 ? Number.POSITIVE_INFINITY : passed * perSecond
      const until = performance.now() + STEP
      while (this.committed - from < due && performance.now() < until) {
        if (perSecond === 0 && this.#store.health.pending > WAITING) break
        this.#commit(Math.min(CHUNK, Math.ceil(due - (this.committed - from))))
      }
      await later(perSecond === 0 ? 0 : STEP)
    }
  }

  #commit(count: number): void {
    const changes = Array.from({ length: count }, () => this.#change(this.committed++))
    this.#store.commit(changes)
  }

  #change(n: number): SessionChange {
    const member = `member-${(n * 7_919) % MEMBERS}`
    const now = Date.now()
    const open = this.#open.get(member)
    if (open === undefined) this.#open.set(member, n + 1)
    else this.#open.delete(member)
    return {
      kind: open === undefined ? 'begin' : 'end',
      session: open ?? n + 1,
      member,
      at: now,
      since: now,
      lastEvidenceAt: now,
      lastBeatAt: now,
      reason: open === undefined ? null : 'left',
      dialect: 'native',
      instance: 'x'.repeat(22),
      epoch: 1,
      timing: null,
      details: { name: `name of ${member}` },
      membership: null,
    }
  }
}

class Reader {
  read = 0
  behind = 0
  readonly delays: number[] = []
  readonly notes: number[] = []
  readonly #store: Store
  readonly #durable: () => number
  #cursor = ''
  #reading = false
  #noting = false

  /** `durable`: how many there are to read since the start. */
  constructor(store: Store, durable: () => number) {
    this.#store = store
    this.#durable = durable
  }

  async start(): Promise<void> {
    this.#cursor = (await this.#store.readLog('newest', 1)).cursor
    this.#store.onLogged(() => void this.#readOn())
  }

  async #readOn(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    for (;;) {
      const { transitions, cursor } = await this.#store.readLog(this.#cursor, BATCH)
      this.#cursor = cursor
      this.behind = Math.max(this.behind, this.#durable() - this.read)
      this.read += transitions.length
      if (transitions.length === 0) break
      this.delays.push(Date.now() - transitions[0]!.at)
      void this.#note(cursor)
      // a webhook would be away for a turn of the loop at least
      await new Promise(resolve => setImmediate(resolve))
    }
    this.#reading = false
  }

  async #note(cursor: string): Promise<void> {
    if (this.#noting) return
    this.#noting = true
    const start = performance.now()
    await this.#store.notebook.put('webhooks', 'bench', cursor)
    this.notes.push(performance.now() - start)
    this.#noting = false
  }
}

function at(numbers: number[], share: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(share * (numbers.length - 1))] ?? 0
}

/** Nanoseconds the main thread ran. */
function mainThread(): number {
  return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[0])
}

function later(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

const [perSecond = '20000', seconds = '10', place = tmpdir()] = process.argv.slice(2)
const folder = mkdtempSync(join(place, 'systole-log-'))
try {
  console.log(JSON.stringify(await run(Number(perSecond), Number(seconds), folder)))
} finally {
  rmSync(folder, { recursive: true })
}
