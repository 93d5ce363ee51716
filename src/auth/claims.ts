// Reads what a token or a hook says of somebody: details, groups, policy, rights, data. One rule for both. A claim that
// is not as it must be refuses the whole, so that nobody gets more or less than was meant.

import type { Details } from '../core/change.ts'
import type { Policy } from '../core/terms.ts'
import { fieldOf, sizeFlaw, textIn, wrong } from '../protocol/fields.ts'
import { excerpt, Flaw } from '../protocol/flaw.ts'
import { idIn, idsIn } from '../protocol/id-fields.ts'
import type { JsonObject } from '../protocol/json.ts'
import { LIMITS } from '../protocol/limits.ts'
import { sourceOf } from '../protocol/source.ts'
import { EVERYBODY, type Grant, NOBODY, type Reach, type Rights } from './authority.ts'
import { OwnReach, reachesAny } from './reach.ts'

/** What claims are measured by. */
export interface ClaimRules {
  /** See `AuthSettings.rights`. */
  readonly rights: 'own' | 'all'
  /** Bytes of a profile as JSON. */
  readonly mostProfile: number
  readonly mostGroups: number
}

const POLICIES: readonly Policy[] = ['many', 'newest', 'oldest']
const MOST_DATA = 4_096
const REACHES = ['members', 'groups']
const NO_GROUPS: readonly string[] = []

/**
 * The grant in `object`, or what is wrong with it. `text`: its source. `key`: which claim is the member, `sub` or `member`;
 * without it there must be something to watch. `expires`: in ms since 1970.
 */
export function grantIn(
  object: JsonObject,
  text: string,
  key: 'sub' | 'member',
  expires: number | null,
  rules: ClaimRules,
): Grant | Flaw {
  const member = memberIn(object, text, key)
  if (member instanceof Flaw) return member
  const details = detailsIn(object, rules.mostProfile)
  if (details instanceof Flaw) return details
  const groups = groupsIn(object, text, rules.mostGroups)
  if (groups instanceof Flaw) return groups
  const policy = given(object, 'policy') ?? null
  if (policy !== null && !POLICIES.includes(policy as Policy))
    return wrong('policy', policy, `it is one of ${POLICIES.join(', ')}, or left out`)
  const rights = rightsIn(object, text, member, groups, rules.rights)
  if (rights instanceof Flaw) return rights
  if (member === null && (!Object.hasOwn(object, 'watch') || !reachesAny(rights.watch)))
    return new Flaw(
      'bad_field',
      key,
      `there is no ${key}: give the member, or for an observer the claim watch`,
    )
  const data = given(object, 'data') ?? null
  const flaw = data === null ? null : sizeFlaw(data, 'data', MOST_DATA)
  return flaw ?? { member, details, groups, policy: policy as Policy | null, rights, expires, data }
}

/** A claim; `null` counts as left out. */
export function given(object: JsonObject, key: string): unknown {
  return fieldOf(object, key) ?? undefined
}

function memberIn(object: JsonObject, text: string, key: string): string | null | Flaw {
  const value = given(object, key)
  return value === undefined ? null : idIn(value, key, () => sourceOf(text, key))
}

function detailsIn(object: JsonObject, mostProfile: number): Details | null | Flaw {
  const name = given(object, 'name') === undefined ? undefined : textIn(object, 'name', LIMITS.nameBytes)
  if (name instanceof Flaw) return name
  const type = given(object, 'type') === undefined ? undefined : textIn(object, 'type', LIMITS.typeBytes)
  if (type instanceof Flaw) return type
  const profile = given(object, 'profile')
  const flaw = profile === undefined ? null : profileFlaw(profile, mostProfile)
  if (flaw !== null) return flaw
  if (name === undefined && type === undefined && profile === undefined) return null
  return {
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(profile !== undefined && { profile }),
  }
}

function profileFlaw(profile: unknown, most: number): Flaw | null {
  return typeof profile !== 'object' || Array.isArray(profile)
    ? wrong('profile', profile, 'it is an object, or left out')
    : sizeFlaw(profile, 'profile', most)
}

function groupsIn(object: JsonObject, text: string, most: number): readonly string[] | Flaw {
  const value = given(object, 'groups')
  if (value === undefined) return NO_GROUPS
  const groups = idsIn(value, 'groups', text)
  if (groups instanceof Flaw || groups.length <= most) return groups
  return new Flaw('too_many', 'groups', `groups has ${groups.length} ids, over ${most}: leave some out`)
}

function rightsIn(
  object: JsonObject,
  text: string,
  member: string | null,
  groups: readonly string[],
  otherwise: ClaimRules['rights'],
): Rights | Flaw {
  const usual = otherwise === 'all' ? EVERYBODY : new OwnReach(member, groups)
  const watch = reachIn(object, text, 'watch', usual)
  if (watch instanceof Flaw) return watch
  const ask = reachIn(object, text, 'ask', usual)
  if (ask instanceof Flaw) return ask
  const push = reachIn(object, text, 'push', NOBODY)
  return push instanceof Flaw ? push : { watch, ask, push }
}

// `null` is no way to leave one out: nobody could tell whether it meant nobody or as usual.
function reachIn(object: JsonObject, text: string, key: string, usual: Reach): Reach | Flaw {
  const value = fieldOf(object, key)
  if (value === undefined) return usual
  if (value === true) return EVERYBODY
  if (value === false) return NOBODY
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrong(key, value, 'it is true, false, or {"members": [ids], "groups": [ids]}')
  const stranger = Object.keys(value).find(part => !REACHES.includes(part))
  if (stranger !== undefined)
    return new Flaw(
      'bad_field',
      key,
      `${key} holds ${excerpt(stranger)}: only members and groups mean anything`,
    )
  const source = sourceOf(text, key) ?? '{}'
  const members = idsWithin(value as JsonObject, 'members', source)
  if (members instanceof Flaw) return within(key, members)
  const groups = idsWithin(value as JsonObject, 'groups', source)
  if (groups instanceof Flaw) return within(key, groups)
  return { all: false, members: new Set(members), groups: new Set(groups) }
}

function idsWithin(value: JsonObject, key: string, source: string): readonly string[] | Flaw {
  const ids = fieldOf(value, key)
  return ids === undefined ? NO_GROUPS : idsIn(ids, key, source)
}

function within(key: string, { code, field, message }: Flaw): Flaw {
  return new Flaw(code, `${key}.${field}`, `${key}.${message}`)
}
