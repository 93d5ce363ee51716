// What the parts of the transport contract share: one server process per runtime and fresh tags, so that tests which
// run on the same server never meet each other's links.
import { connect, type RawOptions, type RawSocket } from '../support/raw-socket.ts'
import type { ServerProcess } from '../support/transport-process.ts'

let tags = 0

export class Stage {
  server!: ServerProcess

  tag(): string {
    return `t${++tags}`
  }

  /** A link with a tag of its own; `query` says how the server treats it. */
  async link(query = '', options: RawOptions = {}): Promise<{ raw: RawSocket; tag: string }> {
    const tag = this.tag()
    const raw = await connect(this.server.port, { ...options, path: `/ws?tag=${tag}&${query}` })
    return { raw, tag }
  }

  async how(tag: string, withinMs?: number) {
    const { how } = await this.server.event('closed', tag, withinMs)
    return how
  }
}
