// The webhook endpoints: how each fares, and the one thing one can do about a dead one. What they are is said in the
// options; no secret is shown.

import { z } from 'zod'
import { TRANSITION_KINDS } from '../protocol/words.ts'
import type { EndpointStatus } from '../webhooks/endpoint.ts'
import { Refusal } from './problem.ts'
import { reply } from './reply.ts'
import { type Desk, route } from './route.ts'

const TAG = 'Webhooks'

const params = z.object({
  name: z.string({ error: 'must be the name of an endpoint' }).refine(text => /^[\w.-]{1,64}$/.test(text), {
    error: 'must be the name of an endpoint',
    params: { code: 'unknown_endpoint' },
  }),
})
const cursorError = 'must be a cursor of the log, `oldest` or `newest`'
const resumeBody = z
  .strictObject({
    from: z
      .string({ error: cursorError })
      .min(1, { error: cursorError })
      .max(2_048, { error: cursorError })
      .optional()
      .describe('where to go on, instead of where it stopped'),
  })
  // an example that leaves nothing out
  .meta({ examples: [{}] })
  .optional()

const time = z.int().nullable()
const endpointShape = z
  .strictObject({
    name: z.string(),
    url: z.string(),
    kinds: z.array(z.enum(TRANSITION_KINDS)),
    type: z.string().nullable(),
    group: z.string().nullable(),
    state: z
      .enum(['working', 'failing', 'dead'])
      .describe('failing: tried again; dead: not, until it is resumed'),
    delivered: z.int().describe('events taken since the server started'),
    failures: z.int().describe('tries in a row that failed'),
    failingSince: time,
    lastSuccessAt: time,
    lastError: z.string().nullable(),
    nextTryAt: time,
    behindSince: time.describe('when the oldest transition it has not taken was told; null: it has all'),
    cursor: z.string().describe('where it reads on'),
  })
  .meta({ id: 'Endpoint' })
const oneEndpoint = z.strictObject({ endpoint: endpointShape })

export const webhookRoutes = [
  route({
    method: 'get',
    path: '/v1/webhooks',
    scope: 'admin',
    tag: TAG,
    summary: 'How the webhook endpoints fare',
    answers: {
      200: { description: 'All of them', schema: z.strictObject({ endpoints: z.array(endpointShape) }) },
    },
    handle: ({ desk }) => reply(200, { endpoints: desk.endpoints.list() }),
  }),
  route({
    method: 'get',
    path: '/v1/webhooks/{name}',
    scope: 'admin',
    tag: TAG,
    summary: 'How one webhook endpoint fares',
    params,
    answers: { 200: { description: 'It', schema: oneEndpoint } },
    handle: ({ desk, params: { name } }) => reply(200, { endpoint: endpointOf(desk, name) }),
  }),
  route({
    method: 'post',
    path: '/v1/webhooks/{name}/resume',
    scope: 'admin',
    tag: TAG,
    summary: 'Try again at once',
    description:
      'From where it stopped, also one that is dead; `{"from"}` goes on from another place of the log instead: a cursor, `oldest`, or `newest`, which leaves out what it has missed.',
    params,
    body: resumeBody,
    answers: { 200: { description: 'How it stands', schema: oneEndpoint } },
    handle: async ({ desk, params: { name }, body }) => {
      if (!(await desk.endpoints.resume(name, body?.from))) throw unknown(name)
      return reply(200, { endpoint: endpointOf(desk, name) })
    },
  }),
]

function endpointOf(desk: Desk, name: string): EndpointStatus {
  const found = desk.endpoints.list().find(one => one.name === name)
  if (found === undefined) throw unknown(name)
  return found
}

function unknown(name: string): Refusal {
  return new Refusal('unknown_endpoint', `no webhook endpoint is called ${JSON.stringify(name)}`)
}
