// What claims grant, and that nothing malformed grants anything.

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Flaw } from '../protocol/flaw.ts'
import { parseId } from '../protocol/ids.ts'
import type { JsonObject } from '../protocol/json.ts'
import { EVERYBODY, type Grant, NOBODY, type Reach } from './authority.ts'
import { type ClaimRules, grantIn } from './claims.ts'

const RULES: ClaimRules = { rights: 'own', mostProfile: 8_192, mostGroups: 100 }

function read(claims: object | string, rules: Partial<ClaimRules> = {}): Grant | Flaw {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  return grantIn(JSON.parse(text) as JsonObject, text, 'sub', null, { ...RULES, ...rules })
}

function granted(claims: object | string, rules?: Partial<ClaimRules>): Grant {
  const said = read(claims, rules)
  if (said instanceof Flaw) throw new Error(said.message)
  return said
}

function flaw(claims: object | string): string {
  const said = read(claims)
  return said instanceof Flaw ? said.message : ''
}

const plain = ({ all, members, groups }: Reach) => ({ all, members: [...members], groups: [...groups] })

test('all of them', () => {
  const grant = granted({
    sub: '7',
    name: 'Ana',
    type: 'driver',
    profile: { car: 'red' },
    groups: ['north', 8, 'north'],
    policy: 'newest',
    watch: { members: ['8', 9], groups: ['north'] },
    ask: true,
    push: { groups: ['north'] },
    data: [1],
  })
  expect(grant).toMatchObject({
    member: '7',
    details: { name: 'Ana', type: 'driver', profile: { car: 'red' } },
    groups: ['north', '8'],
    policy: 'newest',
    data: [1],
    expires: null,
  })
  expect(plain(grant.rights.watch)).toEqual({ all: false, members: ['8', '9'], groups: ['north'] })
  expect(grant.rights.ask).toBe(EVERYBODY)
  expect(plain(grant.rights.push)).toEqual({ all: false, members: [], groups: ['north'] })
})

test('none of them', () => {
  const grant = granted({ sub: '7' })
  expect(grant).toMatchObject({ member: '7', details: null, groups: [], policy: null, data: null })
  expect(plain(grant.rights.watch)).toEqual({ all: false, members: ['7'], groups: [] })
})

test('null is left out', () => {
  const claims = { sub: '7', name: null, type: null, profile: null, groups: null, policy: null, data: null }
  expect(granted(claims)).toMatchObject({ details: null, groups: [], policy: null, data: null })
})

describe('rights of who says nothing of them', () => {
  test('own: itself and its groups to see, nobody to push to', () => {
    const { watch, ask, push } = granted({ sub: '7', groups: ['a', 'b'] }).rights
    for (const reach of [watch, ask])
      expect(plain(reach)).toEqual({ all: false, members: ['7'], groups: ['a', 'b'] })
    expect(push).toBe(NOBODY)
  })

  test('all: everybody to see, nobody to push to', () => {
    expect(granted({ sub: '7' }, { rights: 'all' }).rights).toEqual({
      watch: EVERYBODY,
      ask: EVERYBODY,
      push: NOBODY,
    })
  })

  test('said, they win over both', () => {
    for (const rights of ['own', 'all'] as const) {
      const said = granted({ sub: '7', watch: false, ask: {}, push: true }, { rights }).rights
      expect([said.watch, said.push]).toEqual([NOBODY, EVERYBODY])
      expect(plain(said.ask)).toEqual({ all: false, members: [], groups: [] })
    }
  })
})

describe('who it is', () => {
  test('an integer is its digits, also beyond 2^53', () => {
    expect(granted('{"sub":12345678901234567890}').member).toBe('12345678901234567890')
    expect(granted('{"sub":-0}').member).toBe('-0')
    expect(granted('{"other":{"sub":1},"sub":9007199254740993,"groups":[9007199254740995]}')).toMatchObject({
      member: '9007199254740993',
      groups: ['9007199254740995'],
    })
    const { watch } = granted('{"sub":1,"watch":{"members":[9007199254740997]}}').rights
    expect([...watch.members]).toEqual(['9007199254740997'])
  })

  test('of a claim that is there twice the last counts', () => {
    expect(granted('{"sub":"7","sub":"8"}').member).toBe('8')
    expect(granted('{"sub":7,"sub":8}').member).toBe('8')
    expect(granted('{"sub":"7","watch":true,"watch":false}').rights.watch).toBe(NOBODY)
  })

  test.each([
    ['"a\\u0000b"'],
    ['"a\\nb"'],
    ['"\\u009b31m"'],
    ['"\\ud800"'],
    ['""'],
    ['1.5'],
    ['1e3'],
    ['1E400'],
    ['true'],
    ['[]'],
    ['["7"]'],
    ['{}'],
    [JSON.stringify('x'.repeat(257))],
  ])('%s is nobody', sub => {
    expect(flaw(`{"sub":${sub}}`)).toStartWith('sub: ')
  })

  test('nobody in particular, who watches', () => {
    expect(granted({ watch: true })).toMatchObject({ member: null })
    expect(granted({ sub: null, watch: { groups: ['a'] } }).member).toBeNull()
    expect(granted({ watch: true }, { rights: 'all' }).rights.ask).toBe(EVERYBODY)
  })

  test.each([
    {},
    { watch: false },
    { watch: {} },
    { watch: { members: [] } },
    { ask: true },
    { groups: ['a'] },
  ])('nobody, who may watch nobody: %j', claims => {
    expect(flaw(claims)).toBe('there is no sub: give the member, or for an observer the claim watch')
    expect(read(claims, { rights: 'all' })).toBeInstanceOf(Flaw)
  })
})

