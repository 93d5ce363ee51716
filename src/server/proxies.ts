// Says whose a connection really is that came through a proxy: the last address in X-Forwarded-For that no trusted proxy
// has. A header from anybody else is not looked at, and `Forwarded` never is: one header, one meaning.

import { BlockList, isIP } from 'node:net'
import type { Asked } from '../transports/transport.ts'
import { isLoopback } from './guard.ts'

/** Proxies whose word is taken. */
export class Proxies {
  /** `null`: there are none. */
  readonly #trusted: BlockList | null

  /** `networks`: addresses and networks such as `10.0.0.0/8`. */
  constructor(networks: readonly string[]) {
    this.#trusted = networks.length === 0 ? null : new BlockList()
    for (const network of networks) {
      const [address = '', bits] = network.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (bits === undefined) this.#trusted?.addAddress(address, family)
      else this.#trusted?.addSubnet(address, Number(bits), family)
    }
  }

  trusts(address: string): boolean {
    const family = this.#trusted === null ? 0 : isIP(address)
    return family !== 0 && this.#trusted!.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  /**
   * Whether an address is of this machine. That of a trusted proxy is not: it stands for the whole world. What `clientOf`
   * takes out of a header never is.
   */
  isLocal(address: string): boolean {
    return isLoopback(address) && !this.trusts(address)
  }

  /** The client's address, of a request that came from `address`. */
  clientOf(address: string, request: Pick<Asked, 'header'>): string {
    if (this.#trusted === null || !this.trusts(address)) return address
    const forwarded = request.header('x-forwarded-for')
    return forwarded === null ? address : this.#walk(address, forwarded)
  }

  // Nobody is of this machine by the word of another: loopback there is that of some proxy, and stands for the whole world.
  // Each proxy adds at the end where it was asked from: so from there on back, as long as one is believed.
  #walk(address: string, forwarded: string): string {
    let client = address
    for (let end = forwarded.length; end >= 0; ) {
      const comma = end === 0 ? -1 : forwarded.lastIndexOf(',', end - 1)
      const next = readAddress(forwarded.slice(comma + 1, end))
      if (next === null) return client
      if (!this.trusts(next)) return isLoopback(next) ? client : next
      client = next
      end = comma
    }
    return client
  }
}

/** `203.0.113.7`, `203.0.113.7:5000`, `2001:db8::1`, `[2001:db8::1]:5000`; `null`: it is no address. */
function readAddress(text: string): string | null {
  const [, bracketed, dotted] = /^\s*(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)\s*$/.exec(text) ?? []
  const plain = (bracketed ?? dotted ?? text).trim().toLowerCase()
  if (isIP(plain) === 0 || plain.includes('%')) return null
  const address = /^::ffff:(\d+(?:\.\d+){3})$/.exec(plain)?.[1] ?? plain
  // what is cut out of a header would keep all of it in memory for as long as the connection lives
  return Buffer.from(address, 'latin1').toString('latin1')
}
