// The published package as somebody gets it: built, packed, put into a project of theirs. The SDK runs there on both
// runtimes, its types are found, and the built server hands it to a page.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { complaintsOf, launchBrowser, textAt } from '../support/browser.ts'
import { RUNTIMES, type Runtime, type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(180_000)

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
/** Runs in a shared worker only; elsewhere its address is what is wanted. */
const WORKER = './client/share-worker'
/** What a build needs of the repository. */
const SOURCES = ['src', 'docs', 'package.json', 'tsconfig.json', 'tsdown.config.ts']
const TEXTS = ['README.md', 'LICENSE', 'CHANGELOG.md', 'PROTOCOL.md']

/** Two clients that meet: one watches, one comes and goes; prints what the watcher saw. */
const PROGRAM = `
import { createClient, Undelivered } from 'systole/client'
const url = process.argv[2]
const observer = createClient({ url, observer: true })
const watch = observer.watch('all')
const until = ask => new Promise(resolve => {
  const stop = watch.subscribe(() => {
    if (!ask()) return
    stop()
    resolve()
  })
})
const whole = watch.view.whole ? Promise.resolve() : until(() => watch.view.whole)
await whole
const came = until(() => watch.view.members.has('dev'))
const member = createClient({ url, member: 'dev', name: 'Device' })
await came
const { name } = watch.view.members.get('dev')
const left = until(() => !watch.view.members.has('dev'))
member.leave()
await left
member.destroy()
observer.destroy()
console.log(JSON.stringify({ name, state: member.state, error: typeof Undelivered }))
`

const TYPED = `
import { type Client, createClient, type StateChange } from 'systole/client'
interface Chat { profile: { colour: string }; up: string; down: { text: string } }
const client: Client<Chat> = createClient<Chat>({ url: 'ws://localhost/', member: 7, profile: { colour: 'red' } })
client.on('message', ({ text }) => text.toUpperCase())
client.on('state', (change: StateChange) => change.retryIn)
client.send('hello')
// @ts-expect-error: what goes up is text here
client.send({ no: 1 })
// @ts-expect-error: there is no such option
createClient({ url: 'ws://localhost/', membr: 7 })
`

const TSCONFIG = { strict: true, noEmit: true, target: 'es2022', lib: ['es2022', 'dom'], types: [] }

let folder: string
let project: string
let server: SystoleProcess

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'systole-package-'))
  const source = join(folder, 'source')
  project = join(folder, 'project')
  mkdirSync(source)
  for (const name of [...SOURCES, ...TEXTS]) cpSync(join(ROOT, name), join(source, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'))
  await run(source, binary('node'), join(ROOT, 'node_modules/tsdown/dist/run.mjs'), '--logLevel', 'warn')
  await run(source, 'npm', 'pack', '--ignore-scripts', '--offline', '--pack-destination', folder)
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const installed = join(project, 'node_modules/systole')
  mkdirSync(installed, { recursive: true })
  await run(folder, 'tar', 'xzf', `systole-${version}.tgz`, '-C', installed, '--strip-components', '1')
  // What npm would install beside it: the packages it depends on, as they are here.
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'))
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
  server = await startServer({ runtime: 'node', program: join(installed, 'dist/cli/main.js') })
})

afterAll(async () => {
  await server?.kill()
  rmSync(folder, { recursive: true, force: true })
})

function binary(name: string): string {
  return join(ROOT, 'node_modules/.bin', name)
}

/** What it printed; rejects with all it said when it does not end with 0. */
function run(cwd: string, command: string, ...words: string[]): Promise<string> {
  const child = spawn(command, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code =>
      code === 0 ? resolve(stdout) : reject(new Error(`${command} ended with ${code}:\n${stdout}${stderr}`)),
    )
  })
}

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text)
}

describe.each([...RUNTIMES])('on %s', (runtime: Runtime) => {
  test('a program with the SDK runs, and ends by itself', async () => {
    write('program.mjs', PROGRAM)
    const printed = await run(
      project,
      binary(runtime),
      'program.mjs',
      `ws://127.0.0.1:${server.port('main')}/`,
    )
    expect(JSON.parse(printed)).toEqual({ name: 'Device', state: 'closed', error: 'function' })
  })

  test('everything package.json promises can be imported', async () => {
    const names = Object.keys(exports)
      .filter(path => path !== WORKER)
      .map(path => `systole${path.slice(1)}`)
    const lines = names.map((name, i) => `import * as m${i} from '${name}'`)
    const counts = names.map((_, i) => `Object.keys(m${i}).length`)
    lines.push(`readFileSync(new URL(import.meta.resolve('systole${WORKER.slice(1)}')))`)
    lines.push(`console.log(JSON.stringify([${counts}]))`, 'process.exit(0)')
    write('all.mjs', `import { readFileSync } from 'node:fs'\n${lines.join('\n')}`)
    const printed = JSON.parse(await run(project, binary(runtime), 'all.mjs'))
    expect(printed).toHaveLength(names.length)
    expect(printed.every((count: number) => count > 0)).toBe(true)
  })
})

describe.each([
  ['bundler', 'esnext'],
  ['nodenext', 'nodenext'],
])('types with moduleResolution %s', (moduleResolution, module) => {
  const compilerOptions = { ...TSCONFIG, module, moduleResolution }

  function tsc(file: string, text: string, skipLibCheck: boolean): Promise<string> {
    write(file, text)
    write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck }, files: [file] }),
    )
    return run(project, binary('node'), join(ROOT, 'node_modules/typescript/bin/tsc'))
  }

  test('are found for every entry, and check what is given', async () => {
    const lines = Object.keys(exports).map((path, i) => `export * as m${i} from 'systole${path.slice(1)}'`)
    expect(await tsc('names.ts', lines.join('\n'), true)).toBe('')
    expect(await tsc('typed.ts', TYPED, false)).toBe('')
    const wrong = tsc('wrong.ts', TYPED.replaceAll(/\/\/ @ts-expect-error.*\n/g, ''), false)
    await expect(wrong).rejects.toThrow(/wrong\.ts[^\n]*TS2345[\s\S]*TS2561[^\n]*membr/)
  })
})

test('the built server hands the built SDK to a page', async () => {
  const served = await (await fetch(`${server.api.url}/client/index.js`)).text()
  expect(served).toBe(readFileSync(join(project, 'node_modules/systole/dist/client/index.js'), 'utf8'))
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    const complaints = await complaintsOf(page)
    await page.goto(`${server.api.url}/demo/user?user_id=built&lang=en`)
    await waitFor('the page to be connected', async () => (await textAt(page, '#state')) === 'connected')
    await server.api.is('built', 'online')
    expect(complaints).toEqual([])
  } finally {
    await browser.close()
  }
})
