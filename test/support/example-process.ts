// Runs an example as its reader would, by its one command, and reads what it prints. Ends only what it started.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { waitFor } from './wait.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export class ExampleProcess {
  readonly exited: Promise<number | null>
  /** Everything it printed, on both outputs. */
  said = ''
  #ended = false
  readonly #child: ChildProcess

  /** `file`: beside the folder of examples, such as `react/serve.ts`. */
  constructor(runtime: 'bun' | 'node', file: string, words: readonly string[]) {
    this.#child = spawn(`${ROOT}node_modules/.bin/${runtime}`, [`examples/${file}`, ...words], { cwd: ROOT })
    this.exited = new Promise(resolve =>
      this.#child.once('close', code => {
        this.#ended = true
        resolve(code)
      }),
    )
    process.once('exit', () => this.#child.kill('SIGKILL'))
    for (const output of [this.#child.stdout, this.#child.stderr])
      output?.on('data', chunk => {
        this.said += chunk
      })
  }

  /** Waits until it has printed this; the first group of what was found, or all of it. */
  async says(pattern: RegExp, withinMs = 15_000): Promise<string> {
    const heard = () => pattern.exec(this.said)
    await waitFor('words', () => heard() !== null || this.#ended, withinMs).catch(() => {})
    const found = heard()
    if (found === null) throw new Error(`the example did not say ${pattern}, but: ${this.said}`)
    return found[1] ?? found[0]
  }

  /** Its exit code, after it was asked to end. */
  stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.exited
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }
}
