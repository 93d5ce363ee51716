// `GET /v1/counts`: how many members are in which state, in all, by type, and of a group. Keys are told the truth; tokens
// what others see.

import { z } from 'zod'
import type { MemberState } from '../protocol/words.ts'
import type { PresenceServer } from '../server/api.ts'
import { Largest } from '../server/hub/largest.ts'
import { nextTurn } from '../server/turn.ts'
import type { SeenCounts } from '../stores/store.ts'
import { id } from './fields.ts'
import { mayWatch } from './member-lists.ts'
import { reply } from './reply.ts'
import { route } from './route.ts'
import { countsShape } from './shapes.ts'

/** Types that are named. */
const MOST_TYPES = 1_000
/** Types looked at in one turn. */
const SLICE = 2_000

type Counts = Readonly<Record<MemberState, number>>

const NONE: Counts = { online: 0, away: 0, suspect: 0, offline: 0 }

export const countRoutes = [
  route({
    method: 'get',
    path: '/v1/counts',
    scope: 'read',
    token: true,
    tag: 'Members',
    summary: 'How many there are',
    description: `By state, and by type: of the ${MOST_TYPES} types that most members have.`,
    query: z.strictObject({ group: id.optional().describe('only of this group') }),
    answers: {
      200: {
        description: 'The numbers',
        schema: z.strictObject({ members: countsShape, types: z.record(z.string(), countsShape) }),
      },
    },
    handle: async ({ desk: { server }, caller, query: { group = null } }) => {
      mayWatch(caller, group)
      const seen = caller.rights !== null
      const largest = new Largest<Counts>(MOST_TYPES, sizeOf)
      let looked = 0
      for (const [type, counts] of typesOf(server, group, seen)) {
        largest.add(type, counts)
        if (++looked % SLICE === 0) await nextTurn()
      }
      const types = Object.fromEntries(largest.read())
      return reply(200, { members: countsOf(server, group, seen), types })
    },
  }),
]

/** Of a group (`null`: of all); `seen`: as others see them. */
export function countsOf({ census, tally }: PresenceServer, group: string | null, seen: boolean): Counts {
  if (!seen) return { ...NONE, ...(group === null ? census : census.group(group))?.counts }
  const found = group === null ? tally : tally.groups.get(group)
  return found === undefined ? NONE : settled(found.seen)
}

function* typesOf(
  { census, tally }: PresenceServer,
  group: string | null,
  seen: boolean,
): Generator<readonly [string, Counts]> {
  if (seen) {
    const types = (group === null ? tally : tally.groups.get(group))?.types ?? []
    for (const [type, numbers] of types) yield [type, settled(numbers)]
  } else {
    const types = (group === null ? census : census.group(group))?.types ?? []
    for (const [type, { counts }] of types) yield [type, { ...counts }]
  }
}

// Suspicions are told only to those who asked for them.
function settled({ online, away, suspectOnline, suspectAway, offline }: SeenCounts): Counts {
  return { online: online + suspectOnline, away: away + suspectAway, suspect: 0, offline }
}

function sizeOf({ online, away, suspect, offline }: Counts): number {
  return online + away + suspect + offline
}
