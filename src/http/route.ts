// What a route of the API is: one description from which requests are checked, keys are asked for, and the OpenAPI document
// is made. A route that checks its own body (the hot ones) describes it all the same.

import type { z } from 'zod'
import type { Caller, Scope } from '../auth/authority.ts'
import type { PresenceServer } from '../server/api.ts'
import type { Endpoints } from '../webhooks/endpoint.ts'

/** What every route works with. */
export interface Desk {
  readonly server: PresenceServer
  readonly endpoints: Endpoints
  /** Bytes a body may have. */
  readonly mostBody: number
}

/** One request, checked. */
export interface Call<Params, Query, Body> {
  readonly desk: Desk
  readonly request: Request
  readonly caller: Caller
  /** Of the path, percent-decoded. */
  readonly params: Params
  readonly query: Query
  /** `undefined` where the route reads its own. */
  readonly body: Body
}

export interface AnswerMeaning {
  readonly description: string
  /** JSON where there is a schema and no `type`. */
  readonly schema?: z.ZodType
  readonly type?: string
}

/** `scope`: what a key must have; with `token: true` a token will do too, and the handler keeps to `caller.rights`. */
export interface Route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** `/v1/members/{id}` */
  readonly path: string
  /** `null`: asked of nobody. */
  readonly scope: Scope | null
  readonly token?: true
  /** With `scope: null`: `caller` is who shows a right key, else one without scopes; nobody is refused. */
  readonly knowsCaller?: true
  readonly summary: string
  readonly description?: string
  readonly tag: string
  readonly params?: Params
  readonly query?: Query
  /** `.optional()`: a request may have none. */
  readonly body?: Body
  /** The handler reads and checks the body itself. */
  readonly readsBody?: true
  /** By status. Refusals every route may answer need not be listed. */
  readonly answers: Readonly<Record<number, AnswerMeaning>>
  handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Response | Promise<Response>
}

/** Keeps the types of a route's parts for its handler. */
export function route<
  Params extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(described: Route<Params, Query, Body>): Route {
  return described as unknown as Route
}
