// What stands between a client and its server, as a balancer or a router does: takes connections while the server is away,
// and passes them on when it is back. A connection that the server ends is ended; of one that was forgotten nobody hears.

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const RETRY = 50

/** One connection on its way through. */
interface Passage {
  readonly near: Socket
  far: Socket | null
  forgotten: boolean
}

export class Relay {
  readonly port: number
  readonly #server: Server
  readonly #passages: Set<Passage>

  constructor(server: Server, passages: Set<Passage>) {
    this.#server = server
    this.#passages = passages
    this.port = (server.address() as AddressInfo).port
  }

  static async start(target: number): Promise<Relay> {
    const passages = new Set<Passage>()
    const server = createServer(near => {
      const passage: Passage = { near, far: null, forgotten: false }
      passages.add(passage)
      near.on('error', () => {})
      near.once('close', () => {
        passages.delete(passage)
        if (!passage.forgotten) passage.far?.destroy()
      })
      join(passage, target)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new Relay(server, passages)
  }

  /** Nothing passes any more on what is open now, and neither side is told. */
  forget(): void {
    for (const passage of this.#passages) {
      passage.forgotten = true
      passage.near.unpipe().resume()
      passage.far?.unpipe().resume()
    }
  }

  stop(): void {
    this.#server.close()
    for (const { near, far } of this.#passages) {
      near.destroy()
      far?.destroy()
    }
  }
}

function join(passage: Passage, target: number): void {
  const { near } = passage
  const far = connect(target, '127.0.0.1')
  let joined = false
  passage.far = far
  far.once('connect', () => {
    joined = true
    near.pipe(far, { end: false }).pipe(near, { end: false })
  })
  far.on('error', () => {})
  far.once('close', () => {
    if (passage.forgotten) return
    if (joined) near.destroySoon()
    else if (!near.destroyed) setTimeout(() => join(passage, target), RETRY)
  })
}
