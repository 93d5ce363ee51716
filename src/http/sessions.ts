// `GET /v1/sessions`: open sessions in pages, or the connections nobody has named. Shows session ids and client ids;
// never an instance, with which somebody could take a session over.

import type { PresenceServer, SessionAnswer } from '../server/api.ts'
import { encodeCursor, readQuery, sessionsQuery } from './query.ts'
import { reply } from './reply.ts'

/** A page of sessions. */
export function sessionList(server: PresenceServer, request: Request): Response {
  const { cursor, limit, anonymous } = readQuery(sessionsQuery, request.url)
  const { sessions, next } = server.sessions({ after: cursor, limit, anonymous })
  return reply(200, { sessions: sessions.map(sessionView), cursor: encodeCursor(next), ...degraded(server) })
}

/** One session as the API shows it. */
export function sessionView(session: SessionAnswer): object {
  const { id, member, clientId, dialect, state, since, beganAt } = session
  const { lastEvidenceAt, lastBeatAt, reason, address, rtt, held } = session
  const view = {
    id,
    member,
    clientId,
    dialect,
    state,
    since,
    beganAt,
    lastEvidenceAt,
    lastBeatAt,
    reason,
    address,
    rtt,
  }
  return held === true ? { ...view, held: true } : view
}

/** What an answer says while the store cannot write. */
export function degraded(server: PresenceServer): { readonly degraded?: true } {
  return server.status().degraded ? { degraded: true } : {}
}
