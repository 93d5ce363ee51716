// Somebody's backend, over a real socket: takes webhooks, checks their signatures, keeps what came, and behaves as badly as
// a test wants. It can be gone for a while and come back on its port.

import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface LoggedEvent {
  readonly id: string
  readonly kind: string
  readonly member: string
  readonly version: number
  readonly state: string
}

/** How it answers. */
export type Manner =
  | 'ok'
  | 'slow'
  | 'refuse'
  | 'gone'
  | 'redirect'
  | 'drip'
  | 'huge'
  | 'silent'
  | 'switch'
  | 'shut'

/** base64 of 24 bytes. */
export const SECRET = `whsec_${Buffer.from('012345678901234567890123').toString('base64')}`
/** What it then did not take. */
const REFUSES = new Set<Manner>(['refuse', 'gone', 'switch', 'shut'])
const SLOW = 200
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'
const HUGE = 1_000_000_000

export class WebhookReceiver {
  manner: Manner = 'ok'
  /** Where redirects point. */
  elsewhere = ''
  readonly events: LoggedEvent[] = []
  readonly ids: string[] = []
  readonly types: string[] = []
  requests = 0
  unsigned = 0
  under = 0
  mostUnder = 0
  /** Connections that were opened. */
  connections = 0
  /** Bytes of answers that were handed over. */
  answered = 0
  #server: Server | null = null
  #port = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`
  }

  get port(): number {
    return this.#port
  }

  /** Versions it took of each member, in order, each at its first time. */
  get first(): Map<string, number[]> {
    return firstVersions(this.events)
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => this.#take(request, response))
    server.on('connection', () => {
      this.connections++
    })
    this.#server = server
    await new Promise<void>(resolve => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    return this
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    this.requests++
    this.under++
    this.mostUnder = Math.max(this.mostUnder, this.under)
    response.on('close', () => this.under--)
    const chunks: Uint8Array[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      if (!isSigned(request, text)) this.unsigned++
      if (!REFUSES.has(this.manner)) this.#keep(request, text)
      this.#answer(response)
    })
  }

  #keep({ headers }: IncomingMessage, text: string): void {
    const { type, data } = JSON.parse(text)
    this.ids.push(String(headers['webhook-id']))
    this.types.push(type)
    this.events.push(...(data.events ?? []))
  }

  #answer(response: ServerResponse): void {
    const { manner } = this
    if (manner === 'ok') response.writeHead(204).end()
    else if (manner === 'slow') setTimeout(() => response.writeHead(200).end('thanks'), SLOW)
    else if (manner === 'refuse') response.writeHead(500).end('no')
    else if (manner === 'gone') response.writeHead(410).end()
    else if (manner === 'redirect') response.writeHead(307, { location: this.elsewhere }).end()
    else if (manner === 'switch') response.socket?.write(SWITCHING)
    else if (manner === 'shut') response.socket?.end()
    else if (manner === 'drip') this.#drip(response)
    else if (manner === 'huge') this.#flood(response)
  }

  #drip(response: ServerResponse): void {
    response.writeHead(500)
    const timer = setInterval(() => response.write('x'), 100)
    response.on('close', () => clearInterval(timer))
  }

  #flood(response: ServerResponse): void {
    response.writeHead(200)
    const chunk = Buffer.alloc(65_536)
    const more = () => {
      while (this.answered < HUGE && !response.destroyed) {
        this.answered += chunk.length
        if (!response.write(chunk)) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  }
}

/** Of each member the versions, each at its first time. */
export function firstVersions(events: readonly LoggedEvent[]): Map<string, number[]> {
  const seen = new Set<string>()
  const found = new Map<string, number[]>()
  for (const { member, version } of events) {
    if (seen.has(`${member}:${version}`)) continue
    seen.add(`${member}:${version}`)
    const versions = found.get(member)
    if (versions === undefined) found.set(member, [version])
    else versions.push(version)
  }
  return found
}

// As any receiver does it that knows the standard.
function isSigned({ headers }: IncomingMessage, text: string): boolean {
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`
  const mac = createHmac('sha256', key).update(signed).digest('base64')
  const age = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']))
  return headers['webhook-signature'] === `v1,${mac}` && age < 300
}
