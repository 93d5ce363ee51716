// Puts the API together: every route behind the same door, three pages, the SDK, and what is answered where there is
// nothing. Who may ask at all (Host, Origin) is judged before a request comes here.

import { Hono } from 'hono'
import type { CallerOf } from '../auth/access.ts'
import type { LazyText, RequestHandler } from '../server/api.ts'
import type { Log } from '../server/log.ts'
import { preflight, shared } from './cors.ts'
import { docRoutes } from './doc-routes.ts'
import { loadPages } from './pages.ts'
import type { ProblemCode } from './problem.ts'
import { failure } from './reply.ts'
import { RequestRate } from './request-rate.ts'
import type { Desk, Route } from './route.ts'
import { ROUTES } from './routes.ts'
import { type Door, runner } from './runner.ts'
import { loadSdk } from './sdk.ts'

/** What the app goes by. */
export interface AppOptions {
  /** Requests per second of one caller. @default as many as it likes */
  readonly requests?: number
  readonly log?: Log
  /** Told the code of each refusal for who asks (401, 403), how much (413) or how often (429). */
  readonly count?: (code: ProblemCode) => void
  /** Monotonic ms. */
  readonly now?: () => number
  /** @default all there are */
  readonly routes?: readonly Route[]
}

type App = Hono<{ Bindings: { readonly address: LazyText } }>

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** The handler for every plain HTTP request. */
export function createApp(desk: Desk, callerOf: CallerOf, options: AppOptions = {}): RequestHandler {
  const { requests = Number.POSITIVE_INFINITY, log = SILENT, count = () => {} } = options
  const { now = () => performance.now() } = options
  const door: Door = { callerOf, log, now, count, rate: new RequestRate(requests) }
  const described = options.routes ?? ROUTES
  const routes = [...described, ...docRoutes(described)]
  const app: App = new Hono()
  for (const [path, answer] of [...loadPages(), ...loadSdk()])
    app.get(path, context => answer(context.req.raw)).all(path, () => notAllowed('GET, HEAD'))
  for (const route of routes) {
    const run = runner(route, desk, door)
    app.on(route.method.toUpperCase(), honoPath(route.path), ({ req, env }) => run(req.raw, env.address))
  }
  // apart, since a path with one handler is answered without a detour
  const rest = restOf(routes)
  app.notFound(({ req }) => rest.fetch(req.raw))
  app.onError(error => {
    throw error
  })
  return (request, address) => {
    const answer = app.fetch(request, { address })
    const origin = request.headers.get('origin')
    if (origin === null) return answer
    return answer instanceof Promise ? answer.then(made => shared(made, origin)) : shared(answer, origin)
  }
}

/** What answers where no route does: another method, or nothing at all. */
function restOf(routes: readonly Route[]): Hono {
  const rest = new Hono()
  for (const [path, same] of Map.groupBy(routes, route => route.path)) {
    const allow = same
      .flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
      .join(', ')
    rest.options(honoPath(path), () => preflight(allow))
    rest.all(honoPath(path), () => notAllowed(allow))
  }
  rest.notFound(({ req }) => failure('not_found', `there is nothing at ${req.path.slice(0, 200)}`))
  return rest
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

function notAllowed(allow: string): Response {
  const methods = allow.split(', ')
  const text = methods.length === 1 ? allow : `${methods.slice(0, -1).join(', ')} and ${methods.at(-1)}`
  return failure('method_not_allowed', `this path answers only ${text}`, {}, { allow })
}
