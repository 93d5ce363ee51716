// `POST /v1/push`: sends data to the open connections of members, of groups, of types, or of all, and answers whom it
// reached. Nothing is queued for those who are not there. A token reaches no farther than its rights.

import { z } from 'zod'
import type { Rights } from '../auth/authority.ts'
import { covers, reachesAny } from '../auth/reach.ts'
import type { PresenceServer, PushResult, PushTargets } from '../server/api.ts'
import { id, milliseconds } from './fields.ts'
import { Refusal } from './problem.ts'
import { reply } from './reply.ts'
import { route } from './route.ts'

const MOST_IDS = 10_000
const MOST_NAMES = 100
/** An answer that keeps silent for longer may be cut by the transport. */
const LONGEST_ACK = 5_000

const listOf = <T extends z.ZodType>(item: T, what: string, most: number) =>
  z
    .array(item, { error: `must be a list of ${what}` })
    .min(1, { error: 'must name at least one' })
    .max(most, { error: `must name at most ${most}` })
    .optional()
const type = z
  .string({ error: 'must be a text' })
  .max(256, { error: 'must be a type: at most 256 characters' })
const flag = z.literal(true, { error: 'must be true, or left out' }).optional()

const body = z
  .strictObject({
    to: listOf(id, 'ids', MOST_IDS).describe('these members'),
    group: id.optional().describe('the members of this group'),
    groups: listOf(id, 'groups', MOST_NAMES).describe('the members of these groups'),
    type: type.optional().describe('the members of this type'),
    types: listOf(type, 'types', MOST_NAMES).describe('the members of these types'),
    all: flag.describe('every member'),
    anonymous: flag.describe('with `all`: also the connections nobody has named'),
    except: listOf(id, 'ids', MOST_IDS).describe('not these members'),
    // it came out of JSON; walking through it could overflow the stack
    data: z
      .unknown()
      .refine(value => value !== undefined, { error: 'must be there: what to send' })
      .meta({ description: 'text goes as it is, anything else as JSON', examples: ['hello', { hello: 1 }] }),
    ack: milliseconds(1, LONGEST_ACK)
      .optional()
      .describe('wait so many ms for connections to acknowledge; only `systole.v1` can'),
  })
  .meta({ examples: [{ to: ['7'], data: { hello: 1 } }] })

type Push = z.output<typeof body>

const count = z.int()

export const pushRoutes = [
  route({
    method: 'post',
    path: '/v1/push',
    scope: 'push',
    token: true,
    tag: 'Push',
    summary: 'Send to those who are there',
    description:
      'To who is in any of the targets, each connection once. With a token: ids beyond its right to push count as unknown. Who may push to a member learns whether it is there, also while it hides.',
    body,
    answers: {
      200: {
        description:
          'Whom it reached: connections; and members that were not. One that is here by HTTP beats alone has no connection that could be reached, and is in no number',
        schema: z.strictObject({
          reached: count.describe('open connections'),
          suspect: count.describe('members without a connection that may come back'),
          offline: count,
          unknown: count,
          acked: count.optional().describe('connections that acknowledged in time'),
        }),
      },
    },
    handle: async ({ desk: { server }, caller: { rights }, body }) => {
      const { data, ack } = body
      const targets = targetsOf(body)
      const options = ack === undefined ? {} : { ack }
      if (rights === null || rights.push.all) return reply(200, await server.push(targets, data, options))
      return reply(200, await pushWithin(rights.push, server, targets, data, options))
    },
  }),
]

function targetsOf({ to, group, groups = [], type, types = [], all, anonymous, except }: Push): PushTargets {
  const targets: PushTargets = {
    members: [...new Set(to)],
    groups: [...new Set([...groups, ...(group === undefined ? [] : [group])])],
    types: [...new Set([...types, ...(type === undefined ? [] : [type])])],
    all: all === true,
    anonymous: anonymous === true,
    except: except ?? [],
  }
  const { members, groups: named, types: kinds } = targets
  if (anonymous === true && all !== true)
    throw new Refusal('bad_body', 'anonymous goes with all: leave it out, or say all')
  if (members?.length === 0 && named?.length === 0 && kinds?.length === 0 && all !== true)
    throw new Refusal('bad_body', 'give to, group, groups, type, types or all: whom it is for')
  return targets
}

async function pushWithin(
  reach: Rights['push'],
  server: PresenceServer,
  targets: PushTargets,
  data: unknown,
  options: { readonly ack?: number },
): Promise<PushResult> {
  const { members = [], groups = [], types = [], all } = targets
  if (all === true || types.length > 0)
    throw new Refusal('beyond_rights', `this token may not push to ${whom(reach)}`)
  const beyond = groups.find(group => !reach.groups.has(group))
  if (beyond !== undefined)
    throw new Refusal('beyond_rights', `this token may not push to the group ${JSON.stringify(beyond)}`)
  const found = await server.lookup(members)
  const within = members.filter((member, i) => covers(reach, member, found[i]?.seenGroups ?? []))
  const result = await server.push({ ...targets, members: within }, data, options)
  return { ...result, unknown: result.unknown + members.length - within.length }
}

function whom(reach: Rights['push']): string {
  return reachesAny(reach)
    ? 'all or to types: name members or groups'
    : 'anybody: its claim push names nobody'
}
