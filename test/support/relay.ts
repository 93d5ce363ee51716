// What stands before a server that is restarted, as a balancer does: takes connections while the server is away, and passes
// them on when it is back. A connection that the server ends is ended.

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

const RETRY = 50

export class Relay {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>

  constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  static async start(target: number): Promise<Relay> {
    const sockets = new Set<Socket>()
    const server = createServer(near => {
      sockets.add(near)
      near.on('error', () => {})
      near.once('close', () => sockets.delete(near))
      join(near, target)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new Relay(server, sockets)
  }

  stop(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

function join(near: Socket, target: number): void {
  const far = connect(target, '127.0.0.1')
  let joined = false
  far.once('connect', () => {
    joined = true
    near.pipe(far).pipe(near)
  })
  far.on('error', () => {})
  far.once('close', () => {
    if (joined) near.destroySoon()
    else if (!near.destroyed) setTimeout(() => join(near, target), RETRY)
  })
  near.once('close', () => far.destroy())
}
