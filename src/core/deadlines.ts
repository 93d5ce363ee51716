// The arithmetic of the detection bound: when silence becomes suspicion, and when a grace is over. Nothing else.
// Silence counts only while we listened: a deadline that began at `x` is later by all that stalled since `x`.

import { NEVER } from './clock.ts'
import { lastEvidenceAt, type Session } from './session.ts'
import type { Stalls } from './stalls.ts'

/** How long it has been silent, not counting what we did not listen to. */
export function silentFor(session: Session, at: number, stalls: Stalls): number {
  const last = lastEvidenceAt(session)
  return at - last - stalls.since(last)
}

/** When silence turns into suspicion: last evidence + I + T. */
export function silentAt(session: Session, stalls: Stalls): number {
  const { terms } = session
  if (!terms.judged) return Number.POSITIVE_INFINITY
  const last = lastEvidenceAt(session)
  return last + terms.timing.interval + patience(session) + stalls.since(last)
}

/** The grace after silence; longer while the page is hidden. */
export function silenceGrace(session: Session): number {
  return hiddenAtLeast(session, session.terms.silenceGrace)
}

/** A grace of `ms`, at least `cachedGrace` while the page is hidden. No grace stays none. */
export function hiddenAtLeast(session: Session, ms: number): number {
  return session.hiddenAt === NEVER || ms === 0 ? ms : Math.max(ms, session.terms.cachedGrace)
}

// A hidden page may sleep; where no ping reaches behind the page, only patience helps.
function patience({ terms, hiddenAt }: Session): number {
  const { timeout } = terms.timing
  return hiddenAt !== NEVER && (terms.evidence === 'beat' || !terms.probe)
    ? Math.max(timeout, terms.cachedGrace)
    : timeout
}

/** When the grace of a suspect session is over. */
export function graceEnd(session: Session, stalls: Stalls): number {
  return session.until + stalls.since(session.since)
}
