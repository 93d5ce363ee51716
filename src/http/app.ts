// The routes: health, members, sessions and three pages. It answers from the running server and changes nothing.
// Who may ask (Host, Origin) is judged before a request comes here.

import { Hono } from 'hono'
import type { PresenceServer, RequestHandler } from '../server/api.ts'
import { health, ready } from './health.ts'
import { memberDetail, memberList } from './members.ts'
import { loadPages } from './pages.ts'
import { failure, Refusal } from './reply.ts'
import { sessionList } from './sessions.ts'

/** A route's answer; refusals become JSON errors. */
type Route = (server: PresenceServer, request: Request) => Response | Promise<Response>

/** All routes that answer GET and HEAD. */
export const ROUTES: Readonly<Record<string, Route>> = {
  '/healthz': health,
  '/readyz': ready,
  '/v1/members': memberList,
  '/v1/members/:id': memberDetail,
  '/v1/sessions': sessionList,
}

/** The handler for every plain HTTP request. */
export function createApp(server: PresenceServer): RequestHandler {
  const app = new Hono()
  for (const [path, answer] of loadPages()) app.get(path, answer)
  for (const [path, route] of Object.entries(ROUTES)) app.get(path, context => route(server, context.req.raw))
  for (const { path } of [...app.routes]) app.all(path, () => notAllowed())
  app.notFound(context => failure(404, 'not_found', `there is nothing at ${context.req.path.slice(0, 200)}`))
  app.onError(error => refused(error))
  return request => app.fetch(request)
}

function notAllowed(): Response {
  const answer = failure(405, 'method_not_allowed', 'only GET and HEAD are answered here')
  answer.headers.set('allow', 'GET, HEAD')
  return answer
}

function refused(error: Error): Response {
  if (error instanceof Refusal) return failure(error.status, error.code, error.message)
  throw error
}
