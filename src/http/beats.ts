// `/v1/beats`: devices and jobs with no socket say by a request that they are still here, one or many of them at once. What
// a beat means is decided behind it.

import { z } from 'zod'
import { LIMITS } from '../protocol/limits.ts'
import { MEMBER_STATES } from '../protocol/words.ts'
import type { BeatAnswer } from '../server/api.ts'
import { LEAST_PERIOD, LONGEST, MOST_BEATS, readBeats } from './beat-body.ts'
import { readText } from './body.ts'
import { id, milliseconds, textOf } from './fields.ts'
import { Refusal } from './problem.ts'
import { done, reply } from './reply.ts'
import { type Desk, type Route, route } from './route.ts'

const beat = z
  .strictObject({
    id: z.union([id, z.int()]).describe('an integer is its digits, as they are written'),
    period: milliseconds(LEAST_PERIOD, LONGEST)
      .optional()
      .describe(
        'how often it means to beat; kept until another is given, also over a restart; 60000 at first',
      ),
    grace: milliseconds(0, LONGEST)
      .optional()
      .describe(
        'how much later than that is too late; suspect after half of it; kept until another is given; 30000 at first',
      ),
    name: textOf(LIMITS.nameBytes).optional(),
    type: textOf(LIMITS.typeBytes).optional(),
    profile: z.record(z.string(), z.unknown()).nullable().optional(),
    bye: z.literal(true).optional().describe('goodbye: its session ends as `left`'),
  })
  .meta({ id: 'Beat' })

const answer = z
  .strictObject({
    id: z.string(),
    state: z.enum(MEMBER_STATES).describe('of the member, after the beats of this request'),
    sinceLast: z
      .int()
      .nullable()
      .describe('ms since its beat before; null: this was the first of its session'),
    version: z.int(),
  })
  .meta({ id: 'BeatAnswer' })

const refused = z
  .strictObject({ id: z.string(), error: z.enum(['banned', 'unknown_member']) })
  .meta({ id: 'BeatRefused' })

const WHY = {
  banned: 'is banned: its beats are not taken until the ban is over',
  unknown_member: 'was never here: a goodbye makes no member',
} as const

export const beatRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/beats',
    scope: 'beat',
    tag: 'Beats',
    summary: 'One beat, or many',
    description:
      'Each id has at most one session by HTTP. It ends by silence (`lost`) after `period` and `grace`, or by a goodbye ' +
      '(`left`). No policy counts it. A restart of the server keeps it and what it agreed; its next beat then has as long again, counted from the ' +
      'start. One bad beat refuses all of a list, before anything is done.',
    body: z.union([beat, z.strictObject({ beats: z.array(beat).min(1).max(MOST_BEATS) })]),
    readsBody: true,
    answers: {
      200: {
        description: 'to one beat its answer, to a list one for each, in order',
        schema: z.union([answer, z.strictObject({ beats: z.array(z.union([answer, refused])) })]),
      },
      403: { description: '`banned`: of one beat alone' },
      404: { description: '`unknown_member`: a goodbye, alone, of one who was never here' },
    },
    handle: ({ desk, request }) => take(desk, request),
  }),
  route({
    method: 'delete',
    path: '/v1/beats/{id}',
    scope: 'beat',
    tag: 'Beats',
    summary: 'End a session by HTTP',
    description: 'It ends as `left`. Sessions by a connection go on.',
    params: z.object({ id }),
    answers: {
      204: { description: 'it has ended' },
      404: { description: '`unknown_beat`: it has no session by HTTP' },
    },
    handle: ({ desk, params }) => {
      if (desk.server.beats.end(params.id)) return done()
      throw new Refusal('unknown_beat', `${JSON.stringify(params.id)} has no session by HTTP beats`)
    },
  }),
]

async function take({ server, mostBody }: Desk, request: Request): Promise<Response> {
  const { many, beats } = readBeats(await readText(request, mostBody), server.beats.mostProfile)
  const taken = server.beats.beat(beats)
  const answers = taken instanceof Promise ? await taken : taken
  return many ? reply(200, { beats: answers }) : replyToOne(answers[0]!)
}

function replyToOne(answer: BeatAnswer): Response {
  if (!('error' in answer)) return reply(200, answer)
  throw new Refusal(answer.error, `${JSON.stringify(answer.id)} ${WHY[answer.error]}`)
}
