// Which transitions one endpoint is told. The kind stands in the transition. Whether its member is one of those the endpoint
// asked for (of a type, of a group) may change by the very step: a leave takes its session's groups along, and must still be
// told to those who heard of the join. So the sieve remembers who of those it has seen is one of them, and asks the history
// about the others. It forgets nothing until it is told to.

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
  /** The piece is done with: what it says of its members holds from now on. */
  keep(): void
}

export class Sieve {
  readonly #wanted: Wanted
  readonly #history: Store['history']
  #members = new Set<string>()
  /** Version of the first transition since which all were seen. */
  #first: number | null = null
  /** How often it forgot: what was sifted before that says nothing any more. */
  #forgot = 0

  constructor(wanted: Wanted, history: Store['history']) {
    this.#wanted = wanted
    this.#history = history
  }

  /** The next piece comes from another place of the log. */
  forget(): void {
    this.#members = new Set()
    this.#first = null
    this.#forgot++
  }

  /** Rejects as `Store.history`. */
  async sift(transitions: readonly Transition[]): Promise<Sifted> {
    const { kinds, type, group } = this.#wanted
    if (type === null && group === null)
      return { wanted: transitions.map(({ kind }) => kinds.includes(kind)), keep: () => undefined }
    const forgot = this.#forgot
    const first = this.#first ?? transitions[0]?.version ?? null
    const moved = new Map<string, boolean>()
    const wanted: boolean[] = []
    for (const transition of transitions) {
      const { kind, member } = transition
      const isIn = this.#isMeant(transition)
      wanted.push(kinds.includes(kind) && (isIn || (await this.#wasIn(transition, first!, moved))))
      moved.set(member, isIn)
    }
    const keep = () => {
      if (forgot !== this.#forgot) return
      this.#first = first
      for (const [member, isIn] of moved) {
        if (isIn) this.#members.add(member)
        else this.#members.delete(member)
      }
    }
    return { wanted, keep }
  }

  #isMeant({ type: its, groups }: Pick<Transition, 'type' | 'groups'>): boolean {
    const { type, group } = this.#wanted
    return (type === null || its === type) && (group === null || groups.includes(group))
  }

  // Where nothing is kept of what was before, it may have been meant: better told once too often.
  async #wasIn(
    { kind, member, version, previous }: Transition,
    first: number,
    moved: ReadonlyMap<string, boolean>,
  ): Promise<boolean> {
    if (previous === 0) return isErased({ kind, previous })
    const known = moved.get(member)
    if (known !== undefined) return known
    if (previous >= first) return this.#members.has(member)
    const { transitions } = await this.#history(member, version, 1)
    return transitions[0] === undefined || this.#isMeant(transitions[0])
  }
}

// A leave that nothing came before: what it was was struck out (see `erase` in core/change.ts). Whoever was told that it came
// must be told that it went.
function isErased({ kind, previous }: Pick<Transition, 'kind' | 'previous'>): boolean {
  return kind === 'leave' && previous === 0
}
