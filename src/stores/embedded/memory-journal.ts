// The journal of a store without a file: nothing survives, and the log is as long as memory allows.

import { randomBytes } from 'node:crypto'
import type { SessionChange } from '../../core/change.ts'
import { logged, type Step, type Transition } from '../../core/transition.ts'
import type { SessionRecord } from '../store.ts'
import type { Found, Journal } from './journal.ts'
import { EPOCH, type LogBounds } from './log-cursor.ts'

const MOST = 16_384

export class MemoryJournal implements Journal {
  readonly problem = ''
  readonly pending = 0
  readonly #log = randomBytes(12).toString('base64url')
  #epoch = 0
  #end = 0
  #trimmed = 0
  #kept: Transition[] = []

  get bounds(): LogBounds {
    return { log: this.#log, epoch: this.#epoch, end: this.#end, trimmed: this.#trimmed, ends: new Map() }
  }

  async open(epoch: number): Promise<Found> {
    this.#epoch = epoch
    this.#end = epoch * EPOCH
    this.#trimmed = this.#end
    return { epoch, lastSession: 0 }
  }

  async load(): Promise<SessionRecord[]> {
    return []
  }

  before(): void {}

  record(_: readonly SessionChange[], told: readonly Step[]): void {
    for (const step of told) this.#kept.push(logged(step))
    this.#end = told.at(-1)?.version ?? this.#end
    if (this.#kept.length > 2 * MOST) this.#drop(this.#kept.length - MOST)
  }

  forgotten(): void {}

  trim(at: number, most: number): void {
    const young = this.#kept.findIndex(transition => transition.at >= at)
    this.#drop(Math.max(young === -1 ? this.#kept.length : young, this.#kept.length - most))
  }

  async read(after: number, limit: number): Promise<Transition[]> {
    const from = this.#kept.findIndex(({ version }) => version > after)
    return from === -1 ? [] : this.#kept.slice(from, from + limit)
  }

  async close(): Promise<void> {}

  #drop(count: number): void {
    if (count <= 0) return
    this.#trimmed = this.#kept[count - 1]!.version
    this.#kept = this.#kept.slice(count)
  }
}
