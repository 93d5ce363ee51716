// The token that says who this is: asked of the program when there is none, when the server refused it, and at 80 % of its
// life. It is kept in memory only.

import type { Agenda } from './agenda.ts'
import { NEVER } from './machine.ts'
import { type ClientOptions, type Tell, type TokenRequest, Unauthorized } from './types.ts'

export interface Tokens {
  /** What it is; before `get`, and after `forget`, nothing. */
  token(): string | undefined
  /** A promise only where one has to be asked for. Rejects with what the program threw. */
  get(): Promise<void> | undefined
  /** The next one is asked for because of `why`. */
  forget(why: TokenRequest['reason']): void
  /** The server says how long it is good for, in ms. */
  lasts(life: number): void
}

/** Of a token's life, when the next one is asked for. */
const SHARE = 0.8
/** For the program to give one. */
const PATIENCE = 10_000
export const NO_ANSWER = 'getToken has not answered for 10 s'
/** Between tries to get a fresh one, in ms at least. */
const PAUSE = 1_000

/**
 * `send`: sends a fresh one on the living connection, and resolves when the server took it; `unauthorized`: the program
 * says that nobody is signed in.
 */
export function makeTokens(
  getToken: NonNullable<ClientOptions['getToken']>,
  { now, plan }: Agenda,
  send: (token: string) => Promise<void>,
  unauthorized: () => void,
  problem: Tell,
): Tokens {
  let token: string | undefined
  let reason: TokenRequest['reason'] = 'connect'
  let expiresAt = NEVER
  let last: object | undefined
  let isAsking = false
  const ask = async (reason: TokenRequest['reason']) => {
    const mine = {}
    last = mine
    const given: unknown = await getToken({ reason })
    // somebody else may be signed in by now
    if (mine !== last) return false
    if (typeof given !== 'string' || given === '') throw new TypeError(`it is ${typeof given}, not a text`)
    token = given
    expiresAt = NEVER
    return true
  }
  const refresh = async () => {
    const until = expiresAt
    if (isAsking) problem('token', NO_ANSWER)
    isAsking = true
    plan(refresh, now() + PATIENCE)
    try {
      if (!(await ask('refresh'))) return
      isAsking = false
      plan(refresh, NEVER)
      await send(token!)
    } catch (cause) {
      isAsking = false
      if (cause instanceof Unauthorized) return unauthorized()
      problem('token', `no fresh token: ${cause}`, { cause })
      plan(refresh, until > now() ? now() + Math.max(PAUSE, (until - now()) / 2) : NEVER)
    }
  }
  return {
    token: () => token,
    get: () => (token !== undefined && now() < expiresAt ? undefined : ask(reason).then(() => {})),
    forget(why) {
      token = undefined
      last = undefined
      isAsking = false
      reason = why
      plan(refresh, NEVER)
    },
    lasts(life) {
      reason = 'connect'
      expiresAt = now() + life
      plan(refresh, now() + Math.max(PAUSE, life * SHARE))
    },
  }
}
