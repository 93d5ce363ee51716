// Asks the host's own backend who somebody is, by one POST per connection. Its answer is read like the claims of a token.
// Whatever is not a clear yes or no means 'come later': a backend that is down sends nobody away for good.

import type { Clock } from '../core/clock.ts'
import { fieldOf, integerIn } from '../protocol/fields.ts'
import { Flaw } from '../protocol/flaw.ts'
import { parseObject } from '../protocol/json.ts'
import type { Log } from '../server/log.ts'
import { sign } from '../signature.ts'
import type { Authority, Credentials, Verdict } from './authority.ts'
import { type ClaimRules, grantIn } from './claims.ts'
import { askOutside, type Bounds, type Fetch } from './outside.ts'
import { Trouble } from './trouble.ts'

export interface HookRules extends ClaimRules {
  readonly url: string
  /** `null`: what is asked is not signed. */
  readonly secret: Uint8Array | null
  /** Milliseconds. */
  readonly within: number
}

export interface HookParts {
  readonly fetch: Fetch
  readonly timeout: Bounds['timeout']
  readonly random: (bytes: number) => Uint8Array
  readonly clock: Clock
  /** The wall clock, in ms since 1970. */
  readonly wall: () => number
  readonly log: Log
}

/** Questions under way at a time; more are told to come later. */
const MOST_ASKED = 256
const MOST_BYTES = 65_536
const ID_BYTES = 18

export class HookAuthority implements Authority {
  readonly #rules: HookRules
  readonly #parts: HookParts
  readonly #trouble: Trouble
  #asked = 0

  constructor(rules: HookRules, parts: HookParts) {
    this.#rules = rules
    this.#parts = parts
    this.#trouble = new Trouble(`--auth-hook (${new URL(rules.url).host})`, parts.log, parts.clock)
  }

  authorize(credentials: Credentials): Verdict | Promise<Verdict> {
    if (this.#asked >= MOST_ASKED)
      return this.#unavailable(new Error(`${MOST_ASKED} questions are under way`))
    this.#asked++
    return this.#ask(credentials)
      .catch(error => this.#unavailable(error))
      .finally(() => {
        this.#asked--
      })
  }

  async #ask({ token, member, address, dialect, origin, cookie, userAgent }: Credentials): Promise<Verdict> {
    const { url, secret, within } = this.#rules
    const { fetch, random, wall, timeout } = this.#parts
    const body = JSON.stringify({ token, member, address, dialect, origin, cookie, userAgent })
    const id = `msg_${Buffer.from(random(ID_BYTES)).toString('base64url')}`
    const signed = secret === null ? { 'webhook-id': id } : sign(secret, id, Math.floor(wall() / 1_000), body)
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...signed }
    const bounds = { within, most: MOST_BYTES, timeout }
    const { status, text } = await askOutside(fetch, url, { method: 'POST', headers, body }, bounds)
    if (status !== 200 && status !== 401 && status !== 403) throw new Error(`it answers ${status}`)
    const verdict = status === 200 ? this.#read(text) : refused(text)
    this.#trouble.over()
    return verdict
  }

  #read(text: string): Verdict {
    const answer = parseObject(text)
    if (answer === null) throw new Error('its answer is no JSON object')
    const until = fieldOf(answer, 'expires') ?? undefined
    const expires = until === undefined ? null : integerIn(answer, 'expires', 0)
    const grant =
      expires instanceof Flaw ? expires : grantIn(answer, text, 'member', expires ?? null, this.#rules)
    if (grant instanceof Flaw) throw new Error(`of its answer, ${grant.message}`)
    if (grant.expires !== null && grant.expires <= this.#parts.wall())
      throw new Error('of its answer, expires is in the past: it is milliseconds since 1970')
    return { ok: true, grant }
  }

  #unavailable(error: unknown): Verdict {
    this.#trouble.failed(error, 'connections are told to come later')
    return { ok: false, why: 'unavailable', message: 'nobody can say now who this is: come later' }
  }
}

// What the backend says for people is passed on, as far as it is one short line.
function refused(text: string): Verdict {
  const said = fieldOf(parseObject(text) ?? {}, 'message')
  const isLine = typeof said === 'string' && /^\P{Cc}{1,120}$/u.test(said) && said.isWellFormed()
  return {
    ok: false,
    why: 'unauthorized',
    message: isLine ? said : 'the host does not let this connection in',
  }
}
