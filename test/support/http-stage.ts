// A server with three keys, tokens, and somebody on it, for the contract of the HTTP API: what each route is asked so that it
// answers well. A route that has no such example fails the contract.

import { createHmac } from 'node:crypto'
import { connect, type RawSocket } from './raw-socket.ts'
import { type Runtime, type SystoleProcess, startServer } from './server-process.ts'
import { waitFor } from './wait.ts'

export const KEYS = {
  admin: 'admin-secret-of-a-test',
  read: 'read-secret-of-a-test',
  push: 'push-secret-of-a-test',
} as const

const SECRET = 'a-secret-of-a-test-that-is-long-enough'

/** The token of a member that may watch, ask and push a little. */
export function makeToken(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp, ...claims })}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}

/** Bytes that a body may have there. */
export const MOST_BODY = 65_536

export interface Example {
  /** `SESSION` and `CLIENT` stand for ids that are there. */
  readonly path: string
  readonly body?: unknown
  /** @default 200 */
  readonly status?: number
}

/** By method and path of the route. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  'get /v1/members': { path: '/v1/members?limit=2' },
  'get /v1/members/{id}': { path: '/v1/members/7' },
  'get /v1/members/{id}/sessions': { path: '/v1/members/7/sessions' },
  'get /v1/members/{id}/history': { path: '/v1/members/7/history' },
  'post /v1/lookup': { path: '/v1/lookup', body: { ids: ['7', 'nobody'] } },
  'get /v1/counts': { path: '/v1/counts' },
  'get /v1/groups': { path: '/v1/groups' },
  'get /v1/groups/{group}': { path: '/v1/groups/room' },
  'get /v1/groups/{group}/members': { path: '/v1/groups/room/members' },
  'get /v1/groups/{group}/counts': { path: '/v1/groups/room/counts' },
  'put /v1/members/{id}': { path: '/v1/members/8', body: { name: 'Bo', profile: { a: 1 } } },
  'post /v1/members/{id}/erase': { path: '/v1/members/erased/erase', status: 204 },
  'put /v1/members/{id}/profile': { path: '/v1/members/8/profile', body: { a: 1 } },
  'patch /v1/members/{id}/profile': { path: '/v1/members/8/profile', body: { b: 2 } },
  'post /v1/members/{id}/kick': { path: '/v1/members/8/kick', body: {} },
  'get /v1/bans': { path: '/v1/bans' },
  'get /v1/bans/{id}': { path: '/v1/bans/banned' },
  'put /v1/bans/{id}': { path: '/v1/bans/again', body: { for: 60_000 } },
  'delete /v1/bans/{id}': { path: '/v1/bans/lifted', status: 204 },
  'put /v1/groups/{group}/members/{id}': { path: '/v1/groups/room/members/8', body: {}, status: 204 },
  'delete /v1/groups/{group}/members/{id}': { path: '/v1/groups/room/members/8', status: 204 },
  'post /v1/groups/{group}/members': { path: '/v1/groups/room/members', body: { add: ['8', ''] } },
  'post /v1/push': { path: '/v1/push', body: { to: ['7'], data: { hello: 1 } } },
  'post /v1/beats': { path: '/v1/beats', body: { id: 'device' } },
  'delete /v1/beats/{id}': { path: '/v1/beats/ended', status: 204 },
  'get /v1/sessions': { path: '/v1/sessions?member=7' },
  'get /v1/sessions/{id}': { path: '/v1/sessions/SESSION' },
  'put /v1/sessions/{id}/data': { path: '/v1/sessions/SESSION/data', body: { seat: 4 } },
  'delete /v1/sessions/{id}/data': { path: '/v1/sessions/SESSION/data', status: 204 },
  'put /v1/connections/{clientId}/member': {
    path: '/v1/connections/CLIENT/member',
    body: { member: 'bound' },
    status: 204,
  },
  'delete /v1/connections/{clientId}/member': { path: '/v1/connections/CLIENT/member', status: 204 },
  'get /v1/transitions': { path: '/v1/transitions?after=oldest&limit=3' },
  'get /v1/webhooks': { path: '/v1/webhooks' },
  'get /v1/webhooks/{name}': { path: '/v1/webhooks/hook' },
  'post /v1/webhooks/{name}/resume': { path: '/v1/webhooks/hook/resume', body: {} },
  'get /v1/stats': { path: '/v1/stats' },
  'get /healthz': { path: '/healthz' },
  'get /readyz': { path: '/readyz' },
  'get /openapi.json': { path: '/openapi.json' },
}

export class HttpStage {
  readonly server: SystoleProcess
  readonly #links: RawSocket[] = []
  #session = ''
  #client = ''

  private constructor(server: SystoleProcess) {
    this.server = server
  }

  /** Starts a server and puts on it what the examples speak of. */
  static async open(runtime: Runtime): Promise<HttpStage> {
    const keys = Object.entries(KEYS).flatMap(([scope, secret]) => ['--key', `${scope}=${scope}:${secret}`])
    const server = await startServer({
      runtime,
      listen: { gateway: 'gateway,limit=10m,token=none', uid: 'uid,limit=10m,token=none' },
      args: [
        ...keys,
        ...['--auth-secret', SECRET],
        ...['--limits-body', String(MOST_BODY)],
        ...['--webhook', 'hook=http://127.0.0.1:9/,private=on'],
      ],
    })
    const stage = new HttpStage(server)
    try {
      await stage.#furnish()
    } catch (error) {
      await stage.close()
      throw error
    }
    return stage
  }

  get port(): number {
    return this.server.port('main')
  }

  path(path: string): string {
    return path.replace('SESSION', this.#session).replace('CLIENT', this.#client)
  }

  /** As who has all rights, unless another key is given. */
  call(method: string, path: string, body?: unknown, key: string | null = KEYS.admin): Promise<Response> {
    const headers = {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return fetch(`http://127.0.0.1:${this.port}${this.path(path)}`, {
      method: method.toUpperCase(),
      headers,
      signal: AbortSignal.timeout(10_000),
      ...(body !== undefined && { body: text }),
    })
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.destroy()
    await this.server.kill()
  }

  async #furnish(): Promise<void> {
    const link = await connect(this.server.port('uid'))
    const gateway = await connect(this.server.port('gateway'))
    this.#links.push(link, gateway)
    link.sendText('7')
    gateway.sendText('hello')
    await this.#does('PUT', '/v1/members/8', { name: 'Bo' })
    await this.#does('PUT', '/v1/members/erased', {})
    for (const id of ['banned', 'lifted']) await this.#does('PUT', `/v1/bans/${id}`, {})
    await this.#does('PUT', '/v1/groups/room/members/7', {})
    await this.#does('POST', '/v1/beats', { id: 'ended' })
    this.#session = await waitFor('7', () => this.#first('/v1/sessions?member=7', 'id'))
    this.#client = await waitFor('the gateway link', () =>
      this.#first('/v1/sessions?anonymous=true', 'clientId'),
    )
  }

  async #does(method: string, path: string, body: unknown): Promise<void> {
    const response = await this.call(method, path, body)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  }

  async #first(path: string, field: string): Promise<string | null> {
    const { sessions } = (await (await this.call('GET', path)).json()) as {
      sessions: Record<string, string>[]
    }
    return sessions[0]?.[field] ?? null
  }
}
