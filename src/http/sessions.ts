// Open sessions: in pages, those of one member, the connections nobody has named, one of them; what the host keeps with
// one. Shows session ids and client ids; never an instance, with which somebody could take a session over.

import { z } from 'zod'
import type { PresenceServer, SessionAnswer } from '../server/api.ts'
import { id } from './fields.ts'
import { encodeCursor, paging } from './paging.ts'
import { Refusal } from './problem.ts'
import { done, reply } from './reply.ts'
import { route } from './route.ts'
import { sessionShape } from './shapes.ts'

const TAG = 'Sessions'
const params = z.object({ id: z.string().meta({ examples: ['12'] }) })
const degradedShape = z.literal(true).optional().describe('the server cannot write its data at the moment')

export const sessionRoutes = [
  route({
    method: 'get',
    path: '/v1/sessions',
    scope: 'read',
    tag: TAG,
    summary: 'Open sessions',
    description:
      'Those that have a member; with `anonymous=true` instead the connections that have none, among them unbound `gateway` links with their client id. In the order in which they began.',
    query: z.strictObject({
      ...paging,
      anonymous: z
        .enum(['true', 'false'], { error: 'must be true or false' })
        .default('false')
        .transform(word => word === 'true')
        .meta({ type: 'boolean', description: 'the connections nobody has named' }),
      member: id.optional().describe('only those of this member'),
    }),
    answers: {
      200: {
        description: 'A page of sessions',
        schema: z.strictObject({
          sessions: z.array(sessionShape),
          cursor: z.string().nullable(),
          degraded: degradedShape,
        }),
      },
    },
    handle: async ({ desk: { server }, query }) => {
      const { sessions, next } = await find(server, query)
      return reply(200, {
        sessions: sessions.map(sessionView),
        cursor: encodeCursor(next),
        ...degraded(server),
      })
    },
  }),
  route({
    method: 'get',
    path: '/v1/sessions/{id}',
    scope: 'read',
    tag: TAG,
    summary: 'One open session',
    params,
    answers: { 200: { description: 'The session', schema: z.strictObject({ session: sessionShape }) } },
    handle: ({ desk: { server }, params }) => reply(200, { session: sessionView(known(server, params.id)) }),
  }),
  route({
    method: 'put',
    path: '/v1/sessions/{id}/data',
    scope: 'admin',
    tag: TAG,
    summary: 'Keep data with a session',
    description: 'Any JSON of at most 4 KiB, kept as long as the session lasts. `null` takes it away.',
    params,
    body: z.unknown().meta({ examples: [{ seat: 12 }] }),
    answers: { 200: { description: 'The session', schema: z.strictObject({ session: sessionShape }) } },
    handle: async ({ desk: { server }, params, body }) => {
      if (!(await server.setSessionData(params.id, body))) throw unknown(params.id)
      return reply(200, { session: sessionView(known(server, params.id)) })
    },
  }),
  route({
    method: 'delete',
    path: '/v1/sessions/{id}/data',
    scope: 'admin',
    tag: TAG,
    summary: 'Take the data of a session away',
    params,
    answers: { 204: { description: 'There is none any more' } },
    handle: async ({ desk: { server }, params }) => {
      if (!(await server.setSessionData(params.id, null))) throw unknown(params.id)
      return done()
    },
  }),
]

/** One session as the API shows it. */
export function sessionView(session: SessionAnswer): object {
  const { id, member, clientId, dialect, state, since, beganAt } = session
  const { lastEvidenceAt, lastBeatAt, reason, address, rtt, node, expires, data, held } = session
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
    node,
    expires,
    data,
  }
  return held === true ? { ...view, held: true } : view
}

/** What an answer says while the store cannot write. */
export function degraded(server: PresenceServer): { readonly degraded?: true } {
  return server.status().degraded ? { degraded: true } : {}
}

interface Asked {
  readonly cursor: string | null
  readonly limit: number
  readonly anonymous: boolean
  readonly member?: string | undefined
}

type Found = ReturnType<PresenceServer['sessions']>

async function find(server: PresenceServer, { cursor, limit, anonymous, member }: Asked): Promise<Found> {
  if (cursor !== null && !/^\d{1,16}$/.test(cursor))
    throw new Refusal('bad_cursor', 'the cursor is of another list: take it from the answer before')
  if (member === undefined) return server.sessions({ after: cursor, limit, anonymous })
  if (anonymous) throw new Refusal('bad_query', 'anonymous sessions have no member: leave one of the two out')
  const all = (await server.member(member))?.sessions ?? []
  const rest = all.filter(session => cursor === null || Number(session.id) > Number(cursor))
  const sessions = rest.slice(0, limit)
  return { sessions, next: rest.length > limit ? sessions.at(-1)!.id : null }
}

function known(server: PresenceServer, id: string): SessionAnswer {
  const session = server.session(id)
  if (session === null) throw unknown(id)
  return session
}

function unknown(id: string): Refusal {
  return new Refusal('unknown_session', `no open session has the id ${JSON.stringify(id.slice(0, 100))}`)
}
