// Reads a hello: who comes, from where, and what it says of itself. Whether it may come is decided elsewhere.

import { fieldOf, integerIn, sizeFlaw, textIn, wrong } from './fields.ts'
import { Flaw } from './flaw.ts'
import { idIn } from './id-fields.ts'
import { isLonger } from './ids.ts'
import type { JsonObject } from './json.ts'
import { LIMITS } from './limits.ts'
import type { Hello, Identity, WireTiming } from './messages.ts'
import { sourceOf } from './source.ts'

const IDENTITIES = ['member', 'observer', 'token'] as const
const INSTANCE = /^[\w-]{16,64}$/
const PARTS = ['interval', 'timeout', 'grace'] as const
const DAY = 86_400_000

/** Name, type and profile, as far as they are there. */
export type Described = Pick<Hello, 'name' | 'type' | 'profile'>

export function readHello(object: JsonObject, text: string, profileBytes: number): Hello | Flaw {
  if (isLonger(text, LIMITS.helloBytes))
    return new Flaw('too_large', null, `a hello has at most ${LIMITS.helloBytes} bytes: say less`)
  const identity = identityIn(object, text)
  if (identity instanceof Flaw) return identity
  const place = placeIn(object, identity.as)
  if (place instanceof Flaw) return place
  const described = describedIn(object, profileBytes)
  if (described instanceof Flaw) return described
  const timing = timingIn(fieldOf(object, 'timing'))
  if (timing instanceof Flaw) return timing
  const cursor = fieldOf(object, 'cursor')
  if (cursor !== undefined && typeof cursor !== 'string')
    return wrong('cursor', cursor, 'give one back as it came, or leave it out')
  const away = fieldOf(object, 'away')
  if (away !== undefined && away !== true) return wrong('away', away, 'send true, or leave it out')
  return {
    t: 'hello',
    identity,
    ...place,
    ...described,
    ...(timing !== undefined && { timing }),
    ...(cursor !== undefined && { cursor }),
    ...(away !== undefined && { away }),
  }
}

/** What a member says of itself, in `hello` and `update`. */
export function describedIn(object: JsonObject, profileBytes: number): Described | Flaw {
  const name = textIn(object, 'name', LIMITS.nameBytes)
  if (name instanceof Flaw) return name
  const type = textIn(object, 'type', LIMITS.typeBytes)
  if (type instanceof Flaw) return type
  const profile = fieldOf(object, 'profile')
  const flaw = profile === undefined ? null : profileFlaw(profile, profileBytes)
  if (flaw !== null) return flaw
  return {
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(profile !== undefined && { profile }),
  }
}

function profileFlaw(profile: unknown, profileBytes: number): Flaw | null {
  return typeof profile !== 'object' || profile === null || Array.isArray(profile)
    ? wrong('profile', profile, 'send an object, or leave it out')
    : sizeFlaw(profile, 'profile', profileBytes)
}

function identityIn(object: JsonObject, text: string): Identity | Flaw {
  const said = IDENTITIES.filter(key => Object.hasOwn(object, key))
  // an observer may have to prove that it may
  const named = said[0] === 'observer' && said.length === 2 ? ['observer' as const] : said
  const [key = 'member', second] = named
  const value = fieldOf(object, key)
  if (named.length !== 1)
    return wrong(second ?? key, fieldOf(object, second ?? key), 'name exactly one of member, observer, token')
  if (key === 'observer') return observerIn(object, value)
  if (key === 'token') {
    const token = tokenIn(object)
    return token instanceof Flaw ? token : { as: 'token', token }
  }
  const member = idIn(value, key, () => sourceOf(text, key))
  return member instanceof Flaw ? member : { as: 'member', member }
}

function observerIn(object: JsonObject, value: unknown): Identity | Flaw {
  if (value !== true) return wrong('observer', value, 'send true')
  if (!Object.hasOwn(object, 'token')) return { as: 'observer' }
  const token = tokenIn(object)
  return token instanceof Flaw ? token : { as: 'observer', token }
}

/** The token of `hello` and `auth`. */
export function tokenIn(object: JsonObject): string | Flaw {
  const token = textIn(object, 'token', LIMITS.tokenBytes)
  return token === undefined || token === '' ? wrong('token', token, 'send a token as a string') : token
}

// What a token stands for decides later whether it needs a place.
function placeIn(object: JsonObject, as: Identity['as']): Pick<Hello, 'instance' | 'epoch'> | Flaw {
  if (as === 'observer') return { instance: null, epoch: 0 }
  const instance = fieldOf(object, 'instance')
  const epoch = integerIn(object, 'epoch', 0, LIMITS.epochs - 1)
  if (as === 'token' && instance === undefined && epoch === undefined) return { instance: null, epoch: 0 }
  if (typeof instance !== 'string' || !INSTANCE.test(instance))
    return wrong('instance', instance, 'send 16 to 64 random characters of A-Z, a-z, 0-9, _ and -')
  if (epoch instanceof Flaw) return epoch
  return epoch === undefined ? wrong('epoch', epoch, 'send an integer that grows') : { instance, epoch }
}

function timingIn(value: unknown): string | Partial<WireTiming> | undefined | Flaw {
  if (value === undefined || typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrong('timing', value, 'send the name of a preset, or {interval, timeout, grace} in ms')
  const timing: { -readonly [Part in keyof WireTiming]?: number } = {}
  for (const part of PARTS) {
    const ms = integerIn(value as JsonObject, part, 0, DAY)
    if (ms instanceof Flaw) return new Flaw('bad_field', 'timing', `of timing, ${ms.message}`)
    if (ms !== undefined) timing[part] = ms
  }
  return timing
}
