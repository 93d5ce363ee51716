// `GET /v1/members` and `GET /v1/members/{id}`: who is known, by id, in pages; and one member with its sessions.

import { parseId } from '../protocol/ids.ts'
import type { MemberAnswer, PresenceServer } from '../server/api.ts'
import { encodeCursor, membersQuery, readQuery } from './query.ts'
import { Refusal, reply } from './reply.ts'
import { degraded, sessionView } from './sessions.ts'

const PATH = '/v1/members/'

/** A page of members. */
export async function memberList(server: PresenceServer, request: Request): Promise<Response> {
  const { cursor, limit, state } = readQuery(membersQuery, request.url)
  const query = { after: cursor, limit, ...(state === undefined ? {} : { state }) }
  const { members, next } = await server.members(query)
  return reply(200, { members: members.map(memberView), cursor: encodeCursor(next), ...degraded(server) })
}

/** One member. */
export async function memberDetail(server: PresenceServer, request: Request): Promise<Response> {
  const id = idIn(new URL(request.url).pathname)
  const found = await server.member(id)
  if (found === null) throw new Refusal(404, 'unknown_member', `no member has the id ${JSON.stringify(id)}`)
  const { member, sessions } = found
  return reply(200, { member: memberView(member), sessions: sessions.map(sessionView), ...degraded(server) })
}

function memberView(member: MemberAnswer): object {
  const { id, name, type, state, since, joinedAt, lastEvidenceAt, lastBeatAt, reason, version, sessions } =
    member
  const view = {
    id,
    name,
    type,
    state,
    since,
    joinedAt,
    lastEvidenceAt,
    lastBeatAt,
    reason,
    version,
    sessions,
  }
  return member.held === true ? { ...view, held: true } : view
}

function idIn(path: string): string {
  const text = decoded(path.slice(PATH.length))
  const id = text === null ? null : parseId(text)
  if (id?.ok) return id.value
  const wanted = '1 to 256 bytes of UTF-8 without control characters, percent-encoded'
  throw new Refusal(400, 'bad_id', `the id in the path must be ${wanted}`)
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
