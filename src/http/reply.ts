// How answers of the API look: JSON, never cached, never framed, errors as problems (RFC 9457).

import { type Extra, PROBLEMS, type ProblemCode, problemOf } from './problem.ts'

/** What every answer carries: no sniffing, no frames, no referrer. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const

/** What every answer of the API carries; who answers in another way (a stream, a table) spreads these. */
export const API_HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  vary: 'origin',
} as const

// made once: every answer takes a copy, which is cheaper than seven entries of an object
const JSON_HEADERS = new Headers(API_HEADERS)

const PROBLEM_HEADERS = { ...API_HEADERS, 'content-type': 'application/problem+json' } as const

/** A JSON answer. */
export function reply(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: JSON_HEADERS })
}

/** An answer that is done and has nothing to say. */
export function done(): Response {
  const { 'content-type': _, ...headers } = API_HEADERS
  return new Response(null, { status: 204, headers })
}

/** A problem as an answer. */
export function failure(
  code: ProblemCode,
  detail: string,
  extra: Extra = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(problemOf(code, detail, extra)), {
    status: PROBLEMS[code].status,
    headers: { ...PROBLEM_HEADERS, ...headers },
  })
}
