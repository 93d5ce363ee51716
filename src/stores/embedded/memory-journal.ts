// The journal of a store without a file: nothing survives, and the log is as long as memory allows.

import { randomBytes } from 'node:crypto'
import type { SessionChange } from '../../core/change.ts'
import type { Member } from '../../core/member.ts'
import type { Step, Transition } from '../../core/transition.ts'
import type { SessionRecord } from '../store.ts'
import type { Chain, Found, Journal } from './journal.ts'
import { EPOCH, type LogBounds, type RunStart } from './log-cursor.ts'
import { LogTail } from './log-tail.ts'
import { MemoryNotebook } from './memory-notebook.ts'

const MOST = 16_384

export class MemoryJournal implements Journal {
  readonly notebook = new MemoryNotebook()
  readonly problem = ''
  readonly pending = 0
  readonly #logged: () => void
  readonly #log = randomBytes(12).toString('base64url')
  readonly #tail = new LogTail({ most: MOST, bytes: Number.POSITIVE_INFINITY })
  #epoch = 0
  #end = 0
  #telling = false

  /** `logged` is called whenever there is more to read. */
  constructor(logged: () => void) {
    this.#logged = logged
  }

  get bounds(): LogBounds {
    const trimmed = this.#tail.floor
    return { log: this.#log, epoch: this.#epoch, end: this.#end, trimmed, ends: new Map() }
  }

  async open({ epoch, n }: RunStart): Promise<Found> {
    const after = epoch * EPOCH + n
    this.#epoch = epoch
    this.#end = after
    this.#tail.begin(after)
    return { epoch, after, lastSession: 0 }
  }

  async load(): Promise<SessionRecord[]> {
    return []
  }

  before(): void {}

  record(_: readonly SessionChange[], told: readonly Step[]): void {
    if (told.length === 0) return
    this.#tail.append(told, [])
    this.#end = told.at(-1)!.version
    this.#tell()
  }

  forgotten(): void {}

  erased({ version }: Member): void {
    this.#tail.erase(version)
  }

  trim(at: number, most: number): void {
    this.#tail.dropOlder(at, most)
  }

  async read(after: number, limit: number): Promise<Transition[]> {
    return this.#tail.read(after, limit)
  }

  recent(version: number): Transition | undefined {
    return this.#tail.get(version)
  }

  async chain(): Promise<Chain> {
    return { transitions: [], at: 0 }
  }

  async close(): Promise<void> {}

  // Once for all commits of a turn, and not from within one.
  #tell(): void {
    if (this.#telling) return
    this.#telling = true
    queueMicrotask(() => {
      this.#telling = false
      this.#logged()
    })
  }
}
