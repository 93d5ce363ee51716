// How answers of the API look: JSON, never cached, never framed, errors in one shape.

/** A request that asks for something that cannot be; becomes `{"error":{code,message}}`. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** What every answer carries: no sniffing, no frames, no referrer. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const

const API_HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const

/** A JSON answer. */
export function reply(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: API_HEADERS })
}

/** An error in the API's shape. */
export function failure(status: number, code: string, message: string): Response {
  return reply(status, { error: { code, message } })
}
