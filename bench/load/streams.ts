// Members that came without WebSocket: each holds an event stream and one connection more for what it sends up, as a
// browser does. Beats go up one by one, at a steady rate over all of them.

import type { Socket } from 'bun'
import { hello } from './native-texts.ts'

export interface StreamsResult {
  readonly sent: number
  /** Answers to beats that came down the streams. */
  readonly answered: number
  /** Beats that had to be left out because the request before was not answered yet. */
  readonly late: number
}

interface Line {
  readonly index: number
  up: Socket<Line> | null
  down: Socket<Line> | null
  stream: string
  /** The end of what came down, as far as no answer was found in it. */
  rest: string
  busy: boolean
  ready: () => void
  failed: (error: Error) => void
}

const HOST = '127.0.0.1'
const BEAT = '{"t":"beat"}'
const ANSWER = 'data: {"t":"beat"'
/** Time for the last answers to come, in ms. */
const QUIET = 5_000

export class Streams {
  readonly #lines: Line[] = []
  #answered = 0

  /** Resolves when every one is welcomed. */
  async open(port: number, count: number): Promise<void> {
    for (let index = 0; index < count; index++) await this.#open(port, index)
  }

  async run(rate: number, seconds: number): Promise<StreamsResult> {
    const start = performance.now()
    const before = this.#answered
    let [sent, late, done] = [0, 0, 0]
    while (performance.now() < start + seconds * 1_000) {
      const due = Math.floor(((performance.now() - start) * rate) / 1_000)
      for (; done < due; done++) {
        if (this.#post(this.#lines[done % this.#lines.length]!, BEAT)) sent++
        else late++
      }
      await new Promise(setImmediate)
    }
    const until = performance.now() + QUIET
    while (this.#answered < before + sent && performance.now() < until) await Bun.sleep(5)
    return { sent, late, answered: this.#answered - before }
  }

  async #open(port: number, index: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const line: Line = {
      index,
      up: null,
      down: null,
      stream: '',
      rest: '',
      busy: false,
      ready: resolve,
      failed: reject,
    }
    const lost = () => reject(new Error('a connection of an event stream ended'))
    const address = { hostname: HOST, port, data: line }
    line.up = await Bun.connect({
      ...address,
      socket: { data: ({ data }, chunk) => this.#replied(data, chunk), close: lost },
    })
    line.down = await Bun.connect({
      ...address,
      socket: { data: ({ data }, chunk) => this.#heard(data, chunk), close: lost },
    })
    line.down.write(`GET /?transport=sse HTTP/1.1\r\nHost: ${HOST}\r\nAccept: text/event-stream\r\n\r\n`)
    await promise
    this.#lines.push(line)
  }

  #post(line: Line, text: string): boolean {
    if (line.busy) return false
    line.busy = true
    const head = `POST /?transport=sse&stream=${line.stream} HTTP/1.1\r\nHost: ${HOST}\r\n`
    const length = Buffer.byteLength(text)
    line.up!.write(
      `${head}Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ${length}\r\n\r\n${text}`,
    )
    return true
  }

  #replied(line: Line, chunk: Buffer): void {
    line.busy = false
    if (!chunk.toString('latin1').startsWith('HTTP/1.1 204'))
      line.failed(new Error(`a request was answered ${chunk.toString('latin1', 0, 40)}`))
  }

  #heard(line: Line, chunk: Buffer): void {
    const text = line.rest + chunk.toString('latin1')
    if (line.stream === '') {
      line.rest = text
      line.stream = /"stream":"([^"]+)"/.exec(text)?.[1] ?? ''
      if (line.stream === '') return
      this.#post(line, hello(line.index))
    }
    if (text.includes('"t":"welcome"')) line.ready()
    let at = text.indexOf(ANSWER)
    let end = 0
    for (; at >= 0; at = text.indexOf(ANSWER, end)) {
      this.#answered++
      end = at + ANSWER.length
    }
    line.rest = text.slice(Math.max(end, text.length - ANSWER.length))
  }
}
