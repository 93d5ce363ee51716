// What may stand between a page and its server: passes HTTP on, streams as they come, and keeps WebSockets out in one of
// the ways that real ones do. As a portal it answers everything itself with a page of its own.

import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** An upgrade is answered with this status, or its connection is destroyed. */
export type Refusal = number | 'destroyed'

const PORTAL = '<!doctype html><title>Welcome</title><h1>Please accept our terms</h1>'

export class BlockingProxy {
  port = 0
  upgrades = 0
  requests = 0
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
  }

  static async start(target: number, refusal: Refusal): Promise<BlockingProxy> {
    const server = createServer((asked, answer) => {
      proxy.requests++
      pass(target, asked, answer)
    })
    const proxy = new BlockingProxy(server)
    server.on('upgrade', (_, socket: Socket) => {
      proxy.upgrades++
      if (refusal === 'destroyed') socket.destroy()
      else socket.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
    })
    return proxy.#listen(0)
  }

  /** Answers everything, upgrades too, with 200 and HTML. */
  static portal(port = 0): Promise<BlockingProxy> {
    const server = createServer((_, answer) => {
      proxy.requests++
      answer.writeHead(200, { 'content-type': 'text/html', 'access-control-allow-origin': '*' }).end(PORTAL)
    })
    const proxy = new BlockingProxy(server)
    return proxy.#listen(port)
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }

  async #listen(port: number): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(port, '127.0.0.1', resolve))
    this.port = (this.#server.address() as AddressInfo).port
    return this
  }
}

function pass(target: number, asked: IncomingMessage, answer: ServerResponse): void {
  const { method, url: path, headers } = asked
  const onward = request({ host: '127.0.0.1', port: target, method, path, headers })
  onward.on('response', got => {
    answer.writeHead(got.statusCode ?? 502, got.headers)
    got.pipe(answer)
  })
  onward.on('error', () => answer.destroy())
  answer.on('close', () => onward.destroy())
  asked.pipe(onward)
}
