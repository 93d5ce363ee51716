// Runs the real command line as a process of its own, on either runtime of this repository, and reads its JSON log.
// Ends only the process it started, by its id.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Api, apiOf } from './server-api.ts'
import { waitFor } from './wait.ts'

export type Runtime = 'bun' | 'node'

export const RUNTIMES: readonly Runtime[] = ['bun', 'node']

export interface StartOptions {
  readonly runtime: Runtime
  /** Further listeners by a name of one's choice: `{ uid: 'uid,limit=1s' }`. `main` is the main port. */
  readonly listen?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Folder of the data file. @default none */
  readonly data?: string
  /** @default 0: any free port; `null`: not said */
  readonly port?: number | null
  readonly host?: string
  /** Program to run instead of the command line; it gets the same arguments. */
  readonly program?: string
}

/** One line of the log. Level 40: warning. */
export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

const root = new URL('../../', import.meta.url)
/** Options come only from a test: what is set for the tests themselves is no option of a server. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SYSTOLE_')))
const MAIN = fileURLToPath(new URL('src/cli/main.ts', root))

export class SystoleProcess {
  readonly exited: Promise<Exit>
  readonly lines: LogLine[] = []
  readonly ports = new Map<string, number>()
  readonly host: string
  stderr = ''
  exit: Exit | null = null
  readonly #child: ChildProcess

  constructor(options: StartOptions) {
    this.host = options.host ?? '127.0.0.1'
    const binary = fileURLToPath(new URL(`node_modules/.bin/${options.runtime}`, root))
    const words = [options.program ?? MAIN, 'serve', ...wordsOf(options)]
    this.#child = spawn(binary, words, { stdio: ['pipe', 'pipe', 'pipe'], cwd: fileURLToPath(root), env })
    this.exited = new Promise(resolve => {
      this.#child.once('close', (code, signal) => {
        this.exit = { code, signal }
        resolve(this.exit)
      })
    })
    this.#child.stderr?.on('data', chunk => {
      this.stderr += chunk
    })
    const names = ['main', ...Object.keys(options.listen ?? {})]
    createInterface({ input: this.#child.stdout! }).on('line', line => this.#heard(line, names))
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Lines for a program of ours, on its standard input. */
  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  port(name: string): number {
    const port = this.ports.get(name)
    if (port === undefined) throw new Error(`no listener is called ${name}`)
    return port
  }

  /** The API on the main port. */
  get api(): Api {
    return apiOf(this.host, this.port('main'))
  }

  signal(signal: NodeJS.Signals): void {
    if (this.exit === null) process.kill(this.pid, signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited
  }

  #heard(text: string, names: readonly string[]): void {
    if (!text.startsWith('{')) return
    const line: LogLine = JSON.parse(text)
    this.lines.push(line)
    if (typeof line.port === 'number' && typeof line.dialect === 'string')
      this.ports.set(names[this.ports.size] ?? `listener ${this.ports.size}`, line.port)
  }
}

function wordsOf({ port = 0, host, data, listen = {}, args = [] }: StartOptions): string[] {
  return [
    ...(port === null ? [] : ['--port', String(port)]),
    ...['--data', data ?? 'off', '--log-format', 'json'],
    ...(host === undefined ? [] : ['--host', host]),
    ...Object.values(listen).flatMap(listener => [
      '--listen',
      /^\d/.test(listener) ? listener : `0=${listener}`,
    ]),
    ...args,
  ]
}

/** Resolves once it has said all of its banner; rejects with what it said when it ended instead. */
export async function startServer(options: StartOptions): Promise<SystoleProcess> {
  const server = new SystoleProcess(options)
  await settled(server, () => server.lines.some(line => line.mode !== undefined))
  if (server.exit === null) return server
  throw new Error(`the server ended (${server.exit.code}): ${server.stderr}`)
}

/** For what is expected not to start: its exit and what it said. */
export async function runServer(options: StartOptions): Promise<Exit & { readonly stderr: string }> {
  const server = new SystoleProcess(options)
  await settled(server, () => false)
  return { ...(await server.exited), stderr: server.stderr }
}

async function settled(server: SystoleProcess, ready: () => boolean): Promise<void> {
  try {
    await waitFor('the server to start or to end', () => ready() || server.exit !== null, 15_000)
  } catch (error) {
    await server.kill()
    throw error
  }
}
