// Who is kept out: bans by member id, for a time or until they are lifted. A ban kicks; it is asked at every identification.

import { z } from 'zod'
import type { Ban } from '../server/api.ts'
import { id, milliseconds, textOf } from './fields.ts'
import { encodeCursor, paging } from './paging.ts'
import { Refusal } from './problem.ts'
import { done, reply } from './reply.ts'
import { route } from './route.ts'

const TAG = 'Bans'
const REASON_BYTES = 256
/** Longer is for ever. */
const TEN_YEARS = 315_360_000_000

const params = z.object({ id })
const time = z.int().describe('ms since 1970')

const banShape = z
  .strictObject({
    member: z.string(),
    since: time,
    until: time.nullable().describe('null: until it is lifted'),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Ban' })
const oneBan = z.strictObject({ ban: banShape })

export const banRoutes = [
  route({
    method: 'get',
    path: '/v1/bans',
    scope: 'read',
    tag: TAG,
    summary: 'Who is banned',
    query: z.strictObject(paging),
    answers: {
      200: {
        description: 'A page of bans, by member id',
        schema: z.strictObject({ bans: z.array(banShape), cursor: z.string().nullable() }),
      },
    },
    handle: ({ desk, query: { cursor, limit } }) => {
      const { bans, next } = desk.server.bans.list(cursor, limit)
      return reply(200, { bans: bans.map(banView), cursor: encodeCursor(next) })
    },
  }),
  route({
    method: 'get',
    path: '/v1/bans/{id}',
    scope: 'read',
    tag: TAG,
    summary: 'The ban of a member',
    params,
    answers: { 200: { description: 'The ban', schema: oneBan } },
    handle: ({ desk, params }) => {
      const ban = desk.server.bans.of(params.id)
      if (ban === null) throw notBanned(params.id)
      return reply(200, { ban: banView(ban) })
    },
  }),
  route({
    method: 'put',
    path: '/v1/bans/{id}',
    scope: 'admin',
    tag: TAG,
    summary: 'Ban a member',
    description:
      'Kicks it, and refuses it whenever it says who it is, also after a restart. A ban there was is replaced.',
    params,
    body: z
      .strictObject({
        for: milliseconds(1, TEN_YEARS).optional().describe('ms; without it: until it is lifted'),
        reason: textOf(REASON_BYTES).optional().describe('for people'),
      })
      .meta({ examples: [{ for: 3_600_000 }] })
      .optional(),
    answers: { 200: { description: 'The ban', schema: oneBan } },
    handle: async ({ desk, params, body = {} }) => {
      const { for: ms, reason } = body
      const options = { ...(ms !== undefined && { for: ms }), ...(reason !== undefined && { reason }) }
      return reply(200, { ban: banView(await desk.server.bans.ban(params.id, options)) })
    },
  }),
  route({
    method: 'delete',
    path: '/v1/bans/{id}',
    scope: 'admin',
    tag: TAG,
    summary: 'Lift a ban',
    params,
    answers: { 204: { description: 'It may come' } },
    handle: async ({ desk, params }) => {
      if (!(await desk.server.bans.lift(params.id))) throw notBanned(params.id)
      return done()
    },
  }),
]

function banView({ member, since, until, reason }: Ban): object {
  return { member, since, until, reason }
}

function notBanned(member: string): Refusal {
  return new Refusal('unknown_ban', `member ${JSON.stringify(member)} is not banned`)
}
