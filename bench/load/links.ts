// The links of the load generator: opens them, counts what comes in, and hands answers to whoever drives them.
// One handler object serves all sockets and a link holds a dozen fields: 18,000 fit in one process, and a round trip
// costs less here than in any server under test.

import type { Socket } from 'bun'
import { type FrameState, LETTER_AT, readFrames } from './frame-reader.ts'
import { PONG, upgradeRequest } from './frames.ts'
import type { Script } from './scripts.ts'

/** One link. `index` numbers it among all links ever opened here and makes its id. */
export interface Link extends FrameState {
  readonly index: number
  readonly script: Script
  readonly opening: Buffer | null
  readonly beat: Buffer
  readonly request: Buffer
  socket: Socket<Link> | null
  upgraded: boolean
  quiet: boolean
  /** Told once when the opening was understood; `null` afterwards. */
  ready: ((error: Error | null) => void) | null
}

export interface OpenOptions {
  readonly host: string
  readonly port: number
  readonly script: Script
  readonly count: number
  /** Links being opened at a time. */
  readonly window: number
  /** The opening is left for `greet`; a link counts as open when it is upgraded. */
  readonly quiet: boolean
}

const HEADERS_END = '\r\n\r\n'
const CONTROL_CLOSE = 0x8
const CONTROL_PING = 0x9

export class Links {
  readonly all: Link[] = []
  /** Data frames that came after a link was identified. */
  received = 0
  /** Links the other side ended. */
  lost = 0
  /** Called on every data frame of an identified link. */
  onData: (link: Link) => void = () => {}
  readonly #onFrame = (link: Link, opcode: number): void => this.#frame(link, opcode)
  readonly #handlers = {
    open: (socket: Socket<Link>) => this.#opened(socket),
    data: (socket: Socket<Link>, chunk: Buffer) => this.#data(socket.data, chunk),
    close: (socket: Socket<Link>) => this.#closed(socket.data),
    error: (socket: Socket<Link>) => this.#closed(socket.data),
    drain: () => {},
  }

  /** Opens `count` links; resolves when every one of them is identified, with the seconds that took. */
  async open(options: OpenOptions): Promise<number> {
    const { count, window, script, quiet } = options
    const request = upgradeRequest(options.host, options.port, script.path, script.protocol)
    const made = Array.from({ length: count }, () => this.#make(script, request, quiet))
    const start = performance.now()
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < count) await this.#connect(made[next++]!, options)
    }
    await Promise.all(Array.from({ length: window }, worker))
    return (performance.now() - start) / 1_000
  }

  /** Says all openings that were left; resolves when every link is identified, with the seconds each of them took. */
  async greet(): Promise<number[]> {
    const start = performance.now()
    const waits = this.all
      .filter(({ quiet }) => quiet)
      .map(link => {
        link.quiet = false
        const identified = new Promise<number>((resolve, reject) => {
          link.ready = error =>
            error === null ? resolve((performance.now() - start) / 1_000) : reject(error)
        })
        if (link.opening !== null) this.write(link, link.opening)
        return identified
      })
    return await Promise.all(waits)
  }

  /** Writes a whole frame; the frames are small, so a partial write means a server that does not read. */
  write(link: Link, frame: Buffer): void {
    const written = link.socket === null ? 0 : link.socket.write(frame)
    if (written !== frame.length) this.lost++
  }

  // Everything it will say is made before the clock starts.
  #make(script: Script, request: Buffer, quiet: boolean): Link {
    const index = this.all.length
    const link: Link = {
      script,
      request,
      index,
      opening: script.opening(index),
      beat: script.beat(index),
      socket: null,
      upgraded: false,
      quiet,
      ready: null,
      missing: 0,
      opcode: 0,
      first: 0,
      letter: 0,
      length: 0,
      rest: null,
    }
    this.all.push(link)
    return link
  }

  #connect(link: Link, { host, port }: OpenOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      link.ready = error => (error === null ? resolve() : reject(error))
      Bun.connect({ hostname: host, port, data: link, socket: this.#handlers }).catch(reject)
    })
  }

  #opened(socket: Socket<Link>): void {
    socket.data.socket = socket
    socket.setNoDelay(true)
    socket.write(socket.data.request)
  }

  // One complete short text frame is what nearly always comes; everything else takes the long way.
  #data(link: Link, chunk: Buffer): void {
    if (!link.upgraded) this.#upgrade(link, chunk)
    else if (link.missing === 0 && link.rest === null && isOneShortText(chunk)) {
      link.length = chunk.length - 2
      link.first = chunk[2] ?? 0
      link.letter = chunk[2 + LETTER_AT] ?? 0
      this.#frame(link, 0x1)
    } else readFrames(link, chunk, this.#onFrame)
  }

  #upgrade(link: Link, chunk: Buffer): void {
    const bytes = link.rest === null ? chunk : Buffer.concat([link.rest, chunk])
    const end = bytes.indexOf(HEADERS_END)
    if (end === -1) {
      link.rest = Buffer.from(bytes)
      return
    }
    link.rest = null
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'))
    if (!status.startsWith('HTTP/1.1 101')) return link.ready?.(new Error(`upgrade refused: ${status}`))
    link.upgraded = true
    if (link.quiet) this.#settle(link)
    else if (link.opening !== null) this.write(link, link.opening)
    readFrames(link, bytes.subarray(end + HEADERS_END.length), this.#onFrame)
  }

  #frame(link: Link, opcode: number): void {
    if (opcode === CONTROL_PING) return this.write(link, PONG)
    if (opcode === CONTROL_CLOSE) return
    if (link.script.answers !== undefined) {
      const answer = link.script.answers(link.first)
      if (answer !== null) return this.write(link, answer)
    }
    if (link.ready !== null) {
      if (link.script.identifies(opcode, link.first, link.letter)) this.#settle(link)
    } else if (opcode < CONTROL_CLOSE) {
      this.received++
      this.onData(link)
    }
  }

  #settle(link: Link): void {
    const { ready } = link
    link.ready = null
    ready?.(null)
  }

  #closed(link: Link): void {
    if (link.socket === null) return
    link.socket = null
    this.lost++
    link.ready?.(new Error(`link ${link.index} was cut before it was identified`))
  }
}

function isOneShortText(chunk: Buffer): boolean {
  return chunk[0] === 0x81 && chunk.length < 128 && chunk[1] === chunk.length - 2
}
