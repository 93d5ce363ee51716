// The token that says who this is: asked of the program when there is none, when the server refused it, and at 80 % of its
// life. It is kept in memory only.

import { type Agenda, NEVER } from './agenda.ts'
import type { ClientOptions, Tell, TokenRequest } from './types.ts'
import { Unauthorized } from './types.ts'

/** What it works with. */
export interface TokensParts {
  readonly agenda: Agenda
  readonly getToken: NonNullable<ClientOptions['getToken']>
  /** Sends a fresh one on the living connection; resolves with how long it is good for, in ms, if the server says so. */
  refresh(token: string): Promise<number | null>
  /** The program says that nobody is signed in. */
  unauthorized(): void
  readonly problem: Tell
}

/** Of a token's life, when the next one is asked for. */
const SHARE = 0.8
/** Between tries to get a fresh one, in ms at least. */
const PAUSE = 1_000

export class Tokens {
  token: string | null = null
  readonly #parts: TokensParts
  #reason: TokenRequest['reason'] = 'connect'
  #expiresAt = NEVER

  constructor(parts: TokensParts) {
    this.#parts = parts
  }

  /** `null`: there is one. Rejects with what the program threw. */
  get(): Promise<void> | null {
    const good = this.token !== null && this.#parts.agenda.now() < this.#expiresAt
    return good ? null : this.#ask(this.#reason)
  }

  forget(): void {
    this.token = null
    this.#reason = 'refused'
    this.#parts.agenda.plan(this.#refresh, NEVER)
  }

  /** The server says how long it is good for, in ms. */
  lasts(life: number): void {
    const { agenda } = this.#parts
    this.#reason = 'connect'
    this.#expiresAt = agenda.now() + life
    agenda.plan(this.#refresh, agenda.now() + life * SHARE)
  }

  async #ask(reason: TokenRequest['reason']): Promise<void> {
    const token: unknown = await this.#parts.getToken({ reason })
    if (typeof token !== 'string' || token === '') throw new TypeError(`it gave ${typeof token}, not a text`)
    this.token = token
    this.#expiresAt = NEVER
  }

  readonly #refresh = async (): Promise<void> => {
    const { agenda, refresh, unauthorized, problem } = this.#parts
    const until = this.#expiresAt
    try {
      await this.#ask('refresh')
      const life = await refresh(this.token!)
      if (life !== null) this.lasts(life)
    } catch (cause) {
      if (cause instanceof Unauthorized) return unauthorized()
      problem('token', `no fresh token: ${cause}`, { cause })
      const left = until - agenda.now()
      if (left > 0) agenda.plan(this.#refresh, agenda.now() + Math.max(PAUSE, left / 2))
    }
  }
}
