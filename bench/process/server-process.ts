// One server under test as a process: started on its own core and port, ready when it answers, ended by its id.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import { ANSWER } from '../baselines/control.ts'
import type { Target } from '../servers/targets.ts'
import { onCore, SERVER_CORE } from './cores.ts'
import { cpuSeconds, pssKib } from './proc.ts'

const READY_WITHIN = 60_000

export class ServerProcess implements AsyncDisposable {
  readonly port: number
  /** From the spawn to the first answer, in seconds. */
  readonly startSeconds: number
  readonly #process: Subprocess<'pipe'>
  readonly #folder: string

  private constructor(process: Subprocess<'pipe'>, folder: string, port: number, startSeconds: number) {
    this.#process = process
    this.#folder = folder
    this.port = port
    this.startSeconds = startSeconds
  }

  static async start(target: Target): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'systole-bench-'))
    const port = await freePort()
    const log = Bun.file(join(folder, 'log'))
    const start = performance.now()
    const child = Bun.spawn(onCore(SERVER_CORE, target.command(port, join(folder, 'data'))), {
      stdin: 'pipe',
      stdout: log,
      stderr: log,
    })
    try {
      await awaitHealth(port, child)
    } catch (error) {
      child.kill('SIGKILL')
      const tail = readFileSync(join(folder, 'log'), 'utf8').slice(-1_500)
      rmSync(folder, { recursive: true, force: true })
      throw new Error(`${target.name} did not start: ${(error as Error).message}\n${tail}`)
    }
    return new ServerProcess(child, folder, port, (performance.now() - start) / 1_000)
  }

  cpuSeconds(): number {
    return cpuSeconds(this.#process.pid)
  }

  pssKib(): number {
    return pssKib(this.#process.pid)
  }

  /** Tells a word that is answered, and waits for the answer: only one such at a time. */
  async ask(word: string): Promise<unknown> {
    const known = this.#answers().length
    this.tell(word)
    while (this.#answers().length === known) await Bun.sleep(5)
    return JSON.parse(this.#answers()[known]!.slice(ANSWER.length))
  }

  /** Sends one word to a server that listens to `control`. */
  tell(word: string): void {
    this.#process.stdin.write(`${word}\n`)
    this.#process.stdin.flush()
  }

  #answers(): string[] {
    const lines = readFileSync(join(this.#folder, 'log'), 'utf8').split('\n').slice(0, -1)
    return lines.filter(line => line.startsWith(ANSWER))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#process.exited
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function awaitHealth(port: number, child: Subprocess): Promise<void> {
  const until = performance.now() + READY_WITHIN
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`)
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null)
    if (response?.status === 200) return
    await Bun.sleep(5)
  }
  throw new Error(`no answer from /healthz within ${READY_WITHIN / 1_000} s`)
}

// A new port for every server: what the last one left in TIME_WAIT then blocks nobody.
function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
