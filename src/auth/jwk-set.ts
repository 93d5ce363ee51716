// Keeps the public keys of a JWK set address. Fetched at the start, again every ten minutes while it is used, and when a
// token names a key nobody knows: one fetch at a time, at most one in 30 s, however many ask. While the address is down
// the keys it gave stay; a key it no longer gives is gone with the next fetch.

import { type Clock, NEVER } from '../core/clock.ts'
import { parseObject } from '../protocol/json.ts'
import type { Log } from '../server/log.ts'
import type { Awaitable } from '../stores/store.ts'
import type { Algorithm } from './jws.ts'
import { keysInSet } from './key-file.ts'
import { askOutside, type Bounds, type Fetch } from './outside.ts'
import { Trouble } from './trouble.ts'
import type { VerifyKey } from './verify-key.ts'

export interface JwkSetParts {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly log: Log
  readonly timeout: Bounds['timeout']
}

/** Keys that may have signed; `null`: nobody can say now. */
type Found = readonly VerifyKey[] | null

type KeySet = Exclude<ReturnType<typeof keysInSet>, string>

const FRESH = 600_000
const PAUSE = 30_000
const WITHIN = 5_000
const MOST_BYTES = 2 ** 20
const INIT = { headers: { accept: 'application/jwk-set+json, application/json' } }

export class JwkSet {
  readonly #url: string
  readonly #parts: JwkSetParts
  readonly #trouble: Trouble
  #keys: readonly VerifyKey[] | null = null
  #fetchedAt = NEVER
  #triedAt = NEVER
  #failed = false
  #pending: Promise<void> | null = null

  /** Begins the first fetch. */
  constructor(url: string, parts: JwkSetParts) {
    this.#url = url
    this.#parts = parts
    this.#trouble = new Trouble(`--auth-jwks (${new URL(url).host})`, parts.log, parts.clock)
    this.#refresh()
  }

  /** At once where the keys are known and fresh. Never rejects. */
  find(algorithm: Algorithm, kid: string | null): Awaitable<Found> {
    const isFresh = this.#keys !== null && this.#parts.clock.now() - this.#fetchedAt < FRESH
    const known = this.#of(algorithm, kid)
    if (isFresh && known.length > 0) return known
    this.#refresh()
    // where the address was down last, nobody waits for a key that is known
    if (this.#pending === null || (this.#failed && known.length > 0)) return this.#found(algorithm, kid)
    return this.#pending.then(() => this.#found(algorithm, kid))
  }

  #found(algorithm: Algorithm, kid: string | null): Found {
    const known = this.#of(algorithm, kid)
    return known.length === 0 && (this.#keys === null || this.#failed) ? null : known
  }

  #of(algorithm: Algorithm, kid: string | null): readonly VerifyKey[] {
    return (this.#keys ?? []).filter(
      key => key.algorithm === algorithm && (kid === null || key.kid === null || key.kid === kid),
    )
  }

  #refresh(): void {
    const now = this.#parts.clock.now()
    if (this.#pending !== null || now - this.#triedAt < PAUSE) return
    this.#triedAt = now
    this.#pending = this.#fetch()
      .then(
        set => this.#take(set),
        error => this.#keep(error),
      )
      .finally(() => {
        this.#pending = null
      })
  }

  // A set without any key is taken at its word: who revokes all keys wants them gone.
  #take({ keys, others }: KeySet): void {
    this.#keys = keys
    this.#fetchedAt = this.#parts.clock.now()
    this.#failed = false
    if (keys.length > 0) this.#trouble.over()
    else this.#trouble.failed(new Error(others), 'it gives no key that verifies tokens, so none is taken')
  }

  #keep(error: unknown): void {
    this.#failed = true
    const remedy = this.#keys === null ? 'nobody can come in by its keys' : 'the keys it gave before stay'
    this.#trouble.failed(error, `${remedy}; tried again when a token comes, at most every 30 s`)
  }

  async #fetch(): Promise<KeySet> {
    const { fetch, timeout } = this.#parts
    const bounds = { within: WITHIN, most: MOST_BYTES, timeout }
    const { status, text } = await askOutside(fetch, this.#url, INIT, bounds)
    if (status !== 200) throw new Error(`it answers ${status}`)
    const set = parseObject(text)
    if (set === null) throw new Error('its answer is no JSON object')
    const keySet = keysInSet(set)
    if (typeof keySet === 'string') throw new Error(keySet)
    return keySet
  }
}
