// Every way in which the API says no: one table of codes, from which answers, the OpenAPI document and the reference are
// made. A program switches on the code; title and detail are for people.

import type { ErrorCode } from '../errors.ts'

interface Meaning {
  readonly status: number
  readonly title: string
  /** When it is answered, for the reference. */
  readonly when: string
}

const table = <Code extends string>(meanings: Record<Code, Meaning>): Record<Code, Meaning> => meanings

/** By code. */
export const PROBLEMS = table({
  bad_query: {
    status: 400,
    title: 'Bad query',
    when: 'a parameter is unknown, given twice, or not what it must be',
  },
  bad_cursor: { status: 400, title: 'Bad cursor', when: 'the cursor is not one this API gave' },
  bad_id: {
    status: 400,
    title: 'Bad id',
    when: 'an id is no id: 1 to 256 bytes of UTF-8 without control characters',
  },
  bad_body: {
    status: 400,
    title: 'Bad body',
    when: 'the body is no JSON, has an unknown key, or a field that is not what it must be',
  },
  bad_data: { status: 400, title: 'Bad data', when: 'what is to be kept or sent is too large, or cannot be' },
  too_many_hits: {
    status: 400,
    title: 'Too many hits',
    when: 'an order other than `id` was asked for, and 10,000 members or more are hit',
  },
  no_key: {
    status: 401,
    title: 'No key',
    when: 'the server asks for a key, and none was shown: `authorization: Bearer <key>`',
  },
  bad_key: { status: 401, title: 'Bad key', when: 'the key is none of ours; or the token is wrong, or over' },
  missing_scope: {
    status: 403,
    title: 'Missing scope',
    when: 'the key lacks the scope that `scope` names, or a token cannot do this at all',
  },
  beyond_rights: {
    status: 403,
    title: 'Beyond rights',
    when: 'the token does not reach so far',
  },
  banned: { status: 403, title: 'Banned', when: 'the member may not come: it is banned' },
  unknown_member: {
    status: 404,
    title: 'Unknown member',
    when: 'nobody ever had this id, or it was forgotten',
  },
  unknown_session: { status: 404, title: 'Unknown session', when: 'no such session is open' },
  unknown_client: { status: 404, title: 'Unknown client', when: 'no `gateway` link has this client id' },
  unknown_ban: { status: 404, title: 'Unknown ban', when: 'nobody of this id is banned' },
  unknown_endpoint: { status: 404, title: 'Unknown endpoint', when: 'no webhook endpoint has this name' },
  unknown_beat: { status: 404, title: 'Unknown beat', when: 'no session by HTTP beats has this id' },
  not_found: { status: 404, title: 'Not found', when: 'there is no such path' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    when: 'the path does not answer this method; the header `allow` names those it does',
  },
  too_many_groups: {
    status: 409,
    title: 'Too many groups',
    when: 'the member is in as many groups as it may be',
  },
  cursor_ahead: { status: 400, title: 'Cursor ahead', when: 'the cursor lies after the end of the log' },
  too_large: { status: 413, title: 'Too large', when: 'the body is longer than `--limits-body`, 1 MiB' },
  not_json: { status: 415, title: 'Not JSON', when: 'the body is not sent as `application/json`' },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    when: 'more requests than one caller may make; `retry-after` says in seconds when to come back',
  },
  too_many_failures: {
    status: 429,
    title: 'Too many failures',
    when: 'too many wrong keys came from this address; `retry-after` says in seconds when one is looked at again',
  },
  internal: { status: 500, title: 'Internal error', when: 'the server failed; its log says how' },
  store_failed: {
    status: 503,
    title: 'Store failed',
    when: 'what must survive cannot be written or read now',
  },
  not_running: { status: 503, title: 'Stopping', when: 'the server stops: nothing can be changed any more' },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    when: 'nobody can say now whether the token is right; come back later',
  },
})

export type ProblemCode = keyof typeof PROBLEMS

/** What more a problem says, such as the scope that is missing. */
export type Extra = Readonly<Record<string, string | number>>

/** A request that asks for something that cannot be; becomes a problem. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ProblemCode
  readonly extra: Extra
  readonly headers: Readonly<Record<string, string>>

  /** `detail`: what is wrong, with which value, and how to mend it; never a secret. */
  constructor(code: ProblemCode, detail: string, extra: Extra = {}, headers: Record<string, string> = {}) {
    super(detail)
    this.code = code
    this.extra = extra
    this.headers = headers
  }
}

/** The body of a problem (RFC 9457). */
export function problemOf(code: ProblemCode, detail: string, extra: Extra = {}): object {
  const { status, title } = PROBLEMS[code]
  return { type: `urn:systole:problem:${code}`, title, status, detail, code, ...extra }
}

/** What an error of the server is to a caller; `null`: a fault of ours. */
export function problemCode(code: ErrorCode): ProblemCode | null {
  if (code === 'bad_option') return 'bad_body'
  return isProblem(code) ? code : null
}

/** Whether there is such a code. */
export function isProblem(code: unknown): code is ProblemCode {
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code)
}
