// Many connections at once over the platform's own WebSocket: opens them in slices, lets them beat, and remembers how
// each ended. Only the server's answers are judged elsewhere.

export interface LoadOptions {
  readonly url: string
  readonly count: number
  /** Sent when a link is open. */
  readonly hello: (index: number) => string
  /** Sent every `everyMs`. @default hello */
  readonly beat?: (index: number) => string
  readonly everyMs?: number
}

const SLICE = 200
const STEP = 20

export class Load {
  readonly links: WebSocket[] = []
  /** Close codes and how often each came. */
  readonly codes = new Map<number, number>()
  readonly #options: LoadOptions
  #timer: ReturnType<typeof setInterval> | null = null
  #next = 0

  constructor(options: LoadOptions) {
    this.#options = options
  }

  get closed(): number {
    return [...this.codes.values()].reduce((sum, n) => sum + n, 0)
  }

  async open(): Promise<this> {
    const { count, everyMs } = this.#options
    for (let from = 0; from < count; from += SLICE) {
      const slice = Array.from({ length: Math.min(SLICE, count - from) }, (_, i) => this.#open(from + i))
      await Promise.all(slice)
    }
    if (everyMs !== undefined) this.#timer = setInterval(() => this.#beat(), STEP)
    return this
  }

  /** Every link at its own time, so that the beats are spread. */
  #beat(): void {
    const { count, everyMs = 1_000, hello, beat = hello } = this.#options
    const due = Math.ceil((count * STEP) / everyMs)
    for (let i = 0; i < due; i++) {
      const index = this.#next++ % count
      const link = this.links[index]
      if (link?.readyState === WebSocket.OPEN) link.send(beat(index))
    }
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    for (const link of this.links) link.close()
  }

  #open(index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const link = new WebSocket(this.#options.url)
      this.links[index] = link
      link.onopen = () => {
        link.send(this.#options.hello(index))
        resolve()
      }
      link.onerror = () => reject(new Error(`link ${index} could not be opened`))
      link.onclose = ({ code }) => this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
    })
  }
}

/** The frames of the published dialects as their pages send them. */
export const frames = {
  set: (id: string, name = id) =>
    JSON.stringify({ type: 'SetHeartbeat', user_id: id, user_name: name, timestamp: 1_700_000_000 }),
  get: '{"type":"GetHeartbeat","user":"admin"}',
  open: (id: string, more: object = {}) => JSON.stringify({ action: 'open', id, ...more }),
}
