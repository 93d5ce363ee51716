// Who may begin: finds the session a newcomer continues, and applies the policy where it is a further one.
// It only decides; the detector acts.

import type { BeginRequest } from './change.ts'
import { silentFor } from './deadlines.ts'
import { lastEvidenceAt, type Session } from './session.ts'
import type { SessionTable } from './session-table.ts'
import type { Stalls } from './stalls.ts'
import type { TakeOvers } from './take-overs.ts'

/** What to do with a newcomer. `replace`: begin, and end all other sessions of the member. */
export type Admission<L extends object> =
  | { readonly say: 'begin' | 'replace' | 'occupied' | 'conflict' }
  | { readonly say: 'resume' | 'probe'; readonly session: Session<L> }

const BEGIN = { say: 'begin' } as const
const REPLACE = { say: 'replace' } as const
const OCCUPIED = { say: 'occupied' } as const
const CONFLICT = { say: 'conflict' } as const

/** The session that `request` continues: the same instance, or the same dialect where there is no instance. */
export function findOwn<L extends object>(
  table: SessionTable<L>,
  { member, instance, terms }: BeginRequest<L>,
): Session<L> | null {
  let session = member === null ? null : table.of(member)
  for (; session !== null; session = session.next) {
    if (session.instance !== instance) continue
    if (instance !== null) return session
    const free = session.state === 'suspect' || terms.supersede
    if (free && session.terms.dialect === terms.dialect) return session
  }
  return null
}

/** Applies epochs and policy (DESIGN §4). Never waits: `probe` names the session to be asked first. */
export function admit<L extends object>(
  table: SessionTable<L>,
  request: BeginRequest<L>,
  at: number,
  stalls: Stalls,
  takeOvers: TakeOvers,
): Admission<L> {
  const { member, instance, epoch, terms } = request
  const own = findOwn(table, request)
  if (own !== null) {
    const conflict = instance !== null && epoch <= own.epoch
    return conflict ? CONFLICT : { say: 'resume', session: own }
  }
  const first = member === null ? null : table.of(member)
  if (first === null || terms.policy === 'many') return BEGIN
  const blocker = blockerOf(first)
  if (blocker === null) return REPLACE
  if (terms.policy === 'newest') return takeOvers.allow(member!, at) ? REPLACE : OCCUPIED
  const quiet = silentFor(blocker, at, stalls) > blocker.terms.timing.interval
  return quiet ? { say: 'probe', session: blocker } : OCCUPIED
}

// A suspect session never blocks; of several, the one with the freshest evidence does.
function blockerOf<L extends object>(first: Session<L>): Session<L> | null {
  let found: Session<L> | null = null
  for (let session: Session<L> | null = first; session !== null; session = session.next)
    if (session.state !== 'suspect' && !session.terms.aside && isFresher(session, found)) found = session
  return found
}

function isFresher(session: Session, than: Session | null): boolean {
  return than === null || lastEvidenceAt(session) > lastEvidenceAt(than)
}
