// Which transitions one endpoint is told. By kind and type that stands in the transition; by group it does not: a leave
// takes its session's groups along, and must still be told to those who heard of the join. So the sieve remembers who of
// those it has seen is in the group, and asks the history about the others. It forgets nothing until it is told to.

import type { Transition } from '../core/transition.ts'
import type { TransitionKind } from '../protocol/words.ts'
import type { Store } from '../stores/store.ts'

/** What an endpoint asked for. */
export interface Wanted {
  readonly kinds: readonly TransitionKind[]
  /** `null`: of all members. */
  readonly type: string | null
  readonly group: string | null
}

/** A piece of the log, sifted. */
export interface Sifted {
  /** By index of the transition. */
  readonly wanted: readonly boolean[]
  /** The piece is done with: what it says of the group holds from now on. */
  keep(): void
}

export class Sieve {
  readonly #wanted: Wanted
  readonly #history: Store['history']
  #members = new Set<string>()
  /** Version of the first transition since which all were seen. */
  #first: number | null = null

  constructor(wanted: Wanted, history: Store['history']) {
    this.#wanted = wanted
    this.#history = history
  }

  /** The next piece comes from another place of the log. */
  forget(): void {
    this.#members = new Set()
    this.#first = null
  }

  /** Rejects as `Store.history`. */
  async sift(transitions: readonly Transition[]): Promise<Sifted> {
    const { group } = this.#wanted
    if (group === null) return { wanted: transitions.map(one => this.#asked(one)), keep: () => undefined }
    const first = this.#first ?? transitions[0]?.version ?? null
    const moved = new Map<string, boolean>()
    const wanted: boolean[] = []
    for (const transition of transitions) {
      const { member, groups } = transition
      const isIn = groups.includes(group)
      wanted.push(this.#asked(transition) && (isIn || (await this.#wasIn(group, transition, first!, moved))))
      moved.set(member, isIn)
    }
    const keep = () => {
      this.#first = first
      for (const [member, isIn] of moved) {
        if (isIn) this.#members.add(member)
        else this.#members.delete(member)
      }
    }
    return { wanted, keep }
  }

  #asked({ kind, type }: Transition): boolean {
    return this.#wanted.kinds.includes(kind) && (this.#wanted.type === null || this.#wanted.type === type)
  }

  // Where nothing is kept of what was before, it may have been in: better told once too often.
  async #wasIn(
    group: string,
    { member, version, previous }: Transition,
    first: number,
    moved: ReadonlyMap<string, boolean>,
  ): Promise<boolean> {
    if (previous === 0) return false
    const known = moved.get(member)
    if (known !== undefined) return known
    if (previous >= first) return this.#members.has(member)
    const { transitions } = await this.#history(member, version, 1)
    return transitions[0]?.groups.includes(group) ?? true
  }
}
