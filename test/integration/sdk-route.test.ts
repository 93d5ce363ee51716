// The SDK as a page gets it from a running server, on either runtime: whatever its modules import is served too, every
// module is JavaScript, and nothing else of the source can be read.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'

setDefaultTimeout(30_000)

const SRC = new URL('../../src/', import.meta.url)
/** The only packages that may be imported, by the bindings. */
const PACKAGES = ['react', 'vue']
/** What may be read: the rooms the SDK is made of, and two files of another. */
const OPEN = /^(client|protocol)\/|^core\/(backoff|clock)\.ts$/
const ENTRIES = readdirSync(new URL('client/', SRC))
  .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map(file => `/client/${file.replace('.ts', '.js')}`)

interface Module {
  readonly status: number
  readonly type: string | null
  readonly imports: readonly string[]
  readonly exports: readonly string[]
}

async function load(url: string): Promise<Module> {
  const response = await fetch(url)
  const text = await response.text()
  const type = response.headers.get('content-type')
  if (response.status !== 200) return { status: response.status, type, imports: [], exports: [] }
  const { imports, exports } = new Bun.Transpiler({ loader: 'js' }).scan(text)
  return { status: 200, type, exports, imports: imports.map(({ path }) => path) }
}

/** All modules that can be reached from these paths, by path. */
async function crawl(base: string, paths: readonly string[]): Promise<Map<string, Module>> {
  const found = new Map<string, Module>()
  const waiting = [...paths]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue
    const module = await load(base + path)
    found.set(path, module)
    for (const specifier of module.imports)
      if (specifier.startsWith('.')) waiting.push(new URL(specifier, base + path).pathname)
  }
  return found
}

describe.each([...RUNTIMES])('on %s', runtime => {
  let server: SystoleProcess
  let url: string

  beforeAll(async () => {
    server = await startServer({ runtime })
    url = server.api.url
  })
  afterAll(() => server?.kill())

  test('the entry is the SDK, and all it imports is there and JavaScript', async () => {
    const modules = await crawl(url, ['/client.js'])
    expect([...modules.keys()]).toContain('/client/index.js')
    expect(modules.get('/client/index.js')!.exports).toContain('createClient')
    expect(modules.size).toBeGreaterThan(5)
    for (const [path, { status, type }] of modules)
      expect([path, status, type]).toEqual([path, 200, 'text/javascript; charset=utf-8'])
  })

  test('so is everything beside it; only the bindings import packages', async () => {
    const modules = await crawl(url, ENTRIES)
    expect([...modules].filter(([, { status }]) => status !== 200)).toEqual([])
    const packages = [...modules.values()].flatMap(({ imports }) =>
      imports.filter(name => !name.startsWith('.')),
    )
    expect(packages.filter(name => !PACKAGES.includes(name))).toEqual([])
    const core = await crawl(url, ['/client.js'])
    expect(
      [...core.values()].flatMap(({ imports }) => imports.filter(name => PACKAGES.includes(name))),
    ).toEqual([])
  })

  test('nothing else of the source is', async () => {
    const seen = ['protocol', 'core', 'client']
    const rooms = ['server', 'auth', 'webhooks', 'http', 'cli', 'stores', 'transports', 'dialects', ...seen]
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
    expect(new Set(files.map(file => file.split('/')[0]))).toEqual(
      new Set([...rooms, 'errors.ts', 'index.ts', 'signature.ts', 'signature.test.ts']),
    )
    const wrong: string[] = []
    for (const file of files.filter(file => !OPEN.test(file) || file.includes('.test.'))) {
      for (const path of [`/${file}`, `/${file.replace('.ts', '.js')}`])
        if ((await load(url + path)).status !== 404) wrong.push(path)
    }
    expect(wrong).toEqual([])
  })

  test('its log says nothing of it', () => {
    expect(server.stderr).toBe('')
    const warnings = server.lines.filter(({ level }) => level >= 40)
    expect(warnings.filter(({ mode }) => mode !== 'open')).toEqual([])
  })

  test('a page of another site is let in only where its origin is', async () => {
    const { status } = await fetch(`${url}/client.js`, { headers: { origin: 'https://other.example' } })
    expect(status).toBe(403)
    const open = await startServer({ runtime, args: ['--origin', 'https://other.example'] })
    try {
      const answer = await fetch(`${open.api.url}/client.js`, {
        headers: { origin: 'https://other.example' },
      })
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
    } finally {
      await open.kill()
    }
  })
})
