// The terms of the published dialects: their silence limits and graces as published (DESIGN §5), or as an option of
// the listener says. The limit is the whole bound: no grace follows silence.

import { makeTerms, type Terms } from '../core/terms.ts'

/** The four published dialects. */
export type PublishedName = 'heartbeat' | 'members' | 'gateway' | 'uid'

/** What a listener may set. `null`: as published. Durations in ms. */
export interface PublishedOptions {
  /** `false`: silence never ends a session. */
  readonly limit: number | false | null
  readonly grace: number | null
  readonly suspectAfter: number
  readonly pingInterval: number
  readonly pingNotResponseLimit: number
  readonly pingData: string
}

/** Terms of one dialect on one listener. */
export interface PublishedTerms {
  /** A session with a member. */
  readonly member: Terms
  /** One of several members on a connection: only its own beats are its evidence. */
  readonly hub: Terms
  /** A connection without a member, after its first frame. */
  readonly nameless: Terms
  /** Before its first text, where the dialect has no first-message deadline; with a member, too. */
  readonly unheard: Terms
}

const PUBLISHED = {
  heartbeat: { limit: 30_000, grace: 8_000 },
  members: { limit: 120_000, grace: 6_000 },
  gateway: { limit: 15_000, grace: 3_000 },
  uid: { limit: 40_000, grace: 12_000 },
} as const

/** A browser answers pings even when its page sleeps, and proxies drop what is silent for longer. */
const LONGEST_INTERVAL = 25_000
/** A connection that stays after its member went offline is cut after this many limits. */
const KEPT_LIMITS = 10

/** The silence limit in ms; `false` where silence never ends a session. */
export function limitOf(name: PublishedName, options: PublishedOptions): number | false {
  if (options.limit !== null) return options.limit
  if (name !== 'gateway') return PUBLISHED[name].limit
  const { pingInterval, pingNotResponseLimit } = options
  return pingNotResponseLimit === 0 ? false : pingInterval * pingNotResponseLimit
}

/** All terms of a dialect on a listener. */
export function publishedTerms(name: PublishedName, options: PublishedOptions): PublishedTerms {
  const limit = limitOf(name, options)
  const keeps = name === 'heartbeat' || name === 'members'
  const member = terms(name, options, limit, {
    onSilence: keeps ? 'keep' : 'cut',
    supersede: name === 'members',
  })
  const nameless = keeps && limit !== false ? terms(name, options, limit * KEPT_LIMITS, {}) : { ...member }
  return {
    member,
    hub: { ...member, evidence: 'beat', probe: false },
    nameless: { ...nameless, onSilence: 'cut' },
    unheard: { ...nameless, onSilence: 'cut', evidence: 'beat' },
  }
}

/** The detection bound in words, for the banner. */
export function boundInWords(name: PublishedName, options: PublishedOptions): string {
  const limit = limitOf(name, options)
  return limit === false ? 'silence never ends a session' : `offline after ${limit / 1_000} s of silence`
}

function terms(
  name: PublishedName,
  options: PublishedOptions,
  limit: number | false,
  patch: Partial<Terms>,
): Terms {
  const grace = options.grace ?? PUBLISHED[name].grace
  const asks =
    name === 'gateway' && options.pingData !== '' && (limit === false || limit > options.pingInterval)
  const whole = limit === false ? 2 * LONGEST_INTERVAL : limit
  const interval = asks ? options.pingInterval : Math.min(Math.ceil(whole / 2), LONGEST_INTERVAL)
  return makeTerms(
    name,
    { interval, timeout: Math.max(1, whole - interval), grace },
    {
      silenceGrace: 0,
      closeGrace: grace,
      judged: limit !== false,
      probeAgain: asks,
      suspectAfter: options.suspectAfter,
      ...patch,
    },
  )
}
