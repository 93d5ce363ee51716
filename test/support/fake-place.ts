// Where a client runs, as a test likes it: time passes when told to, the wall clock jumps, timers run late, storage
// and locks misbehave. It counts what a client leaves behind, and fails where one spins.

import type { Host, Signal } from '../../src/client/host.ts'
import { FakeLocks } from './fake-locks.ts'

/** Timers in one advance: a client that wants more is in a loop. */
const SPIN = 20_000
/** Turns of promises that follow one event at most. */
const TURNS = 12

export interface PlaceOptions {
  readonly seed?: number
  /** `forbidden`: looked at, it throws; `full`: it reads, but takes nothing. @default kept in the place */
  readonly storage?: 'kept' | 'forbidden' | 'full' | 'none' | FakeStorage
  /** `null`: the browser has none. @default locks of its own */
  readonly locks?: FakeLocks | null
  readonly base?: string | null
  /** Told while the client begins to listen. */
  readonly hidden?: boolean
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** What survives a reload of one tab. */
export class FakeStorage {
  readonly kept = new Map<string, string>()
  mode: 'kept' | 'forbidden' | 'full' = 'kept'

  getItem(key: string): string | null {
    if (this.mode === 'forbidden') throw new DOMException('The operation is insecure.', 'SecurityError')
    return this.kept.get(key) ?? null
  }

  setItem(key: string, text: string): void {
    if (this.mode !== 'kept') throw new DOMException('no room', 'QuotaExceededError')
    this.kept.set(key, text)
  }
}

export class FakePlace implements Host {
  readonly storage: FakeStorage | null
  readonly locks: (FakeLocks & Pick<LockManager, 'request'>) | null
  readonly base: string | null
  readonly random: () => number
  /** Most timers that were pending at once. */
  mostTimers = 0
  listening = 0
  readonly #hidden: boolean
  readonly #timers = new Set<Timer>()
  readonly #tells = new Set<(signal: Signal) => void>()
  #wall = 1_700_000_000_000
  /** Time as it really passes, in ms. */
  #passed = 0

  constructor(options: PlaceOptions = {}) {
    const { seed = 1, storage = 'kept', locks = new FakeLocks(), base = null, hidden = false } = options
    this.random = mulberry(seed)
    this.storage = storage === 'none' ? null : typeof storage === 'object' ? storage : new FakeStorage()
    if (this.storage !== null && typeof storage === 'string' && storage !== 'none')
      this.storage.mode = storage
    this.locks = locks as FakePlace['locks']
    this.base = base
    this.#hidden = hidden
  }

  get timers(): number {
    return this.#timers.size
  }

  /** ms since the place was made, however the wall clock jumped. */
  get passed(): number {
    return this.#passed
  }

  /** ms until the timer that is pending runs; `null`: none is. */
  get next(): number | null {
    const due = [...this.#timers].map(({ at }) => at - this.#passed)
    return due.length === 0 ? null : Math.min(...due)
  }

  readonly now = (): number => this.#wall

  readonly after = (ms: number, run: () => void): Timer => {
    if (!(ms >= 0 && ms < 2 ** 31)) throw new RangeError(`a timer of ${ms} ms`)
    const timer = { at: this.#passed + ms, run }
    this.#timers.add(timer)
    this.mostTimers = Math.max(this.mostTimers, this.#timers.size)
    return timer
  }

  readonly cancel = (timer: unknown): void => void this.#timers.delete(timer as Timer)

  readonly bytes = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, () => Math.floor(this.random() * 256))

  readonly listen = (tell: (signal: Signal) => void): (() => void) => {
    this.#tells.add(tell)
    this.listening++
    if (this.#hidden) tell('hidden')
    return () => {
      if (this.#tells.delete(tell)) this.listening--
    }
  }

  /** The page goes through these, one after another in one turn. */
  async tell(...signals: readonly Signal[]): Promise<void> {
    for (const signal of signals) for (const tell of [...this.#tells]) tell(signal)
    await settle()
  }

  /** Time passes, and timers run when they are due. */
  async advance(ms: number): Promise<void> {
    await settle()
    const end = this.#passed + ms
    for (let runs = 0; ; runs++) {
      const timer = this.#first(end)
      if (timer === null) break
      if (runs === SPIN) throw new Error(`${SPIN} timers within ${ms} ms: a loop`)
      this.#pass(Math.max(0, timer.at - this.#passed))
      this.#run(timer)
      await settle()
    }
    this.#pass(end - this.#passed)
  }

  /** Time passes, and no timer runs until its end: a page that is frozen, a busy one. */
  async freeze(ms: number): Promise<void> {
    this.#pass(ms)
    await this.advance(0)
  }

  /** The wall clock is set forth or back; also a machine that slept, whose timers did so too. */
  jump(ms: number): void {
    this.#wall += ms
  }

  #pass(ms: number): void {
    this.#passed += ms
    this.#wall += ms
  }

  #first(end: number): Timer | null {
    let first: Timer | null = null
    for (const timer of this.#timers)
      if (timer.at <= end && (first === null || timer.at < first.at)) first = timer
    return first
  }

  #run(timer: Timer): void {
    this.#timers.delete(timer)
    timer.run()
  }
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await null
}

/** The same numbers in [0, 1) for the same seed. */
export function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
