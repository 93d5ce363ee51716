// `POST /v1/lookup`: how very many members are, with an answer for each id that was asked. The body is checked and the
// answer written by hand, a slice a turn: backends ask for a thousand at a time, before they show a page.

import { z } from 'zod'
import type { Caller, Reach } from '../auth/authority.ts'
import { covers } from '../auth/reach.ts'
import { LIMITS } from '../protocol/limits.ts'
import { MEMBER_STATES } from '../protocol/words.ts'
import type { MemberAnswer, PresenceServer } from '../server/api.ts'
import { recordEntry } from '../server/hub/entry.ts'
import { nextTurn } from '../server/turn.ts'
import { readText } from './body.ts'
import { id } from './fields.ts'
import { readLookup } from './lookup-body.ts'
import { API_HEADERS } from './reply.ts'
import { type Call, type Desk, route } from './route.ts'
import { degraded } from './sessions.ts'
import { memberShape } from './shapes.ts'

/** Ids answered in one turn. */
const SLICE = 1_000

const body = z.strictObject({
  ids: z.array(id).max(LIMITS.ids).describe('an id that is given twice is answered once'),
  details: z.boolean().optional().describe('names and types too'),
})

const { name, type, since, lastEvidenceAt, lastBeatAt, reason, version, held } = memberShape.shape
const found = z.strictObject({
  id: z.string(),
  state: z.enum(MEMBER_STATES),
  since,
  lastEvidenceAt,
  lastBeatAt,
  reason,
  version,
  held,
  name: name.optional(),
  type: type.optional(),
})
const unknown = z.strictObject({ id: z.string(), state: z.literal('unknown') })

export const lookupRoutes = [
  route({
    method: 'post',
    path: '/v1/lookup',
    scope: 'read',
    token: true,
    tag: 'Members',
    summary: 'What state each of many members is in',
    description: `Up to ${LIMITS.ids} ids, answered in the order in which they were given. \`unknown\`: never seen or forgotten; with a token also whoever lies beyond its right to ask, but not who has it.`,
    body,
    readsBody: true,
    answers: {
      200: {
        description: 'An answer for each id',
        schema: z.strictObject({
          members: z.array(z.union([found, unknown])),
          degraded: z.literal(true).optional().describe('the server cannot write its data at the moment'),
        }),
      },
    },
    handle: lookUp,
  }),
]

async function lookUp({ desk, request, caller }: Call<unknown, unknown, unknown>): Promise<Response> {
  const asked = readLookup(await readText(request, desk.mostBody))
  const parts: string[] = []
  for (let from = 0; from < asked.ids.length; from += SLICE) {
    if (from > 0) await nextTurn()
    parts.push(await answer(desk, asked.ids.slice(from, from + SLICE), asked.details, caller))
  }
  const more = degraded(desk.server).degraded === true ? ',"degraded":true' : ''
  return new Response(`{"members":[${parts.join(',')}]${more}}`, { headers: API_HEADERS })
}

// Engines write a list of like objects three times as fast as anything put together by hand.
async function answer(
  { server }: Desk,
  ids: readonly string[],
  details: boolean,
  { rights, member }: Caller,
): Promise<string> {
  if (rights !== null) return textOf(await seenBy(server, ids, details, rights.ask, member))
  const given = server.evidence(ids, details)
  const known = given instanceof Promise ? await given : given
  return textOf(known.map((evidence, i) => evidence ?? unknownView(ids[i]!)))
}

async function seenBy(
  server: PresenceServer,
  ids: readonly string[],
  details: boolean,
  ask: Reach,
  self: string | null,
): Promise<readonly object[]> {
  const members = await server.lookup(ids)
  return members.map((member, i) =>
    member !== null && (member.id === self || covers(ask, member.id, member.seenGroups))
      ? seenView(member, details)
      : unknownView(ids[i]!),
  )
}

function textOf(answers: readonly object[]): string {
  return JSON.stringify(answers).slice(1, -1)
}

function seenView(member: MemberAnswer, details: boolean): object {
  const { name = null, type = null, reason = null, ...entry } = recordEntry(member, false)
  const { state, since, lastEvidenceAt, lastBeatAt, version, held } = entry
  const seen = { id: member.id, state, since, lastEvidenceAt, lastBeatAt, reason, version, held }
  return details ? { ...seen, name, type } : seen
}

function unknownView(id: string): object {
  return { id, state: 'unknown' }
}
