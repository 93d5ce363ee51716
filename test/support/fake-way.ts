// A way to the server whose far end is the test: what is sent is recorded, what comes is told by the test or by a server
// model. It holds the client to the contract: nothing is sent or closed twice, and it counts what stays open.

import type { ClientTransport, Line, LineEvents } from '../../src/client/host.ts'
import type { ServerMessage } from '../../src/protocol/messages.ts'

/** A frame of the client. */
export interface Sent {
  readonly t: string
  readonly [key: string]: unknown
}

/** Who answers on the far end, where not the test itself. */
export interface FarEnd {
  /** A connection is being opened. */
  dialed(line: FakeLine): void
  heard(line: FakeLine, frame: Sent): void
}

export class FakeLine implements Line {
  readonly url: string
  readonly sent: Sent[] = []
  /** What the client closed it with; `null`: it did not. */
  closedWith: number | null = null
  left = false
  isOpen = false
  #over = false
  readonly #told: LineEvents
  readonly #far: FarEnd | null

  constructor(url: string, told: LineEvents, far: FarEnd | null) {
    this.url = url
    this.#told = told
    this.#far = far
  }

  /** Neither side has let go of it. */
  get lives(): boolean {
    return !this.#over && this.closedWith === null
  }

  get hello(): Sent | undefined {
    return this.of('hello')[0]
  }

  /** Frames of one type. */
  of(t: string): readonly Sent[] {
    return this.sent.filter(frame => frame.t === t)
  }

  opened(protocol = 'systole.v1'): void {
    if (this.#over) return
    this.isOpen = true
    this.#told.opened(protocol)
  }

  /** The server says something; a text goes as it is. Also late, after the client let go: engines differ. */
  says(frame: ServerMessage | Record<string, unknown> | string): void {
    if (!this.#over) this.#told.text(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** It ends from the far side, or breaks, or could not be opened. */
  cut(code = 1006, reason = ''): void {
    if (this.#over) return
    this.#over = true
    this.isOpen = false
    this.#told.closed(code, reason)
  }

  send(text: string): void {
    if (!this.isOpen || !this.lives) return
    const frame = JSON.parse(text) as Sent
    this.sent.push(frame)
    this.#far?.heard(this, frame)
  }

  close(code: number): void {
    if (code !== 1000 && !(code >= 4000 && code < 5000)) throw new RangeError(`closed with ${code}`)
    this.closedWith ??= code
  }

  leaving(): void {
    this.left = true
  }
}

export class FakeWay implements ClientTransport {
  readonly name: string
  readonly pings: boolean
  readonly lines: FakeLine[] = []
  /** Connections there ever were; `lines` may be emptied. */
  dials = 0
  /** Thrown by `connect`. */
  fault: Error | null = null
  /** Most connections that lived at once. */
  mostLiving = 0
  far: FarEnd | null

  constructor(far: FarEnd | null = null, name = 'fake', pings = true) {
    this.far = far
    this.name = name
    this.pings = pings
  }

  /** The latest. */
  get line(): FakeLine {
    const line = this.lines.at(-1)
    if (line === undefined) throw new Error('nothing was dialed')
    return line
  }

  get living(): number {
    return this.lines.filter(({ lives }) => lives).length
  }

  connect(url: string, told: LineEvents): Line {
    this.dials++
    if (this.fault !== null) throw this.fault
    const line = new FakeLine(url, told, this.far)
    this.lines.push(line)
    this.mostLiving = Math.max(this.mostLiving, this.living)
    this.far?.dialed(line)
    return line
  }
}
