// Imports run one way (DESIGN of the rooms in ARCHITECTURE.md), and the pure rooms stay pure. The test reads the
// source as text: what it cannot see is a dynamic import with a computed name, of which there is none.

import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

const SRC = join(import.meta.dirname, '../src')
const CONTRACTS = [
  'transports/transport.ts',
  'stores/store.ts',
  'stores/notebook.ts',
  'auth/authority.ts',
  'webhooks/endpoint.ts',
]

/** What a room may import values from, besides itself and packages. */
const MAY: Record<string, readonly string[]> = {
  protocol: [],
  core: [],
  dialects: ['protocol', 'core'],
  transports: ['core'],
  stores: ['core', 'protocol'],
  server: ['protocol', 'core', 'dialects', ...CONTRACTS],
  auth: ['core', 'protocol', 'signature.ts', ...CONTRACTS],
  webhooks: ['core', 'protocol', 'signature.ts', ...CONTRACTS],
  http: ['server', 'auth', 'webhooks', 'protocol', ...CONTRACTS],
  cli: ['server', 'http', 'auth', 'protocol', 'core', 'client', ...CONTRACTS],
  client: ['protocol', 'core/backoff.ts', 'core/clock.ts'],
}
/** Whose types it may name as well. */
const MAY_TYPE: Record<string, readonly string[]> = {
  core: ['protocol'],
  transports: ['protocol'],
  stores: ['protocol'],
  auth: ['server/settings.ts', 'server/log.ts'],
  webhooks: ['server/settings.ts', 'server/log.ts'],
}
const DOORS = ['index.ts', 'cli/main.ts']

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  file => file.endsWith('.ts') && !file.endsWith('.test.ts'),
)
const sources = new Map(files.map(file => [file, readFileSync(join(SRC, file), 'utf8')]))
const imports = [...sources].flatMap(([file, source]) => importsOf(file, source))

test('there is something to check', () => {
  expect(files.length).toBeGreaterThan(50)
  expect(imports.length).toBeGreaterThan(100)
})

test('imports run one way', () => {
  const wrong = imports.filter(edge => !isAllowed(edge)).map(({ from, to }) => `${from} -> ${to}`)
  expect(wrong).toEqual([])
})

test('there are no cycles', () => {
  expect(findCycle(imports.filter(({ typeOnly }) => !typeOnly))).toEqual([])
})

test('protocol and core know no clock, chance, timer or platform', () => {
  const impure =
    /\b(Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask|crypto|process|console)\b\s*[.(]|Math\.random|from 'node:|\bthrow\b/
  const wrong = [...sources]
    .filter(([file]) => /^(protocol|core)\//.test(file))
    .flatMap(([file, source]) => {
      const found = impure.exec(withoutComments(source))
      return found === null ? [] : [`${file}: ${found[0]}`]
    })
  expect(wrong).toEqual([])
})

test('files stay small', () => {
  const lines = [...sources].map(([file, source]) => ({ file, lines: source.split('\n').length - 1 }))
  expect(lines.filter(({ lines }) => lines > 400)).toEqual([])
  const median = lines.map(({ lines }) => lines).sort((a, b) => a - b)[lines.length >> 1]!
  expect(median).toBeLessThanOrEqual(120)
})

test('modules export at most five things and open with a comment', () => {
  const wrong = [...sources]
    .filter(([file]) => file !== 'index.ts')
    .flatMap(([file, source]) => {
      const exported = source.match(/^export (?!type |interface )/gm)?.length ?? 0
      const opens = source.startsWith('//') || source.startsWith('#!')
      return exported > 5 || !opens ? [`${file}: ${exported} exports`] : []
    })
  expect(wrong).toEqual([])
})

function importsOf(file: string, source: string): Import[] {
  const found: Import[] = []
  for (const [, kind, path] of source.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'"]*?from\s+)?'(\.[^']+)'/gm,
  ))
    found.push({ from: file, to: resolve(file, path!), typeOnly: kind !== undefined })
  for (const [, path] of source.matchAll(/\bimport\('(\.[^']+)'\)/g))
    found.push({ from: file, to: resolve(file, path!), typeOnly: false })
  return found
}

function resolve(file: string, path: string): string {
  return relative(SRC, normalize(join(SRC, dirname(file), path)))
}

function isAllowed({ from, to, typeOnly }: Import): boolean {
  if (DOORS.includes(from)) return true
  const room = from.split('/')[0]!
  if (to.startsWith(`${room}/`)) return true
  if (to === 'errors.ts') return room !== 'protocol' && room !== 'core'
  if (room === 'cli' && to === 'index.ts') return true
  const allowed = typeOnly ? [...(MAY[room] ?? []), ...(MAY_TYPE[room] ?? [])] : (MAY[room] ?? [])
  return allowed.some(place => to === place || to.startsWith(`${place}/`))
}

function findCycle(edges: readonly Import[]): string[] {
  const next = Map.groupBy(edges, ({ from }) => from)
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const { to } of next.get(file) ?? []) {
      const cycle = visit(to, [...path, file])
      if (cycle.length > 0) return cycle
    }
    done.add(file)
    return []
  }
  for (const file of next.keys()) {
    const cycle = visit(file, [])
    if (cycle.length > 0) return cycle
  }
  return []
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
