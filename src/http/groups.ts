// Standing membership: puts members into groups and takes them out, one or many at once. What a session made stays. Which
// groups there are, and who is in them, is read elsewhere.

import { z } from 'zod'
import { SystoleError } from '../errors.ts'
import type { PresenceServer } from '../server/api.ts'
import { nextTurn } from '../server/turn.ts'
import { id, milliseconds } from './fields.ts'
import { problemCode, Refusal } from './problem.ts'
import { done, reply } from './reply.ts'
import { route } from './route.ts'

const TAG = 'Groups'
const MOST = 1_000
/** Changes that one turn may make, in ms. */
const BUDGET = 8
const TEN_YEARS = 315_360_000_000

const ttl = milliseconds(1, TEN_YEARS)
  .optional()
  .describe('ms; without it: until it is removed')
  .meta({ examples: [3_600_000] })
const params = z.object({ group: id, id })
// an id that is none is refused by itself, not with all the others
const ids = z
  .array(z.string({ error: 'must be an id' }), { error: 'must be a list of ids' })
  .max(MOST, { error: `must name at most ${MOST} ids` })
  .optional()

export const membershipRoutes = [
  route({
    method: 'put',
    path: '/v1/groups/{group}/members/{id}',
    scope: 'admin',
    tag: TAG,
    summary: 'Put a member into a group',
    description:
      'Until it is removed or `ttl` is over; also one that is offline, or was never seen. On disk within 100 ms of the answer.',
    params,
    body: z
      .strictObject({ ttl })
      .meta({ examples: [{ ttl: 3_600_000 }] })
      .optional(),
    answers: { 204: { description: 'It is in the group' } },
    handle: async ({ desk, params, body }) => {
      await desk.server.addToGroup(params.group, params.id, optionsOf(body?.ttl))
      return done()
    },
  }),
  route({
    method: 'delete',
    path: '/v1/groups/{group}/members/{id}',
    scope: 'admin',
    tag: TAG,
    summary: 'Take a member out of a group',
    description:
      'Ends what the API made; membership by a session lasts as long as the session. On disk within 100 ms of the answer.',
    params,
    answers: { 204: { description: 'It does not stand in the group' } },
    handle: async ({ desk, params }) => {
      await desk.server.removeFromGroup(params.group, params.id)
      return done()
    },
  }),
  route({
    method: 'post',
    path: '/v1/groups/{group}/members',
    scope: 'admin',
    tag: TAG,
    summary: 'Change many members of a group',
    description: `Removes, then adds, at most ${MOST} ids together. One that is refused keeps no other from it. On disk within 100 ms of the answer.`,
    params: z.object({ group: id }),
    body: z.strictObject({ add: ids, remove: ids, ttl }).meta({ examples: [{ add: ['7'], remove: ['8'] }] }),
    answers: {
      200: {
        description: 'How many were added and removed, and which were refused',
        schema: z.strictObject({
          added: z.int(),
          removed: z.int(),
          refused: z.array(z.strictObject({ id: z.string(), code: z.string(), detail: z.string() })),
        }),
      },
    },
    handle: async ({ desk: { server }, params: { group }, body }) => {
      const { add = [], remove = [] } = body
      if (add.length + remove.length > MOST)
        throw new Refusal('bad_body', `add and remove must name at most ${MOST} ids together`)
      return reply(200, await change(server, group, add, remove, body.ttl))
    },
  }),
]

async function change(
  server: PresenceServer,
  group: string,
  add: readonly string[],
  remove: readonly string[],
  ttl: number | undefined,
): Promise<object> {
  const refused: { id: string; code: string; detail: string }[] = []
  const each = async (ids: readonly string[], run: (id: string) => Promise<void>): Promise<number> => {
    let done = 0
    let began = performance.now()
    for (const id of ids) {
      const refusal = await run(id).then(() => null, refusalOf)
      if (refusal === null) done++
      else refused.push({ id, ...refusal })
      if (performance.now() - began < BUDGET) continue
      await nextTurn()
      began = performance.now()
    }
    return done
  }
  const removed = await each(remove, id => server.removeFromGroup(group, id))
  const added = await each(add, id => server.addToGroup(group, id, optionsOf(ttl)))
  return { added, removed, refused }
}

// Only what is wrong with one id: what is wrong with the server is everybody's.
function refusalOf(error: unknown): { code: string; detail: string } {
  if (!(error instanceof SystoleError)) throw error
  const code = problemCode(error.code)
  if (code !== 'bad_id' && code !== 'too_many_groups') throw error
  return { code, detail: error.message }
}

function optionsOf(ttl: number | undefined): { readonly ttl?: number } {
  return ttl === undefined ? {} : { ttl }
}
