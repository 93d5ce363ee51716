// `/openapi.json`: the description of all routes, itself among them. Made when it is first asked for, then kept.

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { openApiOf } from './openapi.ts'
import { API_HEADERS } from './reply.ts'
import { type Route, route } from './route.ts'

/** The routes that describe `routes`. */
export function docRoutes(routes: readonly Route[]): readonly Route[] {
  let text: string | undefined
  const own: readonly Route[] = [
    route({
      method: 'get',
      path: '/openapi.json',
      scope: null,
      tag: 'Server',
      summary: 'This description',
      description: 'OpenAPI 3.1. As a page: `/docs`.',
      answers: { 200: { description: 'The document', schema: z.object({ openapi: z.string() }) } },
      handle: () => {
        text ??= JSON.stringify(openApiOf([...routes, ...own], version()))
        return new Response(text, { headers: API_HEADERS })
      },
    }),
  ]
  return own
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