test.each<[object | string, string]>([
  [{ name: 5 }, 'name is 5: send a string, or leave it out'],
  [{ name: 'a\u0007' }, 'name is "a\\u0007": leave out control characters and half surrogate pairs'],
  [{ name: 'x'.repeat(1_025) }, 'name is over 1024 bytes'],
  [{ type: ['driver'] }, 'type is a list of 1'],
  [{ profile: 'https://id.example/7' }, 'profile is "https://id.example/7": it is an object, or left out'],
  [{ profile: [] }, 'profile is a list of 0'],
  [{ profile: { a: 'x'.repeat(9_000) } }, 'profile is over 8192 bytes as JSON'],
  [{ groups: 'north' }, 'groups is "north": send a list of ids'],
  [{ groups: ['a', ''] }, 'groups: "" is no id'],
  [{ groups: [null] }, 'groups: null is no id'],
  [
    { groups: Array.from({ length: 101 }, (_, i) => `g${i}`) },
    'groups has 101 ids, over 100: leave some out',
  ],
  [{ policy: 'all' }, 'policy is "all": it is one of many, newest, oldest, or left out'],
  [{ policy: {} }, 'policy is an object'],
  [{ watch: 'all' }, 'watch is "all": it is true, false, or {"members": [ids], "groups": [ids]}'],
  [{ watch: null }, 'watch is null'],
  [{ ask: ['7'] }, 'ask is a list of 1'],
  [{ push: 1 }, 'push is 1'],
  [{ watch: { memebrs: ['7'] } }, 'watch holds "memebrs": only members and groups mean anything'],
  [{ push: { members: '7' } }, 'push.members is "7": send a list of ids'],
  [{ ask: { groups: [{}] } }, 'ask.groups: an object is no id'],
  [{ data: 'x'.repeat(4_096) }, 'data is over 4096 bytes as JSON'],
  [`{"data":${'['.repeat(80)}${']'.repeat(80)}}`, 'data is nested over 64 deep'],
])('%j is refused by its name', (claims, message) => {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  expect(flaw(`{"sub":"7",${text.slice(1)}`)).toStartWith(message)
})

test('__proto__ and constructor are claims like any other that mean nothing', () => {
  expect(granted('{"sub":"7","__proto__":{"watch":true,"push":true}}').rights.push).toBe(NOBODY)
  expect(granted('{"sub":"7","constructor":{}}').member).toBe('7')
  expect(flaw('{"__proto__":{"sub":"7","watch":true}}')).toContain('there is no sub')
})

test('a profile counts by the limit of the server', () => {
  expect(read({ sub: '7', profile: { a: 'x'.repeat(100) } }, { mostProfile: 50 })).toBeInstanceOf(Flaw)
})

const KEYS = ['sub', 'name', 'type', 'profile', 'groups', 'policy', 'watch', 'ask', 'push', 'data']
const value = fc.oneof(
  fc.jsonValue(),
  fc.string(),
  fc.integer(),
  fc.constantFrom<unknown>(true, false, null, 'newest', { members: ['7'] }, { groups: ['a'] }),
  fc.record({ members: fc.array(fc.string()), groups: fc.array(fc.jsonValue()) }, { requiredKeys: [] }),
)

test('whatever is claimed, a grant is whole or there is none', () => {
  const sound = fc.constantFrom<JsonObject>(
    { sub: '7', name: 'Ana', groups: ['a'], watch: { groups: ['a'] } },
    {},
  )
  const strange = fc.dictionary(fc.constantFrom(...KEYS, 'other'), value, { maxKeys: 3 })
  const claims = fc.tuple(sound, strange).map(([a, b]): JsonObject => ({ ...a, ...b }))
  let granted = 0
  fc.assert(
    fc.property(claims, claims => {
      const said = read(claims)
      if (said instanceof Flaw) return expect(said.message.length).toBeGreaterThan(5)
      granted++
      const { member, groups, rights } = said
      expect(
        member === null ? rights.watch.all || rights.watch.members.size + rights.watch.groups.size > 0 : true,
      ).toBe(true)
      const ids = [...(member === null ? [] : [member]), ...groups]
      for (const { members, groups } of [rights.watch, rights.ask, rights.push])
        ids.push(...members, ...groups)
      for (const id of ids) expect(parseId(id).ok).toBe(true)
      expect(groups.length).toBeLessThanOrEqual(100)
      if (claims.push !== true) expect(rights.push.all).toBe(false)
      if (claims.watch !== true) expect(rights.watch.all).toBe(false)
    }),
    { numRuns: 2_000 },
  )
  expect(granted).toBeGreaterThan(100)
})
