// What silence says of one session at one moment, and when to look again. It only says; the detector acts.
// Silence counts only while we listened: a deadline that began at `x` is later by all that stalled since `x`.

import { graceEnd, silenceGrace, silentAt } from './deadlines.ts'
import { lastEvidenceAt, type Session } from './session.ts'
import type { Stalls } from './stalls.ts'
import { awayAt } from './visibility.ts'

/**
 * `silent`: I+T are over; `over`: the grace is; `tell`: the suspicion lasted long enough to be told;
 * `probe`: ask by a ping; `away`: hidden long enough; `wait`: nothing is due.
 */
export type Verdict = 'wait' | 'probe' | 'away' | 'silent' | 'tell' | 'over'

const GOLDEN = 0.618_033_988_749_894_9
/** Evidence so soon after the begin belongs to it, in ms: the answer to the ping that measures the round trip. */
const FRESH = 1_000

/** What is due at `at`. */
export function judge(session: Session, at: number, stalls: Stalls): Verdict {
  if (session.state === 'suspect') {
    if (at >= graceEnd(session, stalls)) return 'over'
    return isUntold(session) && at >= tellAt(session, stalls) ? 'tell' : 'wait'
  }
  if (at >= silentAt(session, stalls)) return 'silent'
  if (at >= awayDue(session, stalls)) return 'away'
  return at >= probeAt(session, stalls) ? 'probe' : 'wait'
}

/** Whether silence and every grace that follows it are over: nothing is left but the end. */
export function isOver(session: Session, at: number, stalls: Stalls): boolean {
  if (session.state === 'ended') return false
  if (session.state === 'suspect') return at >= graceEnd(session, stalls)
  return at >= silentAt(session, stalls) + (session.member === null ? 0 : silenceGrace(session))
}

/** When to look again; `Infinity` where nothing can become due by time alone. */
export function nextLook(session: Session, stalls: Stalls): number {
  if (session.state === 'suspect') {
    const end = graceEnd(session, stalls)
    return isUntold(session) ? Math.min(end, tellAt(session, stalls)) : end
  }
  return Math.min(silentAt(session, stalls), awayDue(session, stalls), probeAt(session, stalls))
}

function isUntold({ told }: Session): boolean {
  return told === 'online' || told === 'away'
}

function tellAt(session: Session, stalls: Stalls): number {
  return session.since + session.terms.suspectAfter + stalls.since(session.since)
}

function awayDue(session: Session, stalls: Stalls): number {
  return session.state === 'online' ? awayAt(session, stalls) : Number.POSITIVE_INFINITY
}

// One probe per silence, unless agreed otherwise; unanswered <=> probedAt > last (an answer may come within the same
// millisecond). The first one after a link begins comes at [0.5, 1] x I, spread by the session's number, so that a
// wave of newcomers is not asked in one wave; what they say right after they came is part of that wave.
function probeAt(session: Session, stalls: Stalls): number {
  const { terms, probedAt, since, id, state } = session
  const last = lastEvidenceAt(session)
  if (!terms.probe) return Number.POSITIVE_INFINITY
  if (probedAt > last)
    return terms.probeAgain
      ? probedAt + terms.timing.interval + stalls.since(probedAt)
      : Number.POSITIVE_INFINITY
  const isNew = state === 'online' && last - since < FRESH
  const spread = isNew ? 0.5 + 0.5 * ((id * GOLDEN) % 1) : 1
  const after = Math.min(terms.timing.interval, terms.probeAtMost)
  return last + Math.ceil(after * spread) + stalls.since(last)
}
