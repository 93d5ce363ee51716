// A batch on its way to the file, cut into pieces of bounded size, one a turn. All pieces together are one
// transaction and show one moment: a member that changes before its piece is cut is kept as it was.

import type { Member } from '../../core/member.ts'
import type { Value } from './columns.ts'
import type { Gathered } from './gathered.ts'
import type { Piece } from './messages.ts'
import { pushMember, pushTransition } from './rows.ts'
import { toNull } from './values.ts'

/** Rows a piece holds at most. */
export const PIECE = 1_000

export class Parcel {
  readonly gathered: Gathered
  /** Transitions in it; fixed when it was made. */
  readonly count: number
  /** Of each transition that was cut: about how many bytes it takes in memory. */
  readonly sizes: number[] = []
  readonly #members: Iterator<Member>
  readonly #sessions: Iterator<readonly Value[]>
  readonly #evidence: Gathered['evidence'] extends Map<infer K, infer V> ? Iterator<[K, V]> : never
  readonly #ended: Iterator<number>
  readonly #forgotten: Iterator<Member>
  readonly #erased: Iterator<number>
  readonly #taken: Member[] = []
  #kept: Value[] = []
  #told = 0
  #cut = false

  constructor(gathered: Gathered) {
    this.gathered = gathered
    this.count = gathered.transitions.length
    this.#members = gathered.members.values()
    this.#sessions = gathered.sessions.values()
    this.#evidence = gathered.evidence.entries()
    this.#ended = gathered.ended.values()
    this.#forgotten = gathered.forgotten.values()
    this.#erased = gathered.erased.values()
  }

  /** Whether pieces are still to be cut. */
  get open(): boolean {
    return !this.#cut
  }

  /** The member is about to change. */
  keep(member: Member): void {
    if (this.gathered.members.delete(member)) pushMember(this.#kept, member)
  }

  /** Everything that was in it, to be written again. */
  undo(): Gathered {
    for (const member of this.#taken) {
      if (!this.gathered.forgotten.has(member)) this.gathered.members.add(member)
    }
    return this.gathered
  }

  /** The next piece. */
  next(): Piece {
    let left = PIECE
    const all = <T>(from: Iterator<T>, put: (item: T) => void) => {
      for (; left > 0; left--) {
        const { done, value } = from.next()
        if (done) return
        put(value)
      }
    }
    const members: Value[] = this.#kept
    this.#kept = []
    const sessions: Value[] = []
    const transitions: Value[] = []
    const evidence: Value[] = []
    const ended: number[] = []
    const forgotten: number[] = []
    const erased: number[] = []
    all(this.#members, member => {
      this.gathered.members.delete(member)
      this.#taken.push(member)
      pushMember(members, member)
    })
    all(this.#sessions, row => sessions.push(...row))
    for (; left > 0 && this.#told < this.count; left--) {
      this.sizes.push(pushTransition(transitions, this.gathered.transitions[this.#told++]!))
    }
    all(this.#evidence, ([id, e]) => evidence.push(e.lastEvidenceAt, toNull(e.lastBeatAt), id))
    all(this.#ended, id => ended.push(id))
    all(this.#forgotten, member => forgotten.push(member.row))
    all(this.#erased, version => erased.push(version))
    this.#cut = left > 0
    const { lastSession } = this.gathered
    return {
      members,
      sessions,
      evidence,
      ended,
      forgotten,
      transitions,
      erased,
      lastSession,
      last: this.#cut,
    }
  }
}
