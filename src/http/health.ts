// `/healthz`: the process serves, and how it is. `/readyz`: whether it should be sent traffic.

import type { PresenceServer } from '../server/api.ts'
import { reply } from './reply.ts'

/** 200 as long as anything can be answered at all. */
export function health(server: PresenceServer): Response {
  return reply(200, { status: 'ok', ...server.status() })
}

/** 503 before the server is ready and while it stops. */
export function ready(server: PresenceServer): Response {
  const { ready, degraded, problem } = server.status()
  return reply(ready ? 200 : 503, { ready, degraded, ...(problem === '' ? {} : { problem }) })
}
