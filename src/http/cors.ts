// Lets pages of other origins call the API and read what it answers. Which origins those are is decided before a request
// comes here (server/guard.ts): what arrives with an `Origin` is let in. Never `*`, never credentials; and never `null`,
// which any page can make itself by a sandboxed frame.

const HEADERS = 'Authorization, Content-Type, Last-Event-ID'
const EXPOSED = 'Allow, Date, Retry-After, Systole-Cursor, WWW-Authenticate'
/** Seconds a browser may remember; the request itself is judged again. */
const MAX_AGE = '7200'

/** The answer, readable by the page that asked. */
export function shared(answer: Response, origin: string | null): Response {
  const { headers } = answer
  if (origin === null || origin === 'null' || headers.has('access-control-allow-origin')) return answer
  headers.set('access-control-allow-origin', origin)
  headers.set('access-control-expose-headers', EXPOSED)
  headers.set('cross-origin-resource-policy', 'cross-origin')
  if (!headers.has('vary')) headers.set('vary', 'origin')
  return answer
}

/** What OPTIONS is answered. `allow`: the methods of the path, such as `GET, HEAD`. */
export function preflight(allow: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      allow,
      vary: 'origin, access-control-request-method, access-control-request-headers',
      'access-control-allow-methods': allow,
      'access-control-allow-headers': HEADERS,
      'access-control-max-age': MAX_AGE,
    },
  })
}
