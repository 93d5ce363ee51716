// Starts the contract's server program on a runtime of this repository and talks to it line by line. Waits for events,
// never for a time; ends the process it started and no other.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ListenOptions } from '../../src/transports/transport.ts'
import type { Command, Report } from './transport-server.ts'

export type Runtime = 'bun' | 'node'

type Match = (event: Report) => boolean

const PROGRAM = fileURLToPath(new URL('transport-server.ts', import.meta.url))
const BINARIES = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url))

export class ServerProcess {
  readonly #child: ChildProcess
  readonly #events: Report[] = []
  #waiting: { match: Match; resolve: (event: Report) => void }[] = []
  port = 0

  constructor(runtime: Runtime, options: ListenOptions) {
    this.#child = spawn(BINARIES + runtime, [PROGRAM, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    createInterface({ input: this.#child.stdout! }).on('line', line => this.#heard(JSON.parse(line)))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  command(command: Command): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  /** Sends a command and waits until it was carried out. */
  async did(command: Command, withinMs?: number): Promise<Report> {
    const before = this.count(`did:${command.do}`, command.tag)
    this.command(command)
    return this.nth(`did:${command.do}`, command.tag, before, withinMs)
  }

  /** The first event of this kind (of this tag), heard already or yet to come. */
  event(on: string, tag?: string, withinMs?: number): Promise<Report> {
    return this.nth(on, tag, 0, withinMs)
  }

  /** The event of this kind that has `skip` such events before it. */
  nth(on: string, tag: string | undefined, skip: number, withinMs = 5_000): Promise<Report> {
    const match: Match = event => event.on === on && (tag === undefined || event.tag === tag)
    const known = this.#events.filter(match)[skip]
    if (known !== undefined) return Promise.resolve(known)
    let left = skip - this.count(on, tag)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no '${on}' of '${tag}' came in ${withinMs} ms`)),
        withinMs,
      )
      const counted: Match = event => match(event) && left-- === 0
      const found = (event: Report): void => {
        clearTimeout(timer)
        resolve(event)
      }
      this.#waiting.push({ match: counted, resolve: found })
    })
  }

  count(on: string, tag?: string): number {
    return this.#events.filter(event => event.on === on && (tag === undefined || event.tag === tag)).length
  }

  texts(tag: string): (string | undefined)[] {
    return this.#events.filter(event => event.on === 'text' && event.tag === tag).map(event => event.text)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }

  #heard(event: Report): void {
    this.#events.push(event)
    const woken = this.#waiting.filter(waiter => waiter.match(event))
    this.#waiting = this.#waiting.filter(waiter => !woken.includes(waiter))
    for (const waiter of woken) waiter.resolve(event)
  }
}

/** Resolves once the program listens, or has said why it cannot. */
export async function startServer(
  runtime: Runtime,
  options: Partial<ListenOptions> = {},
): Promise<ServerProcess> {
  const server = new ServerProcess(runtime, {
    host: '127.0.0.1',
    port: 0,
    streamProtocol: 'systole.v1',
    ...options,
  })
  const first = await Promise.race([
    server.event('listening', undefined, 10_000),
    server.event('refused', undefined, 10_000),
  ])
  server.port = Number(first.port ?? 0)
  return server
}
