// Members that come and go over `POST /v1/beats`, a hundred a request, at a steady rate; each connection has one request
// under way at a time. What comes back is read no further than it takes to know that it is a good answer, and whole.

import type { Socket } from 'bun'

const HOST = '127.0.0.1'
const BATCH = 100
const GROUPS = 200
const CONNECTIONS = 16
const OK = 'HTTP/1.1 200'
const LENGTH = /content-length: (\d+)\r\n/i

interface Line {
  /** Bytes of the answer still to come; -1: its head is. */
  left: number
  busy: boolean
}

export class Comings {
  /** Transitions that were made. */
  made = 0
  lost = 0
  readonly #lines: Socket<Line>[] = []
  readonly #requests: (readonly [Buffer, Buffer])[]
  #turn = 0
  #line = 0

  constructor() {
    this.#requests = Array.from({ length: GROUPS }, (_, group) => [
      requestOf(group, ''),
      requestOf(group, ',"bye":true'),
    ])
  }

  async open(port: number): Promise<void> {
    for (let i = 0; i < CONNECTIONS; i++) {
      const data: Line = { left: -1, busy: false }
      const socket = {
        data: (from: Socket<Line>, chunk: Buffer) => this.#heard(from, chunk),
        close: (from: Socket<Line>) => void (from.data.busy && this.lost++),
      }
      this.#lines.push(await Bun.connect({ hostname: HOST, port, data, socket }))
    }
  }

  /** So many a second, as far as the server keeps up; what it could not take is not made good. */
  async run(rate: number, seconds: number): Promise<void> {
    const from = performance.now()
    let sent = 0
    for (let now = from; now < from + seconds * 1_000; now = performance.now()) {
      const due = Math.floor(((now - from) / 1_000) * (rate / BATCH))
      sent = Math.max(sent, due - CONNECTIONS)
      for (let i = 0; i < CONNECTIONS && sent < due; i++) {
        // by turns: one that was idle for long would be closed
        const line = this.#lines[this.#line++ % CONNECTIONS]!
        if (line.data.busy) continue
        this.#post(line)
        sent++
      }
      await Bun.sleep(1)
    }
    while (this.#lines.some(({ data }) => data.busy)) await Bun.sleep(1)
  }

  #post(line: Socket<Line>): void {
    const turn = this.#turn++
    const [come, go] = this.#requests[turn % GROUPS]!
    line.data.busy = true
    line.write(Math.floor(turn / GROUPS) % 2 === 0 ? come : go)
  }

  #heard(from: Socket<Line>, chunk: Buffer): void {
    const line = from.data
    if (line.left < 0) {
      const end = chunk.indexOf('\r\n\r\n') + 4
      const head = chunk.toString('latin1', 0, end)
      const length = LENGTH.exec(head)
      if (!head.startsWith(OK) || length === null) {
        this.lost++
        from.terminate()
        return
      }
      line.left = Number(length[1]) + end
    }
    line.left -= chunk.length
    if (line.left > 0) return
    line.left = -1
    line.busy = false
    this.made += BATCH
  }
}

function requestOf(group: number, more: string): Buffer {
  const beats = Array.from({ length: BATCH }, (_, i) => `{"id":"job-${group * BATCH + i}"${more}}`)
  const body = `{"beats":[${beats.join(',')}]}`
  return Buffer.from(
    `POST /v1/beats HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  )
}
