// The routes: health, members, sessions, push, three pages and the SDK. Only what is asked for by POST does anything;
// nothing here changes who is online. Who may ask (Host, Origin) is judged before a request comes here.

import { Hono } from 'hono'
import type { PresenceServer, RequestHandler } from '../server/api.ts'
import { health, ready } from './health.ts'
import { memberDetail, memberList } from './members.ts'
import { loadPages } from './pages.ts'
import { push } from './push.ts'
import { failure, Refusal } from './reply.ts'
import { loadSdk } from './sdk.ts'
import { sessionList } from './sessions.ts'

/** A route's answer; refusals become JSON errors. */
type Route = (server: PresenceServer, request: Request) => Response | Promise<Response>

/** All routes; `get` answers HEAD too. */
export const ROUTES: Readonly<Record<string, { readonly get: Route } | { readonly post: Route }>> = {
  '/healthz': { get: health },
  '/readyz': { get: ready },
  '/v1/members': { get: memberList },
  '/v1/members/:id': { get: memberDetail },
  '/v1/sessions': { get: sessionList },
  '/v1/push': { post: push },
}

/** The handler for every plain HTTP request. */
export function createApp(server: PresenceServer): RequestHandler {
  const app = new Hono()
  for (const [path, answer] of [...loadPages(), ...loadSdk()])
    app.get(path, context => answer(context.req.raw)).all(path, () => notAllowed('GET, HEAD'))
  for (const [path, route] of Object.entries(ROUTES)) {
    if ('get' in route) app.get(path, context => route.get(server, context.req.raw))
    else app.post(path, context => route.post(server, context.req.raw))
    app.all(path, () => notAllowed('get' in route ? 'GET, HEAD' : 'POST'))
  }
  app.notFound(context => failure(404, 'not_found', `there is nothing at ${context.req.path.slice(0, 200)}`))
  app.onError(error => refused(error))
  return request => app.fetch(request)
}

function notAllowed(allow: string): Response {
  const answer = failure(405, 'method_not_allowed', `this path answers only ${allow.replace(', ', ' and ')}`)
  answer.headers.set('allow', allow)
  return answer
}

function refused(error: Error): Response {
  if (error instanceof Refusal) return failure(error.status, error.code, error.message)
  throw error
}
