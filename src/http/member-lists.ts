// Lists of members: which parameters they take, whom a token lets see them, and how a page is answered. Keys see the truth;
// tokens see what others see, of the groups they may watch.

import { z } from 'zod'
import type { Caller } from '../auth/authority.ts'
import { MEMBER_STATES } from '../protocol/words.ts'
import type { MembersQuery } from '../server/api.ts'
import { MEMBER_ORDERS } from '../server/api.ts'
import { encodeCursor, paging } from './paging.ts'
import { Refusal } from './problem.ts'
import { reply } from './reply.ts'
import type { Desk } from './route.ts'
import { degraded } from './sessions.ts'
import { memberShape } from './shapes.ts'
import { memberRow, memberSeen } from './views.ts'

/** Parameters that every list of members takes. */
export const listQuery = {
  ...paging,
  state: z.enum(MEMBER_STATES, { error: `must be one of ${MEMBER_STATES.join(', ')}` }).optional(),
  order: z
    .enum(MEMBER_ORDERS, { error: `must be one of ${MEMBER_ORDERS.join(', ')}` })
    .default('id')
    .describe('others than `id` only where fewer than 10,000 members are hit'),
}

/** An answered page. */
export const listShape = z.strictObject({
  members: z.array(memberShape.omit({ profile: true, groups: true })),
  cursor: z.string().nullable().describe('null: this was the last page'),
  degraded: z.literal(true).optional().describe('the server cannot write its data at the moment'),
})

/** Throws a `Refusal` where a caller may not see who is in `group`; `null`: everybody. */
export function mayWatch({ rights }: Caller, group: string | null): void {
  if (rights === null || rights.watch.all || (group !== null && rights.watch.groups.has(group))) return
  throw new Refusal(
    'beyond_rights',
    group === null
      ? 'this token may not watch everybody: ask for a group it may watch'
      : `this token may not watch the group ${JSON.stringify(group)}`,
  )
}

type Asked = Pick<MembersQuery, 'group' | 'type' | 'node' | 'prefix'> & {
  readonly cursor: string | null
  readonly limit: number
  readonly state?: MembersQuery['state'] | undefined
  readonly order: NonNullable<MembersQuery['order']>
}

/** A page of those that are asked for. */
export async function listMembers(
  { server }: Desk,
  caller: Caller,
  { cursor, limit, state, order, ...filter }: Asked,
): Promise<Response> {
  mayWatch(caller, filter.group ?? null)
  const asKey = caller.rights === null
  if (!asKey && (order !== 'id' || filter.node !== undefined))
    throw new Refusal('beyond_rights', 'a token lists members in the order of their ids, and of no node')
  const { members, next } = await server.members({
    after: cursor,
    limit,
    order,
    ...(state !== undefined && { state }),
    ...filter,
    ...(!asKey && { seen: true as const }),
  })
  return reply(200, {
    members: members.map(member => (asKey ? memberRow(member) : memberSeen(member, false))),
    cursor: encodeCursor(next),
    ...degraded(server),
  })
}
