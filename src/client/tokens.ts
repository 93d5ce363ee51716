// The token that says who this is: asked of the program when there is none, when the server refused it, and at 80 % of its
// life. It is kept in memory only.

import type { Agenda } from './agenda.ts'
import type { ClientOptions, Tell, TokenRequest } from './types.ts'
import { Unauthorized } from './types.ts'

type Provider = NonNullable<ClientOptions['getToken']>

/** What it works with. */
export interface TokensParts {
  readonly agenda: Agenda
  readonly provider: Provider
  /** Sends a fresh one on the living connection; resolves with when it expires, if the server says so. */
  refresh(token: string): Promise<number | null>
  /** The provider says that nobody is signed in. */
  unauthorized(): void
  readonly problem: Tell
}

/** Of a token's life, when the next one is asked for. */
const SHARE = 0.8
/** Between tries to get a fresh one, in ms at least. */
const PAUSE = 1_000

export class Tokens {
  readonly #parts: TokensParts
  readonly #due
  #token: string | null = null
  #reason: TokenRequest['reason'] = 'connect'
  #expiresAt = Number.POSITIVE_INFINITY

  constructor(parts: TokensParts) {
    this.#parts = parts
    this.#due = parts.agenda.item(() => void this.#refresh())
  }

  /** `null`: there is one. Rejects with what the provider threw. */
  get(): Promise<void> | null {
    const { agenda } = this.#parts
    if (this.#token !== null && agenda.now() < this.#expiresAt) return null
    return this.#ask(this.#reason)
  }

  /** As it stands in a hello. */
  field(): { token: string | null } {
    return { token: this.#token }
  }

  forget(): void {
    this.#token = null
    this.#reason = 'refused'
    this.#parts.agenda.plan(this.#due, Number.POSITIVE_INFINITY)
  }

  /** The server says how long it is good for, in ms. */
  expires(life: number): void {
    const { agenda } = this.#parts
    this.#reason = 'connect'
    this.#expiresAt = agenda.now() + life
    agenda.plan(this.#due, agenda.now() + life * SHARE)
  }

  async #ask(reason: TokenRequest['reason']): Promise<void> {
    const token: unknown = await this.#parts.provider({ reason })
    if (typeof token !== 'string' || token === '')
      throw new TypeError(`getToken gave ${typeof token}, not a text`)
    this.#token = token
    this.#expiresAt = Number.POSITIVE_INFINITY
  }

  async #refresh(): Promise<void> {
    const { agenda, refresh, unauthorized, problem } = this.#parts
    const until = this.#expiresAt
    try {
      await this.#ask('refresh')
      const expiresAt = await refresh(this.#token!)
      if (expiresAt !== null) this.expires(expiresAt)
    } catch (cause) {
      if (cause instanceof Unauthorized) return unauthorized()
      problem('token', `no fresh token: ${String(cause)}`, { cause })
      const left = until - agenda.now()
      if (left > 0) agenda.plan(this.#due, agenda.now() + Math.max(PAUSE, left / 2))
    }
  }
}
