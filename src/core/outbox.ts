// Collects what one call of the detector asks of its owner, in order, and notes what the store is told of a session.
// Where nothing follows it hands out one shared empty list; it decides nothing.

import type { Details, Effect, SessionChange } from './change.ts'
import type { Session, SessionState, Told } from './session.ts'
import { changeOf } from './session-change.ts'

const NOTHING: readonly never[] = Object.freeze([])

export class Outbox<L extends object> {
  #effects: Effect<L>[] | null = null

  emit(effect: Effect<L>): void {
    if (this.#effects === null) this.#effects = [effect]
    else this.#effects.push(effect)
  }

  /** Tells the store; of a session without a member nobody is told. */
  tell(kind: SessionChange['kind'], session: Session<L>, at: number, details: Details | null = null): void {
    const { member, state } = session
    if (kind !== 'update' && state !== 'ended') note(session, state)
    if (member === null) return
    this.emit({ type: 'change', change: changeOf(kind, session, member, at, details, null) })
  }

  /** Tells the store of a membership, which says nothing of the session's state. */
  tellGroup(kind: 'enter' | 'exit', session: Session<L>, at: number, group: string): void {
    const { member, state } = session
    if (member === null || state === 'ended') return
    const change = changeOf(kind, session, member, at, null, { group, until: null })
    this.emit({ type: 'change', change })
  }

  /** What came together since the last call. */
  take(): readonly Effect<L>[] {
    const effects = this.#effects ?? NOTHING
    this.#effects = null
    return effects
  }
}

function note(session: Session, state: Told & SessionState): void {
  session.told = state
  if (state !== 'suspect') session.wasAway = state === 'away'
}
