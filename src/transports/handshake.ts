// Checks an upgrade request (RFC 6455 §4.2.1) before its owner is asked, the same way on every runtime, and answers
// what cannot be a WebSocket. It chooses nothing by itself: least of all a subprotocol.
import type { UpgradeAnswer, UpgradeRequest } from './transport.ts'

/** Header by lower-case name, `null` when absent. */
export type HeaderOf = (name: string) => string | null

export type Offer =
  | { readonly ok: true; readonly protocols: readonly string[] }
  | { readonly ok: false; readonly status: number; readonly body: string }

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const KEY = /^[+/0-9A-Za-z]{22}==$/

export function isUpgrade(header: HeaderOf): boolean {
  return header('upgrade')?.toLowerCase() === 'websocket'
}

export function readOffer(method: string, header: HeaderOf): Offer {
  if (method !== 'GET') return { ok: false, status: 405, body: 'a WebSocket begins with GET' }
  if (header('sec-websocket-version') !== '13') {
    return { ok: false, status: 426, body: 'only WebSocket version 13 is spoken here' }
  }
  if (!KEY.test(header('sec-websocket-key') ?? '')) {
    return { ok: false, status: 400, body: 'missing or invalid Sec-WebSocket-Key' }
  }
  return readProtocols(header('sec-websocket-protocol'))
}

/** The protocol to name in the answer: what the owner chose if the client offered it, else none. */
export function chosenProtocol(answer: UpgradeAnswer<unknown>, offered: readonly string[]): string {
  const chosen = answer.accept ? answer.protocol : undefined
  return chosen !== undefined && offered.includes(chosen) ? chosen : ''
}

/** Reads of a request only what is asked for: most owners look at two headers. */
export class AskedBy implements UpgradeRequest {
  readonly address: string
  readonly protocols: readonly string[]
  readonly #request: Request

  constructor(request: Request, address: string, protocols: readonly string[]) {
    this.#request = request
    this.address = address
    this.protocols = protocols
  }

  get url(): string {
    const { url } = this.#request
    return url.slice(url.indexOf('/', url.indexOf('://') + 3))
  }

  header(name: string): string | null {
    return this.#request.headers.get(name)
  }
}

let lastAddress = ''

/** `::ffff:10.0.0.1` is the IPv4 address it maps. Links that come one after another from one address share its text. */
export function plainAddress(address: string | undefined): string {
  const plain = address?.startsWith('::ffff:') ? address.slice(7) : (address ?? '')
  if (plain !== lastAddress) lastAddress = plain
  return lastAddress
}

function readProtocols(value: string | null): Offer {
  if (value === null) return { ok: true, protocols: [] }
  const protocols = value.split(',').map(name => name.trim())
  if (new Set(protocols).size === protocols.length && protocols.every(name => TOKEN.test(name))) {
    return { ok: true, protocols }
  }
  return { ok: false, status: 400, body: 'invalid Sec-WebSocket-Protocol' }
}
