// Where the node's sessions are found: by member, in order of their number, and by deadline. It keeps the three
// views in step and judges nothing.

import type { BeginRequest, RestoredSession } from './change.ts'
import { hiddenAtLeast } from './deadlines.ts'
import { Ordered } from './ordered.ts'
import { Session } from './session.ts'
import type { Terms } from './terms.ts'
import { sameTiming } from './timing.ts'
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
  /** Sessions of which evidence may come: the base of the breaker's share. */
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

  /** The session that `request` begins: the nameless one of its link, named now, or a new one. */
  take(request: BeginRequest<L>, at: number): Session<L> {
    const { member, instance, epoch, terms, link, nameless = null } = request
    if (member === null || nameless === null || nameless.state === 'ended' || nameless.member !== null)
      return this.#add(new Session<L>(this.#nextId++, member, instance, epoch, terms, link, at))
    nameless.member = member
    nameless.instance = instance
    nameless.epoch = epoch
    nameless.since = at
    nameless.hold = 'none'
    nameless.beganAt = at
    this.agree(nameless, terms)
    this.#chain(member, nameless)
    return nameless
  }

  /** Puts back a session that was open in an earlier run: suspect, hidden where it was away, and told to nobody. */
  restore(restored: RestoredSession, at: number): Session<L> {
    const { id, member, instance, epoch, terms } = restored
    this.#nextId = Math.max(this.#nextId, id + 1)
    const session = new Session<L>(id, member, instance, epoch, terms, null, at)
    session.frameAt = restored.lastEvidenceAt
    session.beatAt = restored.lastBeatAt
    session.state = 'suspect'
    session.told = 'unproven'
    session.reason = 'node_lost'
    session.wasAway = restored.away
    // since when is not known, nor asked
    if (restored.away) session.hiddenAt = at
    session.until = at + hiddenAtLeast(session, restored.grace)
    return this.#add(session)
  }

  /** Changes what was agreed for a session that is in the table; true: something that the store keeps. */
  agree(session: Session<L>, terms: Terms): boolean {
    const before = session.terms
    this.judged += Number(terms.evidence !== 'none') - Number(before.evidence !== 'none')
    session.terms = terms
    return terms.ownTiming && !sameTiming(before.timing, terms.timing)
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
    if (session.member !== null) this.#chain(session.member, session)
    return session
  }

  #chain(member: string, session: Session<L>): void {
    session.next = this.of(member)
    this.#heads.set(member, session)
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
