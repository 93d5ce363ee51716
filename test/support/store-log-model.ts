// What a log should hold, kept in the most naive way, to be compared with what a store tells.

import type { SessionChange } from '../../src/core/change.ts'
import { Ledger } from '../../src/core/ledger.ts'
import { logged, type Step, type Transition } from '../../src/core/transition.ts'

export class LogModel {
  readonly #ledger: Ledger
  #log: Transition[] = []
  #cut = 0

  constructor(epoch: number) {
    this.#ledger = new Ledger({ epoch })
  }

  /** One change after the other; what they tell. */
  commit(changes: readonly SessionChange[]): Step[] {
    return changes.flatMap(change => {
      const member = this.#ledger.members.get(change.member)
      const steps = this.#ledger.commit([change])
      for (const step of steps) this.#log.push(logged(step))
      if (member !== undefined && !this.#ledger.members.has(change.member)) this.#erase(member.version)
      return steps
    })
  }

  /** Up to `limit` with a version above `version`. */
  after(version: number, limit: number): Transition[] {
    return this.#log.filter(step => step.version > version).slice(0, limit)
  }

  /** Only the last `count` are left; these. */
  cutTo(count: number): Transition[] {
    const gone = this.#log.length - count
    if (gone > 0) this.#cut = this.#log[gone - 1]!.version
    this.#log = this.#log.slice(Math.max(0, gone))
    return this.#log
  }

  /** Whether something after `version` is no longer there. */
  lost(version: number): boolean {
    return version < this.#cut
  }

  #erase(last: number): void {
    const struck = new Set<number>()
    let at = this.#log.find(({ version }) => version === last)
    while (at !== undefined) {
      const { previous } = at
      at = this.#log.find(({ version }) => version === previous)
      if (at !== undefined) struck.add(at.version)
    }
    const nothing = { name: null, type: null, profile: null, status: null, groups: [], previous: 0 }
    this.#log = this.#log
      .filter(({ version }) => !struck.has(version))
      .map(step => (step.version === last ? { ...step, ...nothing } : step))
  }
}
