// Runs store-process.ts on a runtime of this repository and listens to what it prints.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from './store-changes.ts'

const PROGRAM = fileURLToPath(new URL('store-process.ts', import.meta.url))
const BINARIES = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url))

export class StoreChild {
  /** Versions the log told. */
  readonly told: number[] = []
  epoch = 0
  /** The last note that was put, and is the only one besides the one that says so. */
  noted = 0
  /** Sessions it closed with; -1: it did not close. */
  closedWith = -1
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>

  constructor(runtime: 'bun' | 'node', path: string, perSecond: number) {
    const args = [PROGRAM, path, String(perSecond)]
    this.#child = spawn(BINARIES + runtime, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout! }).on('line', line => this.#heard(line))
    this.#ended = new Promise(resolve => this.#child.on('close', resolve))
  }

  hasTold(count: number): Promise<void> {
    return until(`${count} transitions told`, () => this.told.length >= count)
  }

  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal)
    return this.#ended
  }

  #heard(line: string): void {
    const [word, ...rest] = line.split(' ')
    if (word === 'opened') this.epoch = Number(rest[0])
    else if (word === 'noted') this.noted = Number(rest[0])
    else if (word === 'closed') this.closedWith = Number(rest[0])
    else for (const version of line.split(' ')) this.told.push(Number(version))
  }
}
