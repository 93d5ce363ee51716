// `/healthz`: the process serves. `/readyz`: whether it should be sent traffic. `/v1/stats`: how it is, in numbers. Who may
// not read is told no number and no file name.

import { z } from 'zod'
import type { Caller } from '../auth/authority.ts'
import type { PresenceServer } from '../server/api.ts'
import { reply } from './reply.ts'
import { route } from './route.ts'
import { countsShape } from './shapes.ts'

const TAG = 'Server'
const count = z.int()
const degradedWhen = 'the store cannot write what must survive'

const statusShape = z
  .strictObject({
    ready: z.boolean(),
    degraded: z.boolean().describe(degradedWhen),
    problem: z.string().describe('what is wrong; empty: nothing'),
    held: z.boolean().describe('ends are withheld: many fell silent at once'),
    members: countsShape,
    sessions: count,
    connections: count,
    startedAt: count.describe('ms since 1970'),
    counters: z.record(z.string(), z.number()).describe('counted events by name'),
  })
  .meta({ id: 'Status' })
const readyShape = z.strictObject({
  ready: z.boolean(),
  degraded: z.boolean().describe(degradedWhen),
  problem: z.string().optional().describe('only for who may read'),
})

export const serverRoutes = [
  route({
    method: 'get',
    path: '/v1/stats',
    scope: 'read',
    tag: TAG,
    summary: 'How the server is',
    answers: {
      200: {
        description: 'Its state in numbers',
        schema: z.strictObject({
          node: z.string().describe('name of this node'),
          ...statusShape.shape,
          groups: count.describe('groups that have members'),
          listeners: z.array(
            z.strictObject({ host: z.string(), port: z.int(), dialect: z.string(), bound: z.string() }),
          ),
        }),
      },
    },
    handle: ({ desk: { server } }) =>
      reply(200, {
        node: server.node,
        ...statusOf(server),
        groups: server.tally.groups.size,
        listeners: server.addresses.map(({ host, port, dialect, bound }) => ({ host, port, dialect, bound })),
      }),
  }),
  route({
    method: 'get',
    path: '/healthz',
    scope: null,
    knowsCaller: true,
    tag: TAG,
    summary: 'Whether the process serves',
    description: '200 as long as anything can be answered at all. All but `status` only for who may read.',
    answers: {
      200: {
        description: 'It serves',
        schema: z.strictObject({ status: z.literal('ok'), ...statusShape.partial().shape }),
      },
    },
    handle: ({ desk: { server }, caller }) =>
      reply(200, { status: 'ok', ...(mayRead(caller) ? statusOf(server) : {}) }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    scope: null,
    knowsCaller: true,
    tag: TAG,
    summary: 'Whether it should be sent traffic',
    answers: {
      200: { description: 'It takes connections', schema: readyShape },
      503: { description: 'Not yet, or no more', schema: readyShape },
    },
    handle: ({ desk: { server }, caller }) => {
      const { ready, degraded, problem } = server.status()
      const told = problem !== '' && mayRead(caller)
      return reply(ready ? 200 : 503, { ready, degraded, ...(told && { problem }) })
    },
  }),
]

// A token reads of members, as far as it reaches; not of the server.
function mayRead({ scopes, rights }: Caller): boolean {
  return rights === null && scopes.has('read')
}

function statusOf(server: PresenceServer): object {
  const { ready, degraded, problem, held, members, sessions, connections, startedAt, counters } =
    server.status()
  return { ready, degraded, problem, held, members, sessions, connections, startedAt, counters }
}
