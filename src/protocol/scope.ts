// What a `watch` or `unwatch` is of. Exactly one selector; two would leave open which is meant.

import { fieldOf, wrong } from './fields.ts'
import { Flaw } from './flaw.ts'
import { idIn, idsIn } from './id-fields.ts'
import type { JsonObject } from './json.ts'
import type { Scope } from './messages.ts'
import { sourceOf } from './source.ts'

const SELECTORS = ['members', 'group', 'all', 'counts'] as const

/** `any`: `members: true`, every id, has a meaning. */
export function scopeIn(object: JsonObject, text: string, any: boolean): Scope | Flaw {
  const named = SELECTORS.filter(key => Object.hasOwn(object, key))
  const [key = 'members', second] = named
  const value = fieldOf(object, key)
  if (named.length !== 1) return wrong(second ?? key, fieldOf(object, second ?? key), ONE)
  if (key === 'members') return membersIn(value, text, any)
  if (key === 'counts') return countsIn(value, text)
  if (key === 'all') return value === true ? { of: 'all' } : wrong(key, value, 'send true')
  const group = idIn(value, key, () => sourceOf(text, key))
  return group instanceof Flaw ? group : { of: 'group', group }
}

const ONE = `name exactly one of ${SELECTORS.join(', ')}`

function membersIn(value: unknown, text: string, any: boolean): Scope | Flaw {
  if (any && value === true) return { of: 'members', members: true }
  const members = idsIn(value, 'members', text)
  return members instanceof Flaw ? members : { of: 'members', members }
}

function countsIn(value: unknown, text: string): Scope | Flaw {
  if (value === true) return { of: 'counts', group: null }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'group'))
    return wrong('counts', value, 'send true, or {"group": …}')
  const group = idIn((value as JsonObject).group, 'counts', () =>
    sourceOf(sourceOf(text, 'counts') ?? '{}', 'group'),
  )
  return group instanceof Flaw ? group : { of: 'counts', group }
}
