// Decides at the upgrade who may become a connection: whose it is, host and origin, how many come from one address and how
// fast. Keeps only counts, and none for those who may have any number.

import { type LazyText, textOf } from '../core/lazy.ts'
import type { Asked, Refusal } from '../transports/transport.ts'
import type { Counters } from './counters.ts'
import { Crowd, Pace } from './crowds.ts'
import { type GuardOptions, type GuardRules, guard, rulesOf } from './guard.ts'
import { UNLIMITED } from './options/option-kinds.ts'
import { Proxies } from './proxies.ts'
import type { Settings } from './settings.ts'

/** What the doorman goes by. */
type DoormanOptions = GuardOptions & Pick<Settings, 'limits' | 'maxUndecided'>

/** How much an address may have. */
interface Most {
  readonly links: number
  readonly undecided: number
  readonly upgrades: number
}

/** Where an option does not say: on this machine, and elsewhere. */
const NEAR: Most = { links: UNLIMITED, undecided: UNLIMITED, upgrades: UNLIMITED }
const FAR: Most = { links: 1_000, undecided: 100, upgrades: 100 }
/** Seconds after which there may be room again. */
const ROOM_AFTER = 10

const TOO_MANY = {
  too_many_upgrades: 'too many new connections from this address in so short a time',
  too_many_connections: 'too many connections from this address',
  too_many_undecided: 'too many connections from this address have sent nothing yet',
} as const

export class Doorman {
  readonly #options: DoormanOptions
  readonly #counters: Counters
  readonly #proxies: Proxies
  readonly #near: Most
  readonly #far: Most
  readonly #links = new Crowd()
  readonly #undecided = new Crowd()
  readonly #upgrades = new Pace()
  /** What passed last, and who was looked up last: a wave of connections asks the same thing over and over. */
  #passedRules: GuardRules | null = null
  #passedHost: string | null = null
  #passedOrigin: string | null = null
  #lastAddress = ''
  #lastMost: Most

  constructor(options: DoormanOptions, counters: Counters) {
    this.#options = options
    this.#counters = counters
    this.#proxies = new Proxies(options.trustedProxies)
    this.#near = mostOf(options, NEAR)
    this.#far = mostOf(options, FAR)
    this.#lastMost = this.#far
  }

  /** Addresses of which something is kept. */
  get known(): number {
    return Math.max(this.#links.size, this.#undecided.size, this.#upgrades.size)
  }

  /** What pages may reach a listener on `address`. */
  rulesOf(address: string): GuardRules {
    return rulesOf(this.#options, address)
  }

  /** Whose a request from `address` is: behind trusted proxies the client's. */
  clientOf(address: string, request: Pick<Asked, 'header'>): string {
    return this.#proxies.clientOf(address, request)
  }

  /** `null` when the request may pass; else the answer to give. */
  refuses(rules: GuardRules, host: string | null, origin: string | null, address: LazyText): Refusal | null {
    if (this.#hasPassed(rules, host, origin)) return null
    const refused = guard(rules, host, origin)
    if (refused === null) {
      this.#passedRules = rules
      this.#passedHost = host
      this.#passedOrigin = origin
      return null
    }
    this.#counters.warn('refused', refused.message, { address: textOf(address) })
    return { status: 403, body: `${refused.message}\n` }
  }

  /** The same of what would become a connection of `address`. */
  turnsAway(rules: GuardRules, request: Asked, address: string, at: number): Refusal | null {
    const refused = this.refuses(rules, request.header('host'), request.header('origin'), address)
    if (refused !== null) return refused
    const most = this.#mostOf(address)
    const late = this.#upgrades.admit(address, at, most.upgrades)
    if (late > 0) return this.#tooMany('too_many_upgrades', address, Math.ceil(late / 1_000))
    if (this.#links.isFull(address, most.links))
      return this.#tooMany('too_many_connections', address, ROOM_AFTER)
    if (this.#undecided.isFull(address, most.undecided))
      return this.#tooMany('too_many_undecided', address, ROOM_AFTER)
    return null
  }

  /** A connection opened. `undecided`: it has not said what it speaks. */
  enter(address: string, undecided: boolean): void {
    const most = this.#mostOf(address)
    this.#links.enter(address, most.links)
    if (undecided) this.#undecided.enter(address, most.undecided)
  }

  /** It has said so, or it is gone. */
  decided(address: string): void {
    this.#undecided.leave(address, this.#mostOf(address).undecided)
  }

  /** It is gone. */
  leave(address: string): void {
    this.#links.leave(address, this.#mostOf(address).links)
  }

  tick(at: number): void {
    this.#upgrades.tick(at)
  }

  #mostOf(address: string): Most {
    if (address !== this.#lastAddress) {
      this.#lastAddress = address
      this.#lastMost = this.#proxies.isLocal(address) ? this.#near : this.#far
    }
    return this.#lastMost
  }

  #hasPassed(rules: GuardRules, host: string | null, origin: string | null): boolean {
    const isSameHost = host !== null && host === this.#passedHost
    return isSameHost && origin === this.#passedOrigin && rules === this.#passedRules
  }

  #tooMany(count: keyof typeof TOO_MANY, address: string, retryAfter: number): Refusal {
    const text = TOO_MANY[count]
    this.#counters.warn(count, `connection refused: ${text}`, { address })
    return { status: 429, body: `${text}\n`, retryAfter }
  }
}

function mostOf({ limits, maxUndecided }: DoormanOptions, otherwise: Most): Most {
  return {
    links: limits.perAddress ?? otherwise.links,
    undecided: maxUndecided ?? otherwise.undecided,
    upgrades: limits.upgrades ?? otherwise.upgrades,
  }
}
