// Where the node's sessions are found: by member, in order of their number, and by deadline. It keeps the three
// views in step and judges nothing.

import { Ordered } from './ordered.ts'
import { Session } from './session.ts'
import type { Terms } from './terms.ts'
import { Wheel } from './wheel.ts'

/** Options of the table. */
export interface TableOptions {
  /** Step of the wheel in ms. */
  readonly tick: number
  /** Number of the first session. */
  readonly firstId: number
}

/** Invariant: every open session is in `inOrder`, in the chain of its member if it has one, and nowhere twice. */
export class SessionTable<L extends object> {
  readonly wheel: Wheel<Session<L>>
  readonly inOrder = new Ordered<Session<L>, number>(session => session.id)
  /** Sessions that silence can end: the base of the breaker's share. */
  judged = 0
  readonly #heads = new Map<string, Session<L>>()
  #nextId: number

  constructor(options: TableOptions, at: number) {
    this.wheel = new Wheel(options.tick, at)
    this.#nextId = options.firstId
  }

  get size(): number {
    return this.inOrder.size
  }

  /** Sessions of a member, newest first; follow `next`. */
  of(member: string): Session<L> | null {
    return this.#heads.get(member) ?? null
  }

  create(
    member: string | null,
    instance: string | null,
    epoch: number,
    terms: Terms,
    link: L | null,
    at: number,
  ): Session<L> {
    return this.#add(new Session<L>(this.#nextId++, member, instance, epoch, terms, link, at))
  }

  /** Puts back a session that was numbered in an earlier run. */
  restore(session: Session<L>): Session<L> {
    this.#nextId = Math.max(this.#nextId, session.id + 1)
    return this.#add(session)
  }

  /** Changes what was agreed for a session that is in the table. */
  agree(session: Session<L>, terms: Terms): void {
    this.judged += Number(terms.evidence !== 'none') - Number(session.terms.evidence !== 'none')
    session.terms = terms
  }

  remove(session: Session<L>): void {
    this.wheel.remove(session)
    if (!this.inOrder.remove(session)) return
    if (session.terms.evidence !== 'none') this.judged--
    if (session.member !== null) this.#unchain(session.member, session)
  }

  #add(session: Session<L>): Session<L> {
    this.inOrder.add(session)
    if (session.terms.evidence !== 'none') this.judged++
    if (session.member !== null) {
      session.next = this.of(session.member)
      this.#heads.set(session.member, session)
    }
    return session
  }

  #unchain(member: string, session: Session<L>): void {
    const head = this.#heads.get(member)
    if (head === session) {
      if (session.next === null) this.#heads.delete(member)
      else this.#heads.set(member, session.next)
    } else {
      let before = head ?? null
      while (before !== null && before.next !== session) before = before.next
      if (before !== null) before.next = session.next
    }
    session.next = null
  }
}
