// Newcomers under policy `oldest` whose answer hangs on a probe: the old session shows life within T, or loses.
// It keeps who waits for whom; the detector admits or refuses.

import type { BeginRequest } from './change.ts'
import { lastEvidenceAt, type Session } from './session.ts'
import type { Stalls } from './stalls.ts'

/** One newcomer and the session it waits for. */
export interface Newcomer<L extends object> {
  readonly request: BeginRequest<L>
  readonly old: Session<L>
  readonly askedAt: number
  readonly until: number
}

/** Few at a time, so a list will do. */
export class Queue<L extends object> {
  #waiting: Newcomer<L>[] = []

  add(newcomer: Newcomer<L>): void {
    this.#waiting.push(newcomer)
  }

  /** Forgets the newcomer on `link`. */
  withdraw(link: L): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter(({ request }) => request.link !== link)
  }

  /** Takes out those whose answer is known: the old session showed life, is gone or suspect, or T is over. */
  answered(at: number, stalls: Stalls): readonly Newcomer<L>[] {
    if (this.#waiting.length === 0) return this.#waiting
    const known = this.#waiting.filter(newcomer => isKnown(newcomer, at, stalls))
    if (known.length > 0) this.#waiting = this.#waiting.filter(newcomer => !known.includes(newcomer))
    return known
  }
}

/** Whether the old session proved itself since it was asked; an answer may come within the same millisecond. */
export function showedLife({ old, askedAt }: Newcomer<object>): boolean {
  return lastEvidenceAt(old) >= askedAt
}

function isKnown(newcomer: Newcomer<object>, at: number, stalls: Stalls): boolean {
  const { old, askedAt, until } = newcomer
  return (
    at >= until + stalls.since(askedAt) ||
    showedLife(newcomer) ||
    old.state === 'suspect' ||
    old.state === 'ended'
  )
}
