// Says who a `gateway` link is: those links never say it themselves. Which links there are is in the list of sessions.

import { z } from 'zod'
import { id } from './fields.ts'
import { done } from './reply.ts'
import { route } from './route.ts'

const TAG = 'Sessions'
const params = z.object({ clientId: z.string().meta({ examples: ['7f00000108fc00000001'] }) })

export const connectionRoutes = [
  route({
    method: 'put',
    path: '/v1/connections/{clientId}/member',
    scope: 'admin',
    tag: TAG,
    summary: 'Bind a gateway link to a member',
    params,
    body: z.strictObject({ member: id }),
    answers: { 204: { description: 'It is that member' } },
    handle: ({ desk, params, body }) => {
      desk.server.bind(params.clientId, body.member)
      return done()
    },
  }),
  route({
    method: 'delete',
    path: '/v1/connections/{clientId}/member',
    scope: 'admin',
    tag: TAG,
    summary: 'Unbind a gateway link',
    params,
    answers: { 204: { description: 'It is nobody; the connection stays' } },
    handle: ({ desk, params }) => {
      desk.server.unbind(params.clientId)
      return done()
    },
  }),
]
