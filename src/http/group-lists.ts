// Which groups there are and who is in them. Keys see the truth; tokens what others see, of groups they may watch.

import { z } from 'zod'
import type { PresenceServer } from '../server/api.ts'
import { countsOf } from './counts.ts'
import { id } from './fields.ts'
import { listMembers, listQuery, listShape, mayWatch } from './member-lists.ts'
import { encodeCursor, paging } from './paging.ts'
import { reply } from './reply.ts'
import { route } from './route.ts'
import { groupShape } from './shapes.ts'

const TAG = 'Groups'
const params = z.object({ group: id })

export const groupReadRoutes = [
  route({
    method: 'get',
    path: '/v1/groups',
    scope: 'read',
    token: true,
    tag: TAG,
    summary: 'Which groups there are',
    description:
      'Those that have members, by name. With a token that may watch everybody: as others see them.',
    query: z.strictObject(paging),
    answers: {
      200: {
        description: 'A page of groups',
        schema: z.strictObject({ groups: z.array(groupShape), cursor: z.string().nullable() }),
      },
    },
    handle: ({ desk: { server }, caller, query: { cursor, limit } }) => {
      mayWatch(caller, null)
      const { groups, next } = server.groups(cursor, limit)
      const shown = caller.rights === null ? groups : groups.flatMap(({ group }) => seen(server, group))
      return reply(200, { groups: shown, cursor: encodeCursor(next) })
    },
  }),
  route({
    method: 'get',
    path: '/v1/groups/{group}',
    scope: 'read',
    token: true,
    tag: TAG,
    summary: 'One group',
    description: 'How many of its members are in which state; a group without members has none in any.',
    params,
    answers: { 200: { description: 'The group', schema: groupShape } },
    handle: ({ desk: { server }, caller, params: { group } }) => {
      mayWatch(caller, group)
      return reply(200, { group, members: countsOf(server, group, caller.rights !== null) })
    },
  }),
  route({
    method: 'get',
    path: '/v1/groups/{group}/members',
    scope: 'read',
    token: true,
    tag: TAG,
    summary: 'Who is in a group',
    params,
    query: z.strictObject(listQuery),
    answers: { 200: { description: 'A page of members', schema: listShape } },
    handle: ({ desk, caller, params, query }) => listMembers(desk, caller, { ...query, ...params }),
  }),
]

// A group in which others find nobody is none to them.
function seen(server: PresenceServer, group: string): { group: string; members: object }[] {
  return server.tally.groups.has(group) ? [{ group, members: countsOf(server, group, true) }] : []
}
