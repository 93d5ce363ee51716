// Runs one route for one request: who calls, may they, what do they ask; then the handler; then its answer, or why there is
// none. Every route goes through here, so that none can forget any of it. Nothing that comes in makes a 500.

import { z } from 'zod'
import { bucketOf, type CallerOf, type CallerVerdict } from '../auth/access.ts'
import type { Caller } from '../auth/authority.ts'
import { SystoleError } from '../errors.ts'
import type { LazyText } from '../server/api.ts'
import type { Log } from '../server/log.ts'
import { checkScope, notAdmitted, UNASKED } from './access.ts'
import { hasNoBody, readBody } from './body.ts'
import { PROBLEMS, type ProblemCode, problemCode, Refusal } from './problem.ts'
import { NO_QUERY, pathReader, readQuery } from './query.ts'
import { failure } from './reply.ts'
import type { RequestRate } from './request-rate.ts'
import type { Desk, Route } from './route.ts'

/** Refused for who asks, for how much, for how often: what somebody may try again and again. */
const COUNTED: readonly number[] = [401, 403, 413, 429]
const WHOLE = /^application\/(problem\+)?json/

/** What stands before every route. */
export interface Door {
  readonly callerOf: CallerOf
  readonly rate: RequestRate
  readonly log: Log
  /** Counts what is refused for who asks, how often or how much. */
  readonly count: (code: ProblemCode) => void
  /** Monotonic ms. */
  readonly now: () => number
}

type Answer = Response | Promise<Response>

/** Answers requests for `route`. Never throws or rejects. */
export function runner(
  route: Route,
  desk: Desk,
  door: Door,
): (request: Request, address: LazyText) => Answer {
  const { scope, knowsCaller, query, params, body, readsBody, handle } = route
  const readPath = params === undefined ? null : pathReader(route.path, params)
  const fail = (error: unknown) => failed(error, route, door)

  const run = (request: Request, caller: Caller): Answer => {
    if (scope !== null) checkScope(caller, scope, route.token === true)
    const call: Parameters<typeof handle>[0] = {
      desk,
      request,
      caller,
      params: readPath === null ? {} : readPath(request.url),
      query:
        query === undefined && !request.url.includes('?') ? {} : readQuery(query ?? NO_QUERY, request.url),
      body: undefined,
    }
    if (body === undefined || readsBody === true) return handle(call)
    if (body instanceof z.ZodOptional && hasNoBody(request)) return handle(call)
    return readBody(body, request, desk.mostBody).then(read => handle({ ...call, body: read }))
  }

  const admit = (request: Request, address: LazyText, verdict: CallerVerdict): Answer => {
    if (!verdict.ok) {
      if (scope === null) return run(request, UNASKED)
      throw notAdmitted(verdict)
    }
    const { caller } = verdict
    // whether it serves may be asked by everybody, as often as they like
    if (scope === null) return run(request, caller)
    const ban = caller.member === null ? null : desk.server.bans.of(caller.member)
    if (ban !== null) throw new Refusal('banned', 'this member may not come for now')
    const wait = door.rate.unlimited ? 0 : door.rate.admit(bucketOf(caller, address), door.now())
    if (wait > 0) throw tooMany(wait)
    return run(request, caller)
  }

  return (request, address) => {
    try {
      if (scope === null && knowsCaller !== true) return settled(run(request, UNASKED), request, fail)
      const verdict = door.callerOf(request.headers.get('authorization'), address)
      if (!(verdict instanceof Promise)) return settled(admit(request, address, verdict), request, fail)
      const from = typeof address === 'string' ? address : address()
      return settled(
        verdict.then(known => admit(request, from, known)),
        request,
        fail,
      )
    } catch (error) {
      return settled(fail(error), request, fail)
    }
  }
}

function settled(answer: Answer, request: Request, fail: (error: unknown) => Response): Answer {
  if (request.method !== 'HEAD') return answer instanceof Promise ? answer.catch(fail) : answer
  return Promise.resolve(answer).catch(fail).then(withoutBody)
}

// What would have been sent is not read by anybody, and a stream has to be told so. RFC 9110, section 8.6: its length is
// that of the answer to GET, or is not said.
async function withoutBody(answer: Response): Promise<Response> {
  const headers = new Headers(answer.headers)
  if (WHOLE.test(headers.get('content-type') ?? ''))
    headers.set('content-length', String((await answer.arrayBuffer()).byteLength))
  else await answer.body?.cancel()
  return new Response(null, { status: answer.status, headers })
}

function failed(error: unknown, { method, path }: Route, { log, count }: Door): Response {
  if (error instanceof Refusal) {
    if (isCounted(error.code)) count(error.code)
    return failure(error.code, error.message, error.extra, error.headers)
  }
  const code = error instanceof SystoleError ? problemCode(error.code) : null
  if (code !== null) {
    if (isCounted(code)) count(code)
    return failure(code, (error as SystoleError).message)
  }
  log.error({ err: error, stage: 'request', method, path }, 'a request failed: it was answered with 500')
  return failure('internal', 'the server failed at this request; its log says how')
}

function isCounted(code: ProblemCode): boolean {
  return COUNTED.includes(PROBLEMS[code].status) || code === 'too_many_groups' || code === 'bad_data'
}

function tooMany(wait: number): Refusal {
  const seconds = Math.ceil(wait / 1_000)
  return new Refusal(
    'too_many_requests',
    `more requests than this server takes from one caller: come back in ${seconds} s`,
    {},
    { 'retry-after': String(seconds) },
  )
}
