// What a case works with: connections to the server under test, and names nobody else uses, so that it runs beside
// other cases and on a server in use. Closes at the end whatever the case opened.

import { randomBytes } from 'node:crypto'
import type { WireTiming } from '../../src/protocol/messages.ts'
import { connect, type RawOptions } from '../support/raw-socket.ts'
import { must, Skipped, Unlike } from './case.ts'
import { Visitor } from './visitor.ts'

/**
 * What a token is worth. `wide`: a member that may watch everybody, the one that says hello in every case; `narrow`: the
 * same member, which may watch and ask only itself; `other`: another member; `short`: one that ends within 20 s; `blind`:
 * one that may watch nobody.
 */
export type Worth = 'wide' | 'narrow' | 'other' | 'short' | 'blind'

/** The server under test. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly token: string | null
  /** Further ones, by what they are worth. */
  readonly tokens?: Partial<Readonly<Record<Worth, string>>>
  /** How long an answer may take, in ms. */
  readonly patience: number
}

/** What a hello says beyond the defaults of the suite; `undefined` leaves a key out. */
export type HelloPatch = Readonly<Record<string, unknown>>

export const SUBPROTOCOL = 'systole.v1'

/** Asked for by those who will be silent. */
const QUICK: WireTiming = { interval: 1_000, timeout: 500, grace: 1_500 }

/** Longer than that a case does not wait for silence to be noticed. */
const LONGEST = 12_000

export class Stage {
  readonly target: Target
  readonly #open: Visitor[] = []
  #tokenUsed = false

  constructor(target: Target) {
    this.target = target
  }

  get patience(): number {
    return this.target.patience
  }

  /** A name of its own for a member or a group. */
  name(label = 'm'): string {
    return `conformance-${label}-${randomBytes(9).toString('base64url')}`
  }

  names(count: number, label = 'm'): string[] {
    return Array.from({ length: count }, () => this.name(label))
  }

  instance(): string {
    return randomBytes(18).toString('base64url')
  }

  /** The token that is worth so much; without one the case is skipped. */
  token(worth: Worth): string {
    const { token, tokens } = this.target
    const found = worth === 'wide' ? token : tokens?.[worth]
    if (found == null)
      throw new Skipped(
        token === null ? 'nobody is asked for a token' : `there is no ${worth} token: --${worth}`,
      )
    return found
  }

  /** Connected, nothing said yet. */
  async connect(options: RawOptions = {}): Promise<Visitor> {
    const { port, patience } = this.target
    const socket = await connect(port, { ...doorOf(this.target), ...options }).catch(error => {
      throw new Unlike(`the connection was not accepted: ${error.message}`)
    })
    const visitor = new Visitor(socket, patience)
    this.#open.push(visitor)
    return visitor
  }

  /** The hello of a member with a fresh id and instance. */
  hello(patch: HelloPatch = {}): Record<string, unknown> {
    const { token } = this.target
    const who = 'token' in patch ? {} : token === null ? { member: this.name() } : { token }
    return { t: 'hello', ...who, instance: this.instance(), epoch: 1, ...patch }
  }

  /** A member that was welcomed. */
  async member(patch: HelloPatch = {}, options: RawOptions = {}): Promise<Visitor> {
    if (this.target.token !== null) {
      if (this.#tokenUsed || 'member' in patch)
        throw new Skipped('one token makes one member; this takes more')
      this.#tokenUsed = true
    }
    const visitor = await this.connect(options)
    await greet(visitor, this.hello(patch))
    return visitor
  }

  /** One more session of the member of `first`; skips the case where a member may have one only. */
  async another(first: Visitor, patch: HelloPatch = {}): Promise<Visitor> {
    const visitor = await this.connect()
    const skipped = new Skipped('a member may have one session only here')
    await greet(visitor, this.hello({ member: first.member, ...patch })).catch(error => {
      throw visitor.all('error').some(({ code }) => code === 'occupied') ? skipped : error
    })
    await first.beat().catch(() => {
      throw first.all('error').some(({ code }) => code === 'replaced')
        ? skipped
        : new Unlike('no beat came back')
    })
    return visitor
  }

  /** A connection without a member that was welcomed. */
  async observer(patch: HelloPatch = {}, options: RawOptions = {}): Promise<Visitor> {
    const visitor = await this.connect(options)
    const { token } = this.target
    await greet(visitor, { t: 'hello', observer: true, ...(token !== null && { token }), ...patch })
    return visitor
  }

  /** A member whose silence is noticed soon, and how soon. */
  async hasty(patch: HelloPatch = {}, options: RawOptions = {}): Promise<Visitor> {
    const visitor = await this.member({ timing: QUICK, ...patch }, options)
    const { interval, timeout, grace } = timingOf(visitor)
    if (interval + timeout + grace > LONGEST)
      throw new Skipped(`the server grants ${interval} + ${timeout} + ${grace} ms: too long to wait for`)
    return visitor
  }

  pause(ms: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, ms))
  }

  /** Messages that came in another form than JSON objects in text frames, over all connections. */
  get odd(): number {
    return this.#open.reduce((sum, { odd }) => sum + odd, 0)
  }

  close(): void {
    for (const visitor of this.#open) visitor.socket.destroy()
  }
}

/** How to knock at it. */
export function doorOf({ host, port, path }: Target): RawOptions {
  const Host = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return { host, path, protocols: [SUBPROTOCOL], headers: { Host } }
}

/** Says hello and waits for the welcome. */
export async function greet(visitor: Visitor, hello: object | string): Promise<void> {
  visitor.send(hello)
  visitor.welcome = await visitor.take('welcome').catch(error => {
    const [refusal] = visitor.all('error')
    throw refusal === undefined ? error : new Unlike(`hello was refused: ${refusal.code} ${refusal.message}`)
  })
}

export function timingOf({ welcome }: Visitor): WireTiming {
  must(welcome !== null, 'no welcome came')
  return welcome.timing
}
