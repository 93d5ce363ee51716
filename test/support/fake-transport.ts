// A transport with no sockets: it listens nowhere, and connects whom the test tells it to.

import type { Connection } from '../../src/server/connection.ts'
import { chosenProtocol } from '../../src/transports/handshake.ts'
import type { Handlers, Listener, ListenOptions, Transport } from '../../src/transports/transport.ts'
import { FakeLink } from './fake-link.ts'

export class FakeTransport implements Transport {
  readonly name = 'bun'
  /** What happened to the listeners, in order. */
  readonly log: string[] = []
  readonly handlers: Handlers<Connection>[] = []
  /** Whoever was connected, by listener. */
  readonly #links: FakeLink[][] = []
  /** The port that is taken. */
  taken = -1

  async listen<T>(options: ListenOptions, handlers: Handlers<T>): Promise<Listener> {
    const { host, port } = options
    if (port === this.taken) throw new Error(`port ${port} is taken`)
    this.log.push(`listen ${port}`)
    this.handlers.push(handlers as unknown as Handlers<Connection>)
    const links: FakeLink[] = []
    this.#links.push(links)
    return {
      host,
      port,
      links: 0,
      slowCuts: 0,
      publish: (topic, text) => {
        for (const link of links) if (link.topics.has(topic)) link.send(text)
      },
      reloadTls: ({ cert }) => void this.log.push(`reload ${port} ${cert}`),
      stopAccepting: () => void this.log.push(`close ${port}`),
      stop: async () => void this.log.push(`stop ${port}`),
    }
  }

  /** A connection to the listener that was opened as the `nth`, offering these subprotocols. */
  connect(nth = 0, { protocols = [] }: { readonly protocols?: readonly string[] } = {}): FakeLink {
    const handlers = this.handlers[nth]!
    const address = '127.0.0.1'
    const answer = handlers.upgrade({
      url: '/',
      header: header => host[header] ?? null,
      address,
      protocols,
    })
    if (!answer.accept) throw new Error(answer.body)
    const link = new FakeLink(handlers, answer.data, address, chosenProtocol(answer, protocols))
    this.#links[nth]!.push(link)
    handlers.open(link)
    return link
  }
}

const host: Record<string, string> = { host: 'localhost' }
