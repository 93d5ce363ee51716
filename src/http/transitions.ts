// `GET /v1/transitions`: the log, for backends that must not miss anything: piece by piece as lines of JSON, or as events
// while the connection lasts. Each piece ends with the cursor from which to read on; where a cursor cannot be gone on
// from, that is said (`reset`), and what is told then begins now.

import { z } from 'zod'
import { TRANSITION_KINDS, type TransitionKind } from '../protocol/words.ts'
import type { TransitionLog } from '../server/api.ts'
import type { LogBatch, LogPlace } from '../stores/store.ts'
import { id, wholeNumber } from './fields.ts'
import { API_HEADERS } from './reply.ts'
import { type Call, route } from './route.ts'
import { transitionShape } from './shapes.ts'
import { eventStream } from './transition-stream.ts'
import { type Filter, lengthOf, textsOf } from './transition-texts.ts'

const MOST = 1_000
/** Of a stream at once: it is what a reader who does not read costs. */
const STREAMED = 100
const LONGEST_WAIT = 30_000
/** A request that finds nothing it asked for among so many is answered with how far it came. */
const MOST_SCANNED = 50_000
const LONGEST_CURSOR = 2_048

const kindsError = `must be of ${TRANSITION_KINDS.join(', ')}, separated by commas`
const query = z.strictObject({
  after: z
    .string()
    .refine(text => text !== '' && text.length <= LONGEST_CURSOR, {
      error: 'is none of ours: take it from the answer before',
      params: { code: 'bad_cursor' },
    })
    .optional()
    .describe('a cursor of an answer before, or `oldest`: all that is kept; without it: from now'),
  limit: wholeNumber(1, MOST, MOST, 'how many at most'),
  wait: wholeNumber(
    0,
    LONGEST_WAIT,
    0,
    'ms to wait where nothing is there yet; an event stream always waits',
  ),
  kinds: z
    .string()
    .transform((text, context) => {
      const kinds = text.split(',')
      if (kinds.every(isKind)) return new Set(kinds)
      context.issues.push({ code: 'custom', input: text, message: kindsError })
      return z.NEVER
    })
    .optional()
    .meta({ type: 'string', description: 'only these, such as `join,leave`' }),
  member: id.optional().describe('only of this member'),
})

type Asked = z.output<typeof query>

export const transitionRoutes = [
  route({
    method: 'get',
    path: '/v1/transitions',
    scope: 'read',
    tag: 'Transitions',
    summary: 'Read the log of transitions',
    description:
      'Only what is on disk is told, at least once, in order per member; a transition is the same if its `member` and `version` are. Lines of JSON: one per transition, then `{"cursor"}`, from which to read on; or, where the cursor given cannot be gone on from, one line `{"reset":true,"cursor"}`: take a snapshot of the members, then read on. With `accept: text/event-stream`: events `transition` and `reset` as long as the connection lasts, gone on with from `last-event-id`. When the server stops, who waits is answered at once, and streams end.',
    query,
    answers: {
      200: {
        description: 'A piece of the log; `systole-cursor` in the headers is its cursor, too',
        type: 'application/x-ndjson',
        schema: z.union([
          transitionShape,
          z.strictObject({ reset: z.literal(true).optional(), cursor: z.string() }),
        ]),
      },
    },
    handle: transitions,
  }),
]

async function transitions({
  desk,
  request,
  query: asked,
}: Call<unknown, Asked, unknown>): Promise<Response> {
  const { log } = desk.server
  const { kinds, member, limit, wait, after } = asked
  const filter: Filter = { kinds, member }
  if (request.headers.get('accept')?.includes('text/event-stream') === true) {
    const place = request.headers.get('last-event-id') || after || 'newest'
    const piece = Math.min(limit, STREAMED)
    return eventStream(log, await log.read(place, piece), { filter, limit: piece, signal: request.signal })
  }
  const batch = await nextFor(log, after ?? 'newest', filter, limit, wait, request.signal)
  return lines(batch, filter)
}

// The first piece in which something passes, or the last that there is.
async function nextFor(
  log: TransitionLog,
  place: LogPlace,
  filter: Filter,
  limit: number,
  wait: number,
  signal: AbortSignal,
): Promise<LogBatch> {
  if (filter.kinds === undefined && filter.member === undefined) return log.wait(place, limit, wait, signal)
  const until = performance.now() + wait
  // what is read twice must begin at the same place
  let at = place === 'newest' ? (await log.read(place, 1)).cursor : place
  for (let scanned = 0; ; ) {
    const left = Math.max(0, Math.round(until - performance.now()))
    const batch = await log.wait(at, MOST, left, signal)
    const passed = textsOf(batch, filter).length
    if (passed > limit) return log.read(at, lengthOf(batch, filter, limit))
    scanned += batch.transitions.length
    if (passed > 0 || batch.reset || scanned >= MOST_SCANNED || batch.transitions.length === 0) return batch
    at = batch.cursor
  }
}

function lines(batch: LogBatch, filter: Filter): Response {
  const { cursor, reset } = batch
  const last = JSON.stringify(reset ? { reset, cursor } : { cursor })
  return new Response(`${[...textsOf(batch, filter), last].join('\n')}\n`, {
    headers: { ...API_HEADERS, 'content-type': 'application/x-ndjson', 'systole-cursor': cursor },
  })
}

function isKind(text: string): text is TransitionKind {
  return (TRANSITION_KINDS as readonly string[]).includes(text)
}
