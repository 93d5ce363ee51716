// Whether somebody is at a session, and when one that is hidden becomes away. It sets the fields of one session when
// it comes back and names what has to be told of that; it schedules and tells nothing.

import { NEVER } from './clock.ts'
import type { Session } from './session.ts'
import type { Stalls } from './stalls.ts'

/** When it is away for being hidden; `Infinity` where it is not hidden. */
export function awayAt({ hiddenAt, terms }: Session, stalls: Stalls): number {
  return hiddenAt === NEVER ? Number.POSITIVE_INFINITY : hiddenAt + terms.awayAfter + stalls.since(hiddenAt)
}

/** It goes on after a reconnect: shown, or hidden (`away`) for as long as it was already. */
export function comeBack(session: Session, away: boolean, at: number, stalls: Stalls): void {
  const before = session.state
  if (!away) session.hiddenAt = NEVER
  else if (session.hiddenAt === NEVER) session.hiddenAt = at
  session.state = away && (session.wasAway || at >= awayAt(session, stalls)) ? 'away' : 'online'
  if (session.state === 'online' || before !== 'away') session.since = at
}

/** What the store has to be told of one that came back; `null`: it knows. */
export function comebackOf({ state, told }: Session): 'away' | 'back' | 'resume' | null {
  if (state === told) return null
  if (state === 'away') return 'away'
  return told === 'away' ? 'back' : 'resume'
}
