// `POST /v1/members/{id}/kick`: ends the sessions of a member. Who must not come back for a while is banned instead.

import { z } from 'zod'
import { id, textOf } from './fields.ts'
import { Refusal } from './problem.ts'
import { reply } from './reply.ts'
import { route } from './route.ts'

/** What a close frame has room for. */
const REASON_BYTES = 120

export const kickRoutes = [
  route({
    method: 'post',
    path: '/v1/members/{id}/kick',
    scope: 'admin',
    tag: 'Members',
    summary: 'Send a member away',
    description:
      'Ends all its sessions as `kicked`; none of them can be resumed. Its SDK comes back only with `mayReturn`. On disk within 100 ms of the answer, and a ban before its own: to keep somebody out, ban.',
    params: z.object({ id }),
    body: z
      .strictObject({
        reason: textOf(REASON_BYTES).optional().describe('for people'),
        mayReturn: z
          .boolean({ error: 'must be true or false' })
          .optional()
          .describe('it may come back at once'),
      })
      .meta({ examples: [{ reason: 'kicked', mayReturn: true }] })
      .optional(),
    answers: {
      200: {
        description: 'How many sessions it had',
        schema: z.strictObject({ sessions: z.int() }),
      },
    },
    handle: async ({ desk: { server }, params, body = {} }) => {
      const { reason, mayReturn = false } = body
      const [member] = await server.lookup([params.id])
      if (member == null) throw unknownMember(params.id)
      const sessions = await server.kick(params.id, { mayReturn, ...(reason !== undefined && { reason }) })
      return reply(200, { sessions })
    },
  }),
]

/** That nobody has this id. */
export function unknownMember(member: string): Refusal {
  return new Refusal('unknown_member', `no member has the id ${JSON.stringify(member)}`)
}
