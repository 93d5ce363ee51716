// `POST /v1/push`: sends data to the open connections of members, of a group, of a type, or of all, and answers whom it
// reached. Nothing is queued for those who are not there.

import { z } from 'zod'
import { parseId } from '../protocol/ids.ts'
import type { PresenceServer, PushOptions, PushResult } from '../server/api.ts'
import { nextTurn } from '../server/turn.ts'
import { readBody } from './body.ts'
import { Refusal, reply } from './reply.ts'

const MOST_IDS = 10_000
/** An answer that keeps silent for longer may be cut by the transport. */
const LONGEST_ACK = 5_000
/** Sending that one turn may do, in ms. */
const BUDGET = 8
const TARGETS = ['to', 'group', 'type', 'all'] as const

const idError = 'must be an id: 1 to 256 bytes of UTF-8 without control characters'
const id = z.string({ error: idError }).refine(text => parseId(text).ok, {
  error: idError,
  params: { code: 'bad_id' },
})
const ackError = `must be whole milliseconds from 1 to ${LONGEST_ACK}`

const pushBody = z.strictObject(
  {
    to: z
      .array(id, { error: 'must be a list of ids' })
      .min(1, { error: 'must name at least one id' })
      .max(MOST_IDS, { error: `must name at most ${MOST_IDS} ids` })
      .optional(),
    group: id.optional(),
    type: z.string({ error: 'must be a text' }).optional(),
    all: z.literal(true, { error: 'must be true, or left out' }).optional(),
    // it came out of JSON; walking through it could overflow the stack
    data: z.unknown().refine(value => value !== undefined, { error: 'must be there: what to send' }),
    ack: z
      .int({ error: ackError })
      .min(1, { error: ackError })
      .max(LONGEST_ACK, { error: ackError })
      .optional(),
  },
  {
    error: issue =>
      issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys) : 'the body must be an object',
  },
)

type Push = z.output<typeof pushBody>

/** Sends, and answers `{reached, suspect, offline, unknown, acked?}`. */
export async function push(server: PresenceServer, request: Request): Promise<Response> {
  const body = await readBody(pushBody, request)
  if (TARGETS.filter(target => body[target] !== undefined).length !== 1)
    throw new Refusal(400, 'bad_body', `give one of ${TARGETS.join(', ')}: whom it is for`)
  return reply(200, await send(server, body))
}

function send(server: PresenceServer, { to, group, type, data, ack }: Push): Promise<PushResult> {
  const options: PushOptions = ack === undefined ? {} : { ack }
  if (group !== undefined) return server.pushToGroup(group, data, options)
  if (type !== undefined) return server.pushToType(type, data, options)
  return to === undefined ? server.pushToAll(data, options) : sendToEach(server, new Set(to), data, options)
}

/** All at once, so that one who does not acknowledge keeps nobody else waiting; but not all in one turn. */
async function sendToEach(
  server: PresenceServer,
  ids: ReadonlySet<string>,
  data: unknown,
  options: PushOptions,
): Promise<PushResult> {
  const results: Promise<PushResult>[] = []
  let began = performance.now()
  for (const id of ids) {
    const result = server.pushToMember(id, data, options)
    // a failure is told below, when all have begun
    result.catch(() => {})
    results.push(result)
    if (performance.now() - began < BUDGET) continue
    await nextTurn()
    began = performance.now()
  }
  return (await Promise.all(results)).reduce(sum)
}

function sum(a: PushResult, b: PushResult): PushResult {
  return {
    reached: a.reached + b.reached,
    suspect: a.suspect + b.suspect,
    offline: a.offline + b.offline,
    unknown: a.unknown + b.unknown,
    ...(a.acked !== undefined && { acked: a.acked + (b.acked ?? 0) }),
  }
}

function unknownKeys(keys: readonly string[]): string {
  const known = Object.keys(pushBody.shape).join(', ')
  return `unknown key ${JSON.stringify(keys[0]?.slice(0, 100))}: known are ${known}`
}
