// `GET /v1/members` and below: who is known, in pages; one member with its evidence and sessions; and what happened to it.

import { z } from 'zod'
import { covers } from '../auth/reach.ts'
import type { PresenceServer } from '../server/api.ts'
import { id, wholeNumber } from './fields.ts'
import { unknownMember } from './kick.ts'
import { listMembers, listQuery, listShape } from './member-lists.ts'
import { encodeCursor, paging } from './paging.ts'
import { Refusal } from './problem.ts'
import { reply } from './reply.ts'
import { type Call, route } from './route.ts'
import { degraded, sessionView } from './sessions.ts'
import { memberShape, sessionShape, transitionShape } from './shapes.ts'
import { memberSeen, memberView, transitionView } from './views.ts'

const TAG = 'Members'
const params = z.object({ id })
const FILTERS = ['group', 'type', 'node', 'prefix'] as const
const degradedShape = z.literal(true).optional().describe('the server cannot write its data at the moment')

const query = z.strictObject({
  ...listQuery,
  group: id.optional().describe('only those in this group'),
  type: z.string().max(256, { error: 'must be at most 256 characters' }).optional().describe('of this type'),
  node: id.optional().describe('only those with a session on the node of this name'),
  prefix: id.optional().describe('only those whose id begins so'),
})

const oneQuery = z.strictObject({
  history: wholeNumber(0, 200, 0, 'so many of its last transitions with it'),
})

const historyQuery = z.strictObject({
  ...paging,
  before: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0, 'only those with a version below this; 0: all'),
})

export const memberRoutes = [
  route({
    method: 'get',
    path: '/v1/members',
    scope: 'read',
    token: true,
    tag: TAG,
    summary: 'Who is known',
    description:
      'By a state and at most one of group, type, node and prefix. With a token: only a group it may watch, as others see it.',
    query,
    answers: { 200: { description: 'A page of members', schema: listShape } },
    handle: ({ desk, caller, query }) => {
      const { group, type, node, prefix, ...page } = query
      const given = FILTERS.filter(name => query[name] !== undefined)
      if (given.length > 1)
        throw new Refusal(
          'bad_query',
          `give one of ${given.join(' and ')}: besides a state, one filter is taken`,
        )
      return listMembers(desk, caller, {
        ...page,
        ...(group !== undefined && { group }),
        ...(type !== undefined && { type }),
        ...(node !== undefined && { node }),
        ...(prefix !== undefined && { prefix }),
      })
    },
  }),
  route({
    method: 'get',
    path: '/v1/members/{id}',
    scope: 'read',
    token: true,
    tag: TAG,
    summary: 'One member',
    description:
      'With a token: as others see it, without sessions and history; whoever has it finds itself, whatever its rights.',
    params,
    query: oneQuery,
    answers: {
      200: {
        description:
          'The member, its sessions, and its last transitions where they were asked for, newest first',
        schema: z.strictObject({
          member: memberShape,
          sessions: z.array(sessionShape).optional(),
          history: z.array(transitionShape).optional(),
          degraded: degradedShape,
        }),
      },
    },
    handle: oneMember,
  }),
  route({
    method: 'get',
    path: '/v1/members/{id}/history',
    scope: 'read',
    tag: TAG,
    summary: 'What happened to a member',
    description: 'Its transitions that the log still has, newest first.',
    params,
    query: historyQuery,
    answers: {
      200: {
        description: 'A page of transitions',
        schema: z.strictObject({
          transitions: z.array(transitionShape),
          cursor: z.string().nullable().describe('null: nothing older is kept'),
        }),
      },
    },
    handle: history,
  }),
]

type Params = z.output<typeof params>

async function oneMember(call: Call<Params, z.output<typeof oneQuery>, unknown>): Promise<Response> {
  const { server } = call.desk
  const { rights, member } = call.caller
  const { id } = call.params
  const most = call.query.history
  if (rights !== null && most > 0)
    throw new Refusal('beyond_rights', 'a token is not told what happened: leave history out')
  const found = await server.member(id)
  if (
    found === null ||
    (rights !== null && id !== member && !covers(rights.ask, id, found.member.seenGroups))
  )
    throw unknownMember(id)
  if (rights !== null) return reply(200, { member: memberSeen(found.member, true), ...degraded(server) })
  const past = most === 0 ? null : await server.history(id, null, most)
  return reply(200, {
    member: memberView(found.member),
    sessions: found.sessions.map(sessionView),
    ...(past !== null && { history: past.transitions.map(transitionView) }),
    ...degraded(server),
  })
}

async function history(call: Call<Params, z.output<typeof historyQuery>, unknown>): Promise<Response> {
  const { server } = call.desk
  const { id } = call.params
  const { cursor, before, limit } = call.query
  if (cursor !== null && before !== 0)
    throw new Refusal('bad_query', 'cursor goes on where a page ended: leave before out')
  const below = cursor === null ? (before === 0 ? null : before) : versionOf(cursor)
  const { transitions, next } = await server.history(id, below, limit)
  if (transitions.length === 0 && !(await isKnown(server, id))) throw unknownMember(id)
  return reply(200, {
    transitions: transitions.map(transitionView),
    cursor: encodeCursor(next === null ? null : String(next)),
  })
}

function versionOf(cursor: string): number {
  if (/^\d{1,16}$/.test(cursor) && Number.isSafeInteger(Number(cursor))) return Number(cursor)
  throw new Refusal('bad_cursor', 'the cursor is of another list: take it from the answer before')
}

async function isKnown(server: PresenceServer, id: string): Promise<boolean> {
  const [found] = await server.lookup([id])
  return found != null
}
