// The conformance suite against our own server on either runtime, and the proof that it can fail: against servers
// that are wrong on purpose. PROTOCOL.md and the suite name the same demands.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CASES } from '../conformance/cases.ts'
import { CONTROL, FAULTS } from '../conformance/mutants.ts'
import { NOT_OBSERVABLE } from '../conformance/not-observable.ts'
import { type Result, runAll } from '../conformance/runner.ts'
import { forgetful, goBetween, mute, type Wrong } from '../conformance/wrong-server.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { mint, SECRET } from '../support/tokens.ts'

setDefaultTimeout(120_000)

const root = new URL('../../', import.meta.url)
const path = (name: string) => fileURLToPath(new URL(name, root))

interface Run {
  readonly code: number | null
  readonly results: readonly Result[]
  readonly stderr: string
}

function conformance(...words: string[]): Promise<Run> {
  const child = spawn(path('node_modules/.bin/bun'), [path('test/conformance/main.ts'), '--json', ...words])
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  return new Promise(resolve => {
    child.once('close', code => {
      resolve({ code, stderr, results: stdout === '' ? [] : JSON.parse(stdout).results })
    })
  })
}

const failuresOf = (results: readonly Result[]) =>
  results.flatMap(({ title, outcome, why }) => (outcome === 'fail' ? [`${title}: ${why}`] : []))

test('every demand of PROTOCOL.md is in a case or said to be out of sight, and no case names another', () => {
  const text = readFileSync(path('PROTOCOL.md'), 'utf8')
  const demanded = new Set([...text.matchAll(/\[([A-Z]+\d+)\]/g)].map(([, number]) => number!))
  const tried = new Set(CASES.flatMap(({ musts }) => musts))
  const untried = new Set(NOT_OBSERVABLE.map(({ must }) => must))
  expect(demanded.size).toBeGreaterThan(30)
  expect([...demanded].filter(number => !tried.has(number) && !untried.has(number))).toEqual([])
  expect([...tried, ...untried].filter(number => !demanded.has(number))).toEqual([])
  expect([...untried].filter(number => tried.has(number))).toEqual([])
  expect(CASES.filter(({ musts }) => musts.length === 0)).toEqual([])
  expect(new Set(CASES.map(({ title }) => title)).size).toBe(CASES.length)
})

describe.each([...RUNTIMES])('the suite against our server on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    server = await startServer({ runtime, args: ['--away-after', '3s'] })
  })
  afterAll(() => server.kill())

  test('all that can be tried passes', async () => {
    const { code, results, stderr } = await conformance(`ws://127.0.0.1:${server.port('main')}`)
    expect(failuresOf(results)).toEqual([])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const skipped = results.filter(({ outcome }) => outcome === 'skipped').map(({ title }) => title)
    expect(skipped.filter(title => !/^(one session only|tokens:)/.test(title))).toEqual([])
  })
})

describe.each([...RUNTIMES])('a server on %s that asks for tokens', runtime => {
  test('does with them as demanded', async () => {
    const server = await startServer({ runtime, args: ['--auth-secret', SECRET] })
    const inAnHour = Math.floor(Date.now() / 1_000) + 3_600
    const words = Object.entries({
      token: { sub: 'ana', watch: true, ask: true },
      narrow: { sub: 'ana' },
      other: { sub: 'ben' },
      short: { sub: 'cleo', exp: Math.floor(Date.now() / 1_000) + 8 },
      blind: { sub: 'dora', watch: false },
    }).flatMap(([worth, claims]) => [`--${worth}`, mint({ exp: inAnHour, ...claims })])
    const { code, results } = await conformance(
      `ws://127.0.0.1:${server.port('main')}`,
      ...words,
      '--only',
      'tokens:',
    )
    await server.kill()
    expect(failuresOf(results)).toEqual([])
    expect(code).toBe(0)
    expect(results.filter(({ outcome }) => outcome === 'skipped')).toEqual([])
    expect(results.length).toBeGreaterThan(8)
  })
})

describe('servers where a member has one session', () => {
  test.each<[string, Result['outcome'][]]>([
    ['newest', ['pass', 'skipped']],
    ['oldest', ['pass', 'pass']],
  ])('policy %s', async (policy, outcomes) => {
    const server = await startServer({ runtime: 'bun', args: ['--policy', policy] })
    const { code, results } = await conformance(
      `ws://127.0.0.1:${server.port('main')}`,
      '--only',
      'one session only',
    )
    await server.kill()
    expect([code, results.map(({ outcome }) => outcome)]).toEqual([0, outcomes])
  })
})

describe('the suite can fail', () => {
  async function judged(wrong: Wrong, ...words: string[]): Promise<Run> {
    const run = await conformance(`ws://127.0.0.1:${wrong.port}`, '--patience', '800', ...words)
    await wrong.stop()
    return run
  }

  test('a server that never answers passes no case', async () => {
    const { code, results } = await judged(mute())
    expect(code).toBe(1)
    const passed = results.filter(({ outcome }) => outcome === 'pass').map(({ title }) => title)
    expect(passed).toEqual(['the subprotocol is chosen in the handshake'])
    const skipped = results.filter(({ outcome }) => outcome === 'skipped').map(({ title }) => title)
    expect(skipped.filter(title => !/^(event streams|tokens):/.test(title))).toEqual([])
  })

  test('a server that forgets its watchers fails where they are told something', async () => {
    const { code, results } = await judged(forgetful(), '--only', 'group:')
    expect(code).toBe(1)
    const passed = results.filter(({ outcome }) => outcome === 'pass').map(({ title }) => title)
    expect(passed).toEqual(['group: one that nobody is in is an empty list'])
  })

  test('nobody there, no WebSocket there, or no sense in the words: 2', async () => {
    const plain = Bun.serve({ port: 0, fetch: () => new Response('hello') })
    const codes = [
      (await conformance('ws://127.0.0.1:1')).code,
      (await conformance(`ws://127.0.0.1:${plain.port}`)).code,
      (await conformance()).code,
      (await conformance('http://127.0.0.1')).code,
      (await conformance('ws://127.0.0.1:1', '--patience', 'much')).code,
    ]
    await plain.stop(true)
    expect(codes).toEqual([2, 2, 2, 2, 2])
  })

  test('a token where nobody is asked for one: 2', async () => {
    const server = await startServer({ runtime: 'bun' })
    const { code, stderr } = await conformance(`ws://127.0.0.1:${server.port('main')}`, '--token', 'abc')
    await server.kill()
    expect(code).toBe(2)
    expect(stderr).toContain('leave --token out')
  })
})

describe('every fault is noticed', () => {
  let server: SystoleProcess

  beforeAll(async () => {
    server = await startServer({ runtime: 'bun', args: ['--away-after', '1s'] })
  })
  afterAll(() => server.kill())

  async function run(mutant: Parameters<typeof goBetween>[1], words: string): Promise<string[]> {
    const { port, stop } = goBetween(server.port('main'), mutant)
    const target = { host: '127.0.0.1', port, path: '/', token: null, patience: 2_500 }
    const cases = CASES.filter(({ title }) => title.includes(words))
    expect(cases.length).toBeGreaterThan(0)
    const results = await runAll(cases, target, () => {})
    await stop()
    return failuresOf(results)
  }

  test.concurrent.each(FAULTS.map(fault => [fault.what, fault] as const))('%s', async (_, fault) => {
    expect(await run(CONTROL, fault.noticed)).toEqual([])
    expect(await run(fault, fault.noticed)).not.toEqual([])
  })
})
