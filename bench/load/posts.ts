// Beats by HTTP as fast as they are answered: connections that are kept, one request at a time on each, with one beat or a
// list of them. An answer is read no further than it takes to know that it is a good one, and whole.

import type { Socket } from 'bun'

export interface PostsOptions {
  readonly connections: number
  /** Jobs that beat in turn. */
  readonly jobs: number
  /** Beats a request; 1: alone. */
  readonly batch: number
  /** `null`: none is shown. */
  readonly key: string | null
}

interface Line {
  /** Bytes of the answer still to come; -1: its head is. */
  left: number
}

const HOST = '127.0.0.1'
const OK = 'HTTP/1.1 200'
const LENGTH = /content-length: (\d+)\r\n/i

export class Posts {
  /** Beats. */
  answered = 0
  lost = 0
  #requests: Buffer[] = []
  #next = 0
  #batch = 1
  #driven = false
  #lines = 0
  readonly #idle: Socket<Line>[] = []

  async open(port: number, { connections, jobs, batch, key }: PostsOptions): Promise<void> {
    this.#batch = batch
    this.#requests = requestsOf(jobs, batch, key)
    const lost = () => void this.lost++
    for (let i = 0; i < connections; i++) {
      const line: Line = { left: -1 }
      const socket = { data: (to: Socket<Line>, chunk: Buffer) => this.#heard(to, chunk), close: lost }
      this.#idle.push(await Bun.connect({ hostname: HOST, port, data: line, socket }))
    }
    this.#lines = connections
  }

  drive(): void {
    this.#driven = true
    for (const line of this.#idle.splice(0)) this.#post(line)
  }

  /** Resolves when the last answer has come. */
  async halt(): Promise<void> {
    this.#driven = false
    while (this.#idle.length + this.lost < this.#lines) await Bun.sleep(1)
  }

  #post(to: Socket<Line>): void {
    to.write(this.#requests[this.#next]!)
    this.#next = (this.#next + 1) % this.#requests.length
  }

  #heard(from: Socket<Line>, chunk: Buffer): void {
    const line = from.data
    if (line.left < 0) {
      const end = chunk.indexOf('\r\n\r\n') + 4
      const head = chunk.toString('latin1', 0, end)
      const length = LENGTH.exec(head)
      if (!head.startsWith(OK) || length === null) {
        // counted when it is closed
        from.terminate()
        return
      }
      line.left = Number(length[1]) + end
    }
    line.left -= chunk.length
    if (line.left > 0) return
    line.left = -1
    this.answered += this.#batch
    if (this.#driven) this.#post(from)
    else this.#idle.push(from)
  }
}

function requestsOf(jobs: number, batch: number, key: string | null): Buffer[] {
  const beats = Array.from({ length: jobs }, (_, i) => `{"id":"job-${i}","period":600000,"grace":30000}`)
  const bodies: string[] = []
  for (let i = 0; i < jobs; i += batch)
    bodies.push(batch === 1 ? beats[i]! : `{"beats":[${beats.slice(i, i + batch).join(',')}]}`)
  const authorization = key === null ? '' : `Authorization: Bearer ${key}\r\n`
  return bodies.map(body =>
    Buffer.from(
      `POST /v1/beats HTTP/1.1\r\nHost: ${HOST}\r\n${authorization}Content-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    ),
  )
}
