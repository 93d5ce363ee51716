// Which sessions are on a connection: carries out what the detector decided of them. It judges nothing, and says to the
// other side only that its session stands.
// Invariant: an open connection has at least one session, one without a member where nobody is named.

import type { DetachCause } from '../core/change.ts'
import { lastEvidenceAt, type Session } from '../core/session.ts'
import type { Terms } from '../core/terms.ts'
import { native } from '../dialects/native.ts'
import type { Board } from './board.ts'
import type { Connection } from './connection.ts'

type Boarded = Board<Connection>
type Seated = Session<Connection>

const NOBODY = { member: null, instance: null, epoch: 0, details: null } as const

/** A session begins or goes on on `link`. */
export function attach(
  board: Boarded,
  link: Connection,
  session: Seated,
  resumed: boolean,
  at: number,
): void {
  const before = link.session
  if (before === null || before.member === null) {
    link.session = session
    if (before !== null && before !== session)
      board.apply({ type: 'end', session: before, reason: 'left' }, at)
  } else if (before !== session && link.more?.includes(session) !== true) {
    link.more = [...(link.more ?? []), session]
    agreeAll(board, link, link.terms().hub, at)
  }
  if (session.member === null) return
  if (link.stage === 'waiting') {
    link.stage = 'member'
    board.native.welcome(link, session, resumed, at)
  }
  if (link.pass !== null) board.admitted(link, session, resumed)
}

/** A session is no longer on `link`; the connection goes on. */
export function detach(
  board: Boarded,
  link: Connection,
  session: Seated,
  why: DetachCause,
  at: number,
): void {
  lose(board, link, session, at)
  if (why === 'moved') link.memory = null
  // a native connection ends with its session
  if (link.session !== null || link.link === null || link.dialect === native) return
  const { nameless, unheard } = link.terms()
  const terms = session.terms === unheard ? unheard : nameless
  // to lose its member is no sign of life
  seatNobody(board, link, terms, at, lastEvidenceAt(session))
}

/** Forgets a session without putting anything in its place. */
export function lose(board: Boarded, link: Connection, session: Seated, at: number): void {
  if (session !== link.session && link.more?.includes(session) !== true) return
  const left = [...link.sessions()].filter(other => other !== session)
  const [first = null, ...rest] = left
  link.session = first
  link.more = rest.length > 0 ? rest : null
  if (left.length === 1 && first?.member != null) agreeAll(board, link, link.terms().member, at)
}

/** Begins a session without a member. */
export function seatNobody(
  board: Boarded,
  link: Connection,
  terms: Terms,
  at: number,
  lastEvidence: number,
): void {
  const request = { ...NOBODY, terms, link, lastEvidenceAt: lastEvidence }
  board.apply({ type: 'begin', request }, at)
}

function agreeAll(board: Boarded, link: Connection, terms: Terms, at: number): void {
  for (const session of link.sessions()) board.apply({ type: 'terms', session, terms }, at)
}
