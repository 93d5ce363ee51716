// Puts what happened to a session, or what the host does to a member, into the form the store is told. Times stay on the
// detector's clock.

import type { Details, Membership, SessionChange } from './change.ts'
import { NEVER } from './clock.ts'
import { lastEvidenceAt, type Session } from './session.ts'

/** One change of `session`, a session of `member`, decided at `at`. */
export function changeOf(
  kind: SessionChange['kind'],
  session: Session,
  member: string,
  at: number,
  details: Details | null,
  membership: Membership | null,
): SessionChange {
  return {
    kind,
    session: session.id,
    member,
    at,
    since: session.since,
    lastEvidenceAt: lastEvidenceAt(session),
    lastBeatAt: session.beatAt,
    reason: kind === 'end' || kind === 'suspect' ? session.reason : null,
    dialect: session.terms.dialect,
    instance: session.instance,
    epoch: session.epoch,
    timing: session.terms.ownTiming ? session.terms.timing : null,
    details,
    membership,
  }
}

/** No session's doing, but the host's: the ledger takes it as the member's own. */
export function hostChange(
  kind: 'update' | 'enter' | 'exit' | 'erase',
  member: string,
  at: number,
  details: Details | null,
  membership: Membership | null,
): SessionChange {
  return {
    kind,
    session: 0,
    member,
    at,
    since: at,
    lastEvidenceAt: NEVER,
    lastBeatAt: NEVER,
    reason: null,
    dialect: 'api',
    instance: null,
    epoch: 0,
    timing: null,
    details,
    membership,
  }
}
