// What is known of a member: the host sets name, type and profile, sets or merges the profile alone, and forgets a member.
// Of a member that was never seen too; merges of one member come one after another.

import { z } from 'zod'
import { LIMITS } from '../protocol/limits.ts'
import { nestsOver } from '../protocol/nesting.ts'
import { id, textOf } from './fields.ts'
import { unknownMember } from './kick.ts'
import { mergePatch } from './merge-patch.ts'
import { done, reply } from './reply.ts'
import { type Desk, route } from './route.ts'
import { memberShape } from './shapes.ts'
import { memberView } from './views.ts'

const TAG = 'Members'
const params = z.object({ id })
const PROFILE_ERROR = `must be an object, at most ${LIMITS.depth} deep, or null`
const object = { type: ['object', 'null'], examples: [{ city: 'Lyon' }] } as const

// it came out of JSON: walking through it with a schema could lose a key, or overflow the stack
const profile = z
  .unknown()
  .refine(isProfile, { error: PROFILE_ERROR, params: { code: 'bad_data' } })
  .meta({ ...object, description: 'at most `--limits-profile` bytes as JSON; null: none' })
const patch = z
  .unknown()
  .refine(isProfile, { error: PROFILE_ERROR, params: { code: 'bad_data' } })
  .meta({ ...object, description: 'a merge patch (RFC 7396): null takes a key away' })
const described = {
  200: { description: 'The member', schema: z.strictObject({ member: memberShape }) },
}

/** Merges under way, by member. */
const underWay = new Map<string, Promise<unknown>>()

export const profileRoutes = [
  route({
    method: 'put',
    path: '/v1/members/{id}',
    scope: 'admin',
    tag: TAG,
    summary: 'Say who a member is',
    description: 'Of name, type and profile those that are given; the others stay. Told at once.',
    params,
    body: z
      .strictObject({
        name: textOf(LIMITS.nameBytes).optional(),
        type: textOf(LIMITS.typeBytes).optional(),
        profile: profile.optional(),
      })
      .meta({ examples: [{ name: 'Ana', type: 'person' }] }),
    answers: described,
    handle: ({ desk, params, body }) => describe(desk, params.id, body),
  }),
  route({
    method: 'put',
    path: '/v1/members/{id}/profile',
    scope: 'admin',
    tag: TAG,
    summary: 'Set the profile of a member',
    params,
    body: profile,
    answers: described,
    handle: ({ desk, params, body }) => describe(desk, params.id, { profile: body }),
  }),
  route({
    method: 'patch',
    path: '/v1/members/{id}/profile',
    scope: 'admin',
    tag: TAG,
    summary: 'Merge into the profile of a member',
    description: 'JSON Merge Patch (RFC 7396), as `application/merge-patch+json` or `application/json`.',
    params,
    body: patch,
    answers: described,
    handle: ({ desk, params, body }) =>
      inTurn(params.id, async () => {
        const [before] = await desk.server.lookup([params.id])
        return describe(desk, params.id, { profile: mergePatch(before?.profile, body) })
      }),
  }),
  route({
    method: 'post',
    // no other path may turn into this one where a client folds `..`, which may be the name of a group
    path: '/v1/members/{id}/erase',
    scope: 'admin',
    tag: TAG,
    summary: 'Erase a member',
    description:
      'Ends its sessions as `kicked`, lifts its ban, and forgets it, with what the log says of it; who watches it is told that it is unknown. On disk within 100 ms of the answer.',
    params,
    answers: { 204: { description: 'It is unknown now' } },
    handle: async ({ desk, params }) => {
      if (!(await desk.server.erase(params.id))) throw unknownMember(params.id)
      return done()
    },
  }),
]

interface Said {
  readonly name?: string | undefined
  readonly type?: string | undefined
  readonly profile?: unknown
}

async function describe(desk: Desk, member: string, { name, type, profile }: Said): Promise<Response> {
  const details = {
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(profile !== undefined && { profile }),
  }
  return reply(200, { member: memberView(await desk.server.describe(member, details)) })
}

async function inTurn<T>(member: string, run: () => Promise<T>): Promise<T> {
  const answer = Promise.resolve(underWay.get(member)).then(run)
  const settled = answer.then(ignore, ignore)
  underWay.set(member, settled)
  try {
    return await answer
  } finally {
    if (underWay.get(member) === settled) underWay.delete(member)
  }
}

function ignore(): void {}

function isProfile(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object' || Array.isArray(value)) return false
  return !nestsOver(JSON.stringify(value), LIMITS.depth)
}
