// The contract of the HTTP API: what holds for each of its routes, on a running server, on either runtime. Made from the
// table of routes: a new one is held to it, too.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { docRoutes } from '../../src/http/doc-routes.ts'
import type { Route } from '../../src/http/route.ts'
import { ROUTES } from '../../src/http/routes.ts'
import { EXAMPLES, HttpStage, KEYS, MOST_BODY, makeToken } from '../support/http-stage.ts'
import { rawHttp } from '../support/raw-http.ts'
import type { Runtime } from '../support/server-process.ts'

const ALL: readonly Route[] = [...ROUTES, ...docRoutes(ROUTES)]
const nameOf = ({ method, path }: Route) => `${method} ${path}`
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

export function httpContract(runtime: Runtime): void {
  describe(`the API on ${runtime}`, () => {
    let stage: HttpStage
    beforeAll(async () => {
      stage = await HttpStage.open(runtime)
    })
    afterAll(async () => {
      const failures = stage.server.lines.filter(line => line.stage === 'request')
      await stage.close()
      expect(failures).toEqual([])
    })

    test('every route has an example', () => {
      expect(ALL.map(nameOf).filter(name => EXAMPLES[name] === undefined)).toEqual([])
    })

    describe.each(ALL.map(route => [nameOf(route), route] as const))('%s', (name, route) => {
      const example = EXAMPLES[name]!
      const { method, scope, body } = route
      const ask = (key: string | null, given: unknown = example.body) =>
        stage.call(method, example.path, given, key)
      const code = async (response: Response) => {
        expect(response.headers.get('content-type')).toBe('application/problem+json')
        const problem = (await response.json()) as { status: number; code: string }
        expect(problem.status).toBe(response.status)
        return [response.status, problem.code]
      }

      if (scope !== null) {
        test('401 without a key, and with a wrong one', async () => {
          expect(await code(await ask(null))).toEqual([401, 'no_key'])
          expect(await code(await ask('a-key-nobody-ever-had'))).toEqual([401, 'bad_key'])
        })

        test(route.token === true ? 'a token is let in' : '403 for a token', async () => {
          const token = makeToken({ sub: '7', watch: true, ask: true, push: true })
          const response = await ask(token)
          if (route.token === true) expect([200, 403, 404]).toContain(response.status)
          const problem = (await response.text()).includes('"missing_scope"')
          expect(problem).toBe(route.token !== true)
        })

        test('403 without the scope', async () => {
          const other = scope === 'read' ? KEYS.push : KEYS.read
          expect(await code(await ask(other))).toEqual([403, 'missing_scope'])
        })
      }

      test('405 for what it does not answer', async () => {
        const there = ALL.filter(other => other.path === route.path).map(other => other.method.toUpperCase())
        for (const other of METHODS) {
          if (there.includes(other)) continue
          const response = await stage.call(other, example.path)
          expect(response.headers.get('allow')?.split(', ')).toEqual(
            there.flatMap(one => (one === 'GET' ? ['GET', 'HEAD'] : [one])),
          )
          expect(await code(response)).toEqual([405, 'method_not_allowed'])
        }
      })

      test('400 for a parameter nobody knows, and for one given twice', async () => {
        const more = example.path.includes('?') ? '&' : '?'
        const unknown = await stage.call(method, `${example.path}${more}nobody=1`, example.body)
        expect(await code(unknown)).toEqual([400, 'bad_query'])
        for (const parameter of Object.keys(route.query?.shape ?? {})) {
          const path = `${example.path.split('?')[0]}?${parameter}=1&${parameter}=1`
          expect((await stage.call(method, path, example.body)).status).toBe(400)
        }
      })

      if (body !== undefined) {
        test('413 for a body that is too large, said or not', async () => {
          const large = `{"x":"${'x'.repeat(MOST_BODY)}"}`
          expect(await code(await ask(KEYS.admin, large))).toEqual([413, 'too_large'])
          const chunk = `2000\r\n${' '.repeat(0x2000)}\r\n`
          const unsaid = await rawHttp(stage.port, {
            method: method.toUpperCase(),
            target: stage.path(example.path),
            headers: {
              authorization: `Bearer ${KEYS.admin}`,
              'content-type': 'application/json',
              'transfer-encoding': 'chunked',
            },
            body: chunk.repeat(20),
          })
          expect(unsaid.status).toBe(413)
        })

        test('415 for a body that is not JSON by its own word', async () => {
          for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
            const response = await fetch(`http://127.0.0.1:${stage.port}${stage.path(example.path)}`, {
              method: method.toUpperCase(),
              headers: { authorization: `Bearer ${KEYS.admin}`, 'content-type': type },
              body: '{}',
            })
            expect(await code(response)).toEqual([415, 'not_json'])
          }
        })

        test('400 for half a body, for no UTF-8, for a deep one', async () => {
          for (const text of ['{"', '', '['.repeat(60_000), '\ufeff\ufeff{}'])
            expect((await ask(KEYS.admin, text)).status).toBe(400)
        })
      }

      test('a good answer is what it is said to be', async () => {
        const response = await ask(KEYS.admin)
        expect(response.status).toBe(example.status ?? 200)
        const meaning = route.answers[response.status]!
        expect(meaning).toBeDefined()
        const text = await response.text()
        if (meaning.schema === undefined) return expect(text).toBe('')
        const type = meaning.type ?? 'application/json'
        expect(response.headers.get('content-type')).toStartWith(type)
        const values = type === 'application/x-ndjson' ? text.trim().split('\n') : [text]
        for (const value of values) meaning.schema.parse(JSON.parse(value))
      })

      if (method === 'get')
        test('HEAD is the same without a body', async () => {
          const get = await ask(KEYS.admin)
          const head = await stage.call('HEAD', example.path)
          expect([head.status, await head.text()]).toEqual([get.status, ''])
          for (const header of ['content-type', 'cache-control', 'vary'])
            expect(head.headers.get(header)).toBe(get.headers.get(header))
        })

      test('pages of an origin that is let in may ask for it', async () => {
        const response = await fetch(`http://127.0.0.1:${stage.port}${stage.path(example.path)}`, {
          method: 'OPTIONS',
          headers: {
            origin: 'http://localhost:3000',
            'access-control-request-method': method.toUpperCase(),
            'access-control-request-headers': 'authorization',
          },
        })
        expect(response.status).toBe(204)
        expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
        expect(response.headers.get('access-control-allow-methods')?.split(', ')).toContain(
          method.toUpperCase(),
        )
      })
    })

    test('a page of an origin that is not let in is refused before', async () => {
      for (const method of ['GET', 'OPTIONS']) {
        const response = await fetch(`http://127.0.0.1:${stage.port}/v1/members`, {
          method,
          headers: { origin: 'https://elsewhere.example', authorization: `Bearer ${KEYS.admin}` },
        })
        expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null])
      }
    })
  })
}
