// The SDK as modules: what is served, with which headers, and that nothing else of the source can be had.

import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { appOf } from '../../test/support/stub-desk.ts'
import { stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { loadSdk } from './sdk.ts'
import { stripTypes } from './strip-types.ts'

const app = appOf(stubPresenceServer({}))

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return Promise.resolve(app(new Request(`http://localhost${path}`, init)))
}

const paths = loadSdk().map(([path]) => path)

describe('what is served', () => {
  test('the entry, which is the SDK', async () => {
    expect(paths[0]).toBe('/client.js')
    expect(await (await get('/client.js')).text()).toBe("export * from './client/index.js'\n")
  })

  test('every module of client and protocol, two of core, and no tests', () => {
    const named = (room: string) => paths.filter(path => path.startsWith(`/${room}/`))
    const modulesIn = (room: string) =>
      readdirSync(new URL(`../${room}/`, import.meta.url))
        .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map(file => `/${room}/${file.replace('.ts', '.js')}`)
    expect(named('client').sort()).toEqual(modulesIn('client').sort())
    expect(named('protocol').sort()).toEqual(modulesIn('protocol').sort())
    expect(named('core').sort()).toEqual(['/core/backoff.js', '/core/clock.js'])
    expect(paths).toHaveLength(1 + named('client').length + named('protocol').length + 2)
    expect(paths.filter(path => path.includes('.test.'))).toEqual([])
  })

  test.each(['/client/types.js', '/protocol/close-codes.js', '/core/backoff.js'])(
    '%s is JavaScript',
    async path => {
      const text = await (await get(path)).text()
      const { exports } = new Bun.Transpiler({ loader: 'js' }).scan(text)
      expect(exports.length).toBeGreaterThan(0)
      expect(text).not.toMatch(/\binterface \w+ \{|^export type /m)
    },
  )
})

describe('how it is served', () => {
  test('to pages of any site, and never guessed at', async () => {
    for (const path of ['/client.js', '/client/types.js']) {
      const { status, headers } = await get(path)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    }
  })

  test('only once, as long as it stays the same', async () => {
    const first = await get('/client/types.js')
    const etag = first.headers.get('etag')!
    const other = await get('/protocol/words.js')
    expect(first.headers.get('cache-control')).toBe('no-cache')
    expect(other.headers.get('etag')).not.toBe(etag)
    const again = await get('/client/types.js', { headers: { 'if-none-match': `W/"x", ${etag}` } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    const changed = await get('/client/types.js', { headers: { 'if-none-match': '"x"' } })
    expect(changed.status).toBe(200)
  })

  test('HEAD as GET, and no other method', async () => {
    const head = await get('/client.js', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const post = await get('/client.js', { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

test.each([
  '/client',
  '/client/',
  '/client.ts',
  '/client/types.ts',
  '/client/nothing.js',
  '/client/types.test.js',
  '/protocol/json.test.js',
  '/core/detector.js',
  '/core/ledger.js',
  '/http/sdk.js',
  '/server/server.js',
  '/client/../server/server.js',
  '/client/..%2Fserver/server.js',
  '/client/%2e%2e/server/server.js',
  '/client/..%5cserver/server.js',
  '/client/types.js%00',
  '/client//types.js',
  '/CLIENT.JS',
])('%s is not there', async path => {
  const answer = await get(path)
  expect(answer.status).toBe(404)
  expect((await answer.json()).code).toBe('not_found')
})

describe('stripTypes', () => {
  test('takes the types away and leaves the rest', () => {
    const text = stripTypes(
      "import type { A } from './a.ts'\nimport { b } from './b.ts'\nexport const c: A = b as A\n",
    )
    expect(text).not.toMatch(/a\.ts|: A| as A/)
    expect(text).toContain('./b.ts')
  })

  test('throws for what is no program', () => {
    expect(() => stripTypes('const = 1')).toThrow()
  })
})
