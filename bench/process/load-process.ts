// The load generator seen from the bench: commands out, answers in, one at a time.

import type { Subprocess } from 'bun'
import type { AsksOptions, AsksResult } from '../load/asks.ts'
import type { ChangesResult } from '../load/changes.ts'
import type { LoadAnswer, LoadCommand, LoadCounts } from '../load/commands.ts'
import type { GetsOptions, GetsResult } from '../load/gets.ts'
import type { ListsResult } from '../load/lists.ts'
import type { PostsOptions } from '../load/posts.ts'
import type { ProbeResult } from '../load/probe.ts'
import type { ScriptName } from '../load/scripts.ts'
import type { StreamsResult } from '../load/streams.ts'
import { LOAD_CORE, onCore } from './cores.ts'

const MAIN = new URL('../load/main.ts', import.meta.url).pathname

type Answer = Extract<LoadAnswer, { ok: true }>

export class LoadProcess implements AsyncDisposable {
  readonly #port: number
  readonly #process: Subprocess<'pipe', 'pipe', 'inherit'>
  readonly #answers: ReadableStreamDefaultReader<Uint8Array>
  #buffer = ''

  /** A load process for the server on `port`; it opens nothing by itself. */
  constructor(port: number) {
    this.#port = port
    this.#process = Bun.spawn(onCore(LOAD_CORE, [process.execPath, MAIN]), {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    this.#answers = this.#process.stdout.getReader()
  }

  /** Opens links and returns how many seconds it took until all were identified. */
  async open(script: ScriptName, count: number): Promise<number> {
    return (await this.#ask({ do: 'open', port: this.#port, script, count, quiet: false })).opened!
  }

  /** Opens links that say nothing yet. */
  async openQuietly(script: ScriptName, count: number): Promise<void> {
    await this.#ask({ do: 'open', port: this.#port, script, count, quiet: true })
  }

  /** Lets them all say their opening at once; seconds until each was identified. */
  async greet(): Promise<readonly number[]> {
    return (await this.#ask({ do: 'greet' })).greeted!
  }

  async driveClosed(): Promise<void> {
    await this.#ask({ do: 'drive-closed' })
  }

  async driveOpen(rate: number): Promise<void> {
    await this.#ask({ do: 'drive-open', rate })
  }

  async halt(): Promise<void> {
    await this.#ask({ do: 'halt' })
  }

  async count(): Promise<LoadCounts> {
    return (await this.#ask({ do: 'count' })).counts
  }

  async awaitReceived(received: number): Promise<void> {
    await this.#ask({ do: 'await-received', received })
  }

  async probe(seconds: number): Promise<ProbeResult> {
    return (await this.#ask({ do: 'probe', seconds })).probe!
  }

  async changes(count: number, times: number, spacing: number): Promise<ChangesResult> {
    return (await this.#ask({ do: 'changes', count, times, spacing })).changes!
  }

  async gets(options: Omit<GetsOptions, 'port'>): Promise<GetsResult> {
    return (await this.#ask({ do: 'gets', port: this.#port, ...options })).gets!
  }

  async asks(options: Omit<AsksOptions, 'port'>): Promise<AsksResult> {
    return (await this.#ask({ do: 'asks', port: this.#port, ...options })).asks!
  }

  async openLists(watchers: number): Promise<void> {
    await this.#ask({ do: 'lists-open', port: this.#port, watchers })
  }

  async runLists(rate: number, seconds: number): Promise<ListsResult> {
    return (await this.#ask({ do: 'lists-run', rate, seconds })).lists!
  }

  async openPosts(options: PostsOptions): Promise<void> {
    await this.#ask({ do: 'posts-open', port: this.#port, ...options })
  }

  async drivePosts(): Promise<void> {
    await this.#ask({ do: 'posts-drive' })
  }

  async haltPosts(): Promise<void> {
    await this.#ask({ do: 'posts-halt' })
  }

  async openStreams(count: number): Promise<void> {
    await this.#ask({ do: 'streams-open', port: this.#port, count })
  }

  async runStreams(rate: number, seconds: number): Promise<StreamsResult> {
    return (await this.#ask({ do: 'streams-run', rate, seconds })).streams!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#process.exited
  }

  async #ask(command: LoadCommand): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`)
    this.#process.stdin.flush()
    const answer = JSON.parse(await this.#line()) as LoadAnswer
    if (!answer.ok) throw new Error(`load could not ${command.do}: ${answer.error}`)
    return answer
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\n')
      if (end !== -1) {
        const line = this.#buffer.slice(0, end)
        this.#buffer = this.#buffer.slice(end + 1)
        return line
      }
      const { done, value } = await this.#answers.read()
      if (done) throw new Error('the load generator ended by itself')
      this.#buffer += new TextDecoder().decode(value)
    }
  }
}
