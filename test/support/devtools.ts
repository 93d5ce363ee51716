// The DevTools protocol, raw: commands and their answers over one WebSocket. Playwright is not used where its own
// emulation would change what is tested.

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

export class Devtools {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  #last = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#answered(JSON.parse(String(data))))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser is gone'))
    })
  }

  static async connect(url: string): Promise<Devtools> {
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error(`no DevTools at ${url}`)))
    })
    return new Devtools(socket)
  }

  /** `session`: that of a page; without it the browser itself is asked. */
  ask<T>(method: string, params: object = {}, session?: string): Promise<T> {
    const id = ++this.#last
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: result => resolve(result as T), reject })
      this.#socket.send(JSON.stringify({ id, method, params, ...(session && { sessionId: session }) }))
    })
  }

  close(): void {
    this.#socket.close()
  }

  #answered({ id, result, error }: Answer): void {
    if (id === undefined) return
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error.message))
  }
}
